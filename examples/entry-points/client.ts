import { connect } from 'topicwise/client';

export async function firstStatus(url: string): Promise<string> {
  await using client = await connect(url);
  await client.subscribe('socks/+/status');
  await client.publish('socks/hall/status', '{"pairs":7}', { qos: 1 });
  for await (const message of client.messages()) {
    await message.ack(); // you decide when: until then the broker keeps it
    return `${message.topic} ${message.text()}`;
  }
  throw new Error('the connection ended before a message came');
}

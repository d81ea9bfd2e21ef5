import { connect } from 'topicwise/client';

/** The connection drops; the loop waits, the publish is kept, and both go on with the next connection. */
export async function surviveADrop(url: string, drop: () => void): Promise<string[]> {
  await using client = await connect(url, {
    clientId: 'gate',
    reconnect: { minDelay: 10, maxDelay: 1_000 }, // on by default, from 250 ms to 30 s
    offline: { maxMessages: 100, overflow: 'reject' }, // by default a publish without a connection rejects
  });
  await client.subscribe('gate/opened');
  const log: string[] = [];
  const watching = (async () => {
    for await (const { state } of client.states()) log.push(state);
  })();

  drop();
  await client.disconnected();
  await client.publish('gate/opened', 'at noon', { qos: 1 }); // resolves once the broker has it, over the next connection
  const { value: message } = await client.messages().next();
  await message?.ack();

  await client.close();
  await watching;
  return [...log, message?.text() ?? 'nothing'];
}

import { connect, type Subscription } from 'topicwise/client';

/** Each kind of message has a stream and a loop of its own; no `if` over topics. */
export async function routeByStream(url: string): Promise<string[]> {
  await using client = await connect(url);
  const temperatures = await client.stream('sensors/+/temperature');
  const alarms = await client.stream('sensors/#'); // overlaps: a temperature goes to both streams

  const seen: string[] = [];
  const handle = async (name: string, stream: Subscription, until: number) => {
    for await (const message of stream) {
      seen.push(`${name}: ${message.topic}`);
      await message.ack(); // sent once both streams have acknowledged
      if (--until === 0) break; // ends the stream: it unsubscribes
    }
  };
  const loops = [handle('temperatures', temperatures, 1), handle('alarms', alarms, 2)];
  await client.publish('sensors/cellar/temperature', '12.5', { qos: 1 });
  await client.publish('sensors/cellar/smoke', 'yes', { qos: 1 });
  await Promise.all(loops);
  return seen.sort();
}

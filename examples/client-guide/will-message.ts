import { connect, withClient } from 'topicwise/client';

/** The broker speaks for a client that can't any more. */
export async function leaveAWill(url: string): Promise<string> {
  await using watcher = await connect(url);
  const wills = await watcher.stream('boats/+/status');

  const will = { topic: 'boats/anna/status', payload: 'lost at sea', qos: 1, retain: true } as const;
  const voyage = withClient(url, { clientId: 'anna', will }, async () => {
    throw new Error('hit a rock'); // leaves with reason 0x04: the broker publishes the will
  });
  await voyage.catch(() => undefined); // disconnect(), close() and `await using` take the will back

  const { value: message } = await wills.next();
  await message?.ack();
  return `${message?.topic}: ${message?.text()}`;
}

import { connect } from 'topicwise/client';

/** A loop is a promise: start it, go on with something else, wait for it at the end. */
export async function listenBesides(url: string): Promise<string[]> {
  await using client = await connect(url);
  const log: string[] = [];

  const listening = (async () => {
    for await (const message of await client.stream('news')) {
      log.push(`heard ${message.text()}`);
      await message.ack();
      if (message.text() === 'bye') return;
    }
  })();

  log.push('not blocked');
  for (const news of ['hello', 'bye']) await client.publish('news', news, { qos: 1, retain: true });
  await listening; // also brings the error, if the loop had one
  return log;
}

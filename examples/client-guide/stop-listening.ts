import { connect } from 'topicwise/client';

/** Three ways to stop. Each leaves a message that was not taken to the next reader: none is lost. */
export async function stopListening(url: string): Promise<string[]> {
  await using client = await connect(url);
  await client.subscribe('ticks');
  const taken: string[] = [];

  // 1. break, in the loop
  await client.publish('ticks', 'one', { qos: 1 });
  for await (const tick of client.messages()) {
    taken.push(tick.text());
    await tick.ack();
    break;
  }

  // 2. a signal, from anywhere
  const stop = new AbortController();
  const waiting = client.messages({ signal: stop.signal }).next();
  stop.abort(new Error('enough'));
  await waiting.catch((error: Error) => taken.push(error.message));

  // 3. return(), on the stream
  const stream = client.messages();
  const next = stream.next();
  await stream.return();
  taken.push(`done: ${(await next).done}`);

  await client.publish('ticks', 'two', { qos: 1 });
  const { value: tick } = await client.messages().next(); // none of the three has swallowed it
  await tick?.ack();
  return [...taken, tick?.text() ?? 'nothing'];
}

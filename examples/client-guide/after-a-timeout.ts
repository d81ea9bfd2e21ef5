import { connect, type Message } from 'topicwise/client';

/** Listens for so long and no longer. What arrives a moment later is kept for the next reader. */
export async function listenFor(url: string, milliseconds: number): Promise<string[]> {
  await using client = await connect(url);
  await client.subscribe('letters');
  const letters: string[] = [];
  const take = async (letter: Message) => {
    letters.push(letter.text());
    await letter.ack();
  };

  try {
    for await (const letter of client.messages({ signal: AbortSignal.timeout(milliseconds) }))
      await take(letter);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
    letters.push('time is up');
  }

  await client.publish('letters', 'late', { qos: 1 });
  const { value: late } = await client.messages().next();
  if (late) await take(late);
  return letters;
}

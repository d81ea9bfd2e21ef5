import { parseArgs } from 'node:util';

export interface Options {
  readonly messages: number;
  /** Absent: the embedded broker. */
  readonly url: URL | undefined;
}

export const usage = `Usage: npm start -- [--messages N] [--url mqtt://host:port]

  --messages N  how many messages the sock drawers publish (default 200)
  --url URL     a broker to use instead of the embedded one; it must speak MQTT 5
`;

/** Throws an Error with a sentence for whatever it can't take. */
export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: { messages: { type: 'string', default: '200' }, url: { type: 'string' } },
  });
  const messages = Number(values.messages);
  if (!Number.isSafeInteger(messages) || messages < 1) {
    throw new Error(`--messages takes a whole number from 1 on, not '${values.messages}'.`);
  }
  return { messages, url: values.url === undefined ? undefined : brokerUrl(values.url) };
}

function brokerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'mqtt:' && url.hostname !== '') return url;
  throw new Error(`--url takes an address like mqtt://127.0.0.1:1883, not '${text}'.`);
}

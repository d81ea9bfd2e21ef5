// Dead letters on the screen and as JSON.
import { contractsOfTopic } from '../addressing/contracts-of-topic.js';
import type { Entry } from '../entry/load-entry.js';
import { legible } from '../legible.js';
import { type Decoded, decoded } from '../messages/decoded.js';
import { factsOf, propertyFields, type ShownMessage } from '../messages/facts.js';
import { jsonLine } from '../messages/json-line.js';
import type { Letter } from './letter.js';

const UNKNOWN = '?';

/** A table with a line for each. */
export function table(letters: readonly Letter[]): string {
  const head = ['#', 'first seen', 'topic', 'handler', 'attempts', 'error'];
  const rows = letters.map(({ number, firstSeen, topic, handler, attempts, error, reason, message }) => [
    `${number}`,
    firstSeen ?? UNKNOWN,
    topic ?? `${UNKNOWN} (${message.topic})`,
    handler ?? UNKNOWN,
    attempts ?? UNKNOWN,
    error === undefined ? UNKNOWN : cut(`${error}: ${reason ?? ''}`, 80),
  ]);
  const lines = [head, ...rows].map((row) => row.map(legible));
  const widths = head.map((_, at) => Math.max(...lines.map((row) => row[at]!.length))); // all rows are as long
  return lines
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Everything about one, its payload decoded by the contract of its message where there is one. */
export async function whole(letter: Letter, entry: Entry | undefined): Promise<string> {
  const { shown, contract, invalid } = await payloadOf(letter, entry);
  const { number, topic = UNKNOWN, handler, error, reason, attempts, firstSeen, message } = letter;
  const rows: readonly (readonly [name: string, text: string | undefined])[] = [
    ['number', `${number}`],
    ['lies on', message.topic],
    ['came on', topic],
    ['came with', factsOf(asItCame(letter)).join(', ')],
    ['first seen', firstSeen],
    ['handler', handler],
    ['attempts', attempts],
    ['error', error],
    ['message', reason],
    ['contract', contract?.name],
    ['misfit', invalid],
    ['payload', shown.kind === 'empty' ? '(no bytes)' : shown.text],
  ];
  return rows
    .flatMap(([name, text]) => (text === undefined ? [] : `${name.padEnd(10)}  ${legible(text)}\n`))
    .join('');
}

export function listFields(letter: Letter): Record<string, unknown> {
  const { number, topic, handler, error, reason, attempts, firstSeen, qos, message } = letter;
  return {
    number,
    deadLetterTopic: message.topic,
    topic,
    qos,
    firstSeen,
    handler,
    attempts: attempts === undefined ? undefined : Number(attempts),
    error,
    message: reason,
  };
}

export async function wholeFields(letter: Letter, entry: Entry | undefined): Promise<string> {
  const { shown, contract, invalid } = await payloadOf(letter, entry);
  const fields = {
    ...listFields(letter),
    ...(contract && { contract: contract.name, params: contract.params }),
    ...(invalid !== undefined && { invalid }),
    ...propertyFields(asItCame(letter)),
  };
  return jsonLine(fields, 'payload', shown);
}

function payloadOf({ topic, message }: Letter, entry: Entry | undefined): Promise<Decoded> {
  const matches =
    entry && topic !== undefined ? contractsOfTopic(entry.app.prefix.strip(topic), entry.contracts) : [];
  return decoded(matches, message);
}

/** The message of the letter, without the story. */
function asItCame({ message, qos, original }: Letter): ShownMessage {
  return {
    topic: message.topic,
    payload: message.payload,
    retain: false,
    duplicate: false,
    qos,
    payloadFormat: message.payloadFormat,
    messageExpiryInterval: original.messageExpiryInterval,
    contentType: message.contentType,
    responseTopic: message.responseTopic,
    correlationData: message.correlationData,
    userProperties: original.userProperties ?? [],
  };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

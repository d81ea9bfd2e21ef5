import type { Client, Message } from '../../client/index.js';
import { validateTopicFilter } from '../../topics/index.js';
import { contractsOfTopic } from '../addressing/contracts-of-topic.js';
import { entryOf } from '../addressing/entry-of.js';
import { entryOptions, readQoS } from '../addressing/options.js';
import { prefixed } from '../addressing/subject.js';
import { paint } from '../colours.js';
import {
  defineCommand,
  Failure,
  flag,
  type OperandValues,
  type OptionValues,
  oneOf,
  value,
} from '../command.js';
import { ofBroker } from '../connection/broker-failure.js';
import { tellConnection } from '../connection/connection-news.js';
import { addressOf, openConnection, shownAddress } from '../connection/open-connection.js';
import { connectionOptions } from '../connection/options.js';
import type { Entry } from '../entry/load-entry.js';
import type { Host } from '../host.js';
import { legible } from '../legible.js';
import { type Decoded, decoded } from '../messages/decoded.js';
import { factsOf, propertyFields } from '../messages/facts.js';
import { jsonLine } from '../messages/json-line.js';

const operands = {
  filter: { takes: "a filter, such as 'sensors/#', or a contract's name with --entry" },
} as const;

const options = {
  ...entryOptions,
  count: value({
    shown: '<number>',
    summary: 'end after so many messages',
    takes: 'a whole number from 1',
    read: (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
  }),
  qos: oneOf(['0', '1', '2'], {
    shown: '<number>',
    summary: 'the highest quality of service to subscribe with (default: 2)',
  }),
  json: flag('print each message as JSON, one a line, whole'),
  ...connectionOptions,
};

type Given = OperandValues<typeof operands> & OptionValues<typeof options>;

/** Prints what is published, until it is enough or a signal comes. */
export const tap = defineCommand({
  name: 'tap',
  summary: 'print messages as they are published',
  purpose: 'prints messages as they are published, with their payloads decoded, until Ctrl-C',
  operands,
  options,
  notes: [
    'With --entry a payload is decoded and checked by the contract whose topic it is, which the line below names. Any other is shown',
    'as JSON, as text or as hexadecimal digits, whichever it is. A long one is cut; --json prints all of it.',
    'What a terminal would obey is escaped. It takes part in nothing: handlers get their messages all the same.',
  ].join('\n'),
  example: "npx topicwise tap 'sensors/#' --entry src/app.ts",
  run,
});

async function run(given: Given, host: Host): Promise<number> {
  const entry = await entryOf(given, host);
  const filter = filterOf(given, entry);
  const ending = new AbortController();
  const forget = host.onSignal(() => {
    if (ending.signal.aborted) host.exit(1);
    ending.abort();
  });
  let client: Client | undefined;
  try {
    const connected = await openConnection(given, host, { cleanStart: true, signal: ending.signal });
    client = connected.client;
    await listen(client, filter, { given, host, entry, ending: ending.signal });
    // Under a name of the user's the session would stay.
    if (client.state.state === 'connected')
      await client.disconnect(connected.protocolVersion === 5 ? { sessionExpiryInterval: 0 } : {});
    return 0;
  } catch (error) {
    if (ending.signal.aborted) return 0; // while it connected
    throw error;
  } finally {
    await client?.close();
    forget();
  }
}

interface Listening {
  readonly given: Given;
  readonly host: Host;
  readonly entry: Entry | undefined;
  readonly ending: AbortSignal;
}

async function listen(
  client: Client,
  filter: string,
  { given, host, entry, ending }: Listening,
): Promise<void> {
  const say = (sentence: string) => host.stderr.write(`topicwise tap: ${sentence}\n`);
  void tellConnection(client, say);
  const maximumQoS = readQoS(given.qos) ?? 2;
  const stream = await ofBroker(
    client.stream({ filter, maximumQoS }, { autoAck: 'on-next', signal: ending }),
  );
  say(legible(`listens to ${filter} on ${shownAddress(addressOf(given, host))}. Ctrl-C ends it.`));
  const print = given.json ? fieldsOf : linesOf;
  let left = given.count ?? Number.POSITIVE_INFINITY;
  try {
    while (left-- > 0) {
      const { done, value: message } = await ofBroker(stream.next());
      if (done) throw new Failure('The connection was closed.');
      const matches = entry ? contractsOfTopic(entry.app.prefix.strip(message.topic), entry.contracts) : [];
      host.stdout.write(print(message, await decoded(matches, message), host));
      if (left <= 0) await message.ack();
    }
  } catch (error) {
    if (!ending.aborted) throw error;
  } finally {
    // On MQTT 3.1.1 a session of a client with a name stays, and would collect messages for nobody.
    if (client.state.state === 'connected') await stream.return();
  }
}

function filterOf({ filter: word, prefix = '' }: Given, entry: Entry | undefined): string {
  const contract = entry?.contracts.get(word);
  const filter =
    entry === undefined ? prefixed(prefix, word) : contract ? entry.app.prefix.add(contract.filter) : word;
  const wrong = validateTopicFilter(filter);
  if (wrong !== undefined) throw new Failure(wrong);
  return filter;
}

function fieldsOf(message: Message, { shown, contract, invalid }: Decoded): string {
  const { topic, qos, retain, duplicate } = message;
  const fields = {
    topic,
    qos,
    retain,
    duplicate,
    ...(contract && { contract: contract.name, params: contract.params }),
    ...(invalid !== undefined && { invalid }),
    ...propertyFields(message),
  };
  return jsonLine(fields, 'payload', shown);
}

/** Characters of a payload that are shown to people. */
const LONGEST = 2_000;

function linesOf(message: Message, { shown, contract, invalid }: Decoded, { stdout }: Host): string {
  const facts = factsOf(message);
  if (contract) {
    const params = Object.entries(contract.params).map(([name, text]) => ` ${name}=${text}`);
    facts.unshift(contract.name + params.join(''));
  }
  const payload = shown.kind === 'empty' ? '(no bytes)' : cut(shown.text, message.payload.length);
  const lines = [
    `${paint(stdout, 'bold', legible(message.topic))}  ${legible(payload)}`,
    `  ${paint(stdout, 'dim', legible(facts.join(', ')))}`,
  ];
  if (invalid !== undefined) lines.push(`  ${paint(stdout, 'yellow', legible(invalid))}`);
  return `${lines.join('\n')}\n`;
}

function cut(text: string, bytes: number): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${bytes} bytes)` : text;
}

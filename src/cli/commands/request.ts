import { readReply } from '../../app/publishing/reply.js';
import { ReplyError } from '../../app/publishing/reply-error.js';
import type { Message } from '../../client/index.js';
import { type Contract, defineTopic, InvalidMessage } from '../../contracts/index.js';
import { parseDuration } from '../../time/index.js';
import { messageOptions, readQoS, subjectOptions } from '../addressing/options.js';
import { payloadOf } from '../addressing/payload.js';
import { propertiesOf } from '../addressing/properties.js';
import { type Subject, subjectOf } from '../addressing/subject.js';
import {
  defineCommand,
  Failure,
  flag,
  Misunderstanding,
  type OperandValues,
  type OptionValues,
  value,
} from '../command.js';
import { ofBroker } from '../connection/broker-failure.js';
import { openConnection } from '../connection/open-connection.js';
import { connectionOptions } from '../connection/options.js';
import type { Host } from '../host.js';
import { legible } from '../legible.js';
import { propertyFields } from '../messages/facts.js';
import { jsonLine } from '../messages/json-line.js';
import { lookAt, read, type Shown } from '../messages/look.js';
import { readDuration } from '../read-duration.js';

const operands = {
  'contract-or-topic': { takes: "a contract's name with --entry, or a topic" },
  payload: {
    takes: "what to ask: JSON where the contract says so; '-' reads stdin",
    optional: true,
    mayBeEmpty: true,
  },
} as const;

const options = {
  ...subjectOptions,
  ...messageOptions,
  timeout: value({
    shown: '<time>',
    summary: 'how long to wait for the reply (default: 30s)',
    takes: 'a time, such as 500ms, 5s or 2m',
    read: readDuration,
  }),
  json: flag('print the reply with its properties as JSON'),
  ...connectionOptions,
};

type Given = OperandValues<typeof operands> & OptionValues<typeof options>;

/** Publishes a request and prints the reply. */
export const request = defineCommand({
  name: 'request',
  summary: 'publish a request and print the reply',
  operands,
  options,
  notes: [
    'The words are those of publish. The reply is checked by the contract, and printed alone, so that it can be piped.',
    'A reply that is an error, such as not-found, ends it with 1. MQTT 3.1.1 has no requests.',
  ].join('\n'),
  example: `npx topicwise request setTarget '{"celsius":19}' --entry src/app.ts --param room=attic --timeout 5s`,
  run,
});

async function run(given: Given, host: Host): Promise<number> {
  const subject = await subjectOf(given['contract-or-topic'], given, host);
  const contract = answering(subject, given['contract-or-topic']);
  const payload = await payloadOf(given, subject, host);
  if (given.protocol === '4')
    throw new Misunderstanding('MQTT 3.1.1 has no requests: leave --protocol 4 out.');
  const { client, protocolVersion } = await openConnection(given, host, {
    cleanStart: true,
    sessionExpiryInterval: 0,
    reconnect: false,
  });
  try {
    if (protocolVersion === 4)
      throw new Failure(
        'The broker speaks MQTT 3.1.1 only, which has no response topic: use publish and tap.',
      );
    const qos = readQoS(given.qos) ?? subject.target?.contract.spec.qos;
    const reply = await ofBroker(
      client.request(subject.topic, payload, {
        ...(qos !== undefined && { qos }),
        ...propertiesOf(subject, given, protocolVersion),
        timeout: given.timeout ?? parseDuration('30s'),
      }),
    );
    await ofBroker(client.disconnect());
    return await print(subject, contract, reply, given, host);
  } finally {
    await client.close();
  }
}

/** By which the reply is read: the contract of the request; a topic alone has one that takes any bytes. */
function answering({ topic, target }: Subject, word: string): Contract {
  if (target === undefined) return defineTopic<string>(topic);
  const { contract } = target;
  if (contract.spec.reply === undefined)
    throw new Failure(
      `'${word}' has no reply: write defineTopic("${contract.pattern}", { reply: schema }), or publish it instead.`,
    );
  return contract;
}

async function print(
  subject: Subject,
  contract: Contract,
  reply: Message,
  given: Given,
  host: Host,
): Promise<number> {
  const fields = { topic: subject.topic };
  try {
    await readReply(contract, reply);
  } catch (error) {
    if (error instanceof InvalidMessage) throw new Failure(error.message, { cause: error });
    if (!(error instanceof ReplyError)) throw error;
    const { code, message } = error;
    if (given.json) host.stdout.write(jsonLine({ ...fields, error: { code, message } }));
    throw new Failure(legible(`The answer is the error ${code}: ${message}`), { cause: error });
  }
  const shown =
    subject.target === undefined
      ? lookAt(reply.payload)
      : read(contract.spec.replyCodecs, reply.payload, reply.contentType);
  host.stdout.write(
    given.json ? jsonLine({ ...fields, ...propertyFields(reply) }, 'reply', shown) : `${wordsOf(shown)}\n`,
  );
  return 0;
}

/** A text keeps its lines: nothing stands behind it. */
function wordsOf(shown: Shown): string {
  return shown.kind === 'empty' ? '' : shown.text.split('\n').map(legible).join('\n');
}

import type { PublishResult } from '../../client/index.js';
import { reasonCodeName } from '../../packets/reason-codes.js';
import { messageOptions, readQoS, subjectOptions } from '../addressing/options.js';
import { payloadOf } from '../addressing/payload.js';
import { propertiesOf } from '../addressing/properties.js';
import { subjectOf } from '../addressing/subject.js';
import { defineCommand, flag, type OperandValues, type OptionValues, toggle } from '../command.js';
import { ofBroker } from '../connection/broker-failure.js';
import { openConnection } from '../connection/open-connection.js';
import { connectionOptions } from '../connection/options.js';
import type { Host } from '../host.js';
import { legible } from '../legible.js';
import { jsonLine } from '../messages/json-line.js';

const operands = {
  'contract-or-topic': { takes: "a contract's name with --entry, or a topic" },
  payload: {
    takes: "what to publish: JSON where the contract says so; '-' reads stdin",
    optional: true,
    mayBeEmpty: true,
  },
} as const;

const options = {
  ...subjectOptions,
  ...messageOptions,
  retain: toggle("let the broker keep it for subscribers to come (default: the contract's, else no)"),
  json: flag('print what the broker said as JSON'),
  ...connectionOptions,
};

type Given = OperandValues<typeof operands> & OptionValues<typeof options>;

/** Publishes one message and prints the broker's answer. */
export const publish = defineCommand({
  name: 'publish',
  summary: 'publish a message, checked by its contract',
  purpose: 'publishes one message and prints what the broker said',
  operands,
  options,
  notes: [
    'With --entry the first word is the name of a contract (its export, else its title, else its pattern) or a topic of one,',
    'and the payload is checked before anything is sent. Without, it is a topic, and the payload goes out as it is.',
    "A payload that begins with '-' follows '--'.",
  ].join('\n'),
  example: `npx topicwise publish reading '{"celsius":21.5}' --entry src/app.ts --param id=7`,
  run,
});

async function run(given: Given, host: Host): Promise<number> {
  const subject = await subjectOf(given['contract-or-topic'], given, host);
  const payload = await payloadOf(given, subject, host);
  const { client, protocolVersion } = await openConnection(given, host, {
    cleanStart: true,
    sessionExpiryInterval: 0,
    reconnect: false,
  });
  try {
    const sent = {
      qos: readQoS(given.qos) ?? subject.target?.contract.spec.qos ?? 1,
      retain: given.retain ?? subject.target?.contract.spec.retain ?? false,
    };
    const properties = propertiesOf(subject, given, protocolVersion);
    const result = await ofBroker(client.publish(subject.topic, payload, { ...sent, ...properties }));
    await ofBroker(client.disconnect());
    const report = { topic: subject.topic, ...sent, bytes: payload.length };
    host.stdout.write(
      given.json ? jsonLine({ ...report, ...answerFields(result) }) : sentence(report, result),
    );
    return 0;
  } finally {
    await client.close();
  }
}

/** `matchingSubscribers` is null where the broker does not say. */
function answerFields(result: PublishResult) {
  if (result.qos === 0) return { reasonCode: null, reason: null, matchingSubscribers: null };
  const { reasonCode, reasonString, matched = null } = result;
  return {
    reasonCode,
    reason: reasonCodeName(reasonCode, 'puback'),
    matchingSubscribers: matched,
    ...(reasonString !== undefined && { reasonString }),
  };
}

function sentence(
  { topic, qos, retain, bytes }: { topic: string; qos: number; retain: boolean; bytes: number },
  result: PublishResult,
): string {
  const what = `${bytes} ${bytes === 1 ? 'byte' : 'bytes'} on ${topic} at QoS ${qos}${retain ? ', retained' : ''}`;
  return `${legible(`Published ${what}. ${answer(result)}`)}\n`;
}

function answer(result: PublishResult): string {
  if (result.qos === 0) return 'At QoS 0 a broker does not answer.';
  const { reasonCode, reasonString, matched } = result;
  const said = reasonString === undefined ? '' : ` ("${reasonString}")`;
  if (matched === undefined)
    return 'The broker has it; on MQTT 3.1.1 it does not say whether anybody subscribes to it.';
  return `The broker: ${reasonCodeName(reasonCode, 'puback')}${said}${matched ? ', there are subscribers' : ''}.`;
}

// What becomes of a message when what handles it goes wrong: the outcome, every packet, and every line of the log.
import {
  type Codec,
  defineMiddleware,
  defineTopic,
  drop,
  on,
  otherwise,
  pause,
  ReplyError,
  redeliver,
  reject,
  retry,
  stop,
} from 'topicwise';
import { describe } from 'vitest';
import { z } from 'zod';
import { nextTurn } from '../../src/time/index.js';
import {
  defineRows,
  failing,
  type Handler,
  never,
  other,
  type Row,
  watchForUnhandled,
} from '../support/app/fault-table.js';

const fits = { ok: true };
const misfits = { ok: 'no boolean' as unknown as boolean };
const failingOnce: Handler = ({ attempt }) => attempt === 1 && failing();
const failingUntilRepeated: Handler = ({ duplicate }) => !duplicate && failing();

const gone = (why: string) =>
  `warn: The connection to the broker is gone: ${why}. Connecting again. What was not acknowledged is delivered again to the next connection.`;
const back = 'info: The connection to the broker is back. It kept the session.';

const handlers: Row[] = [
  {
    fault: 'throws',
    handler: failing,
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'rejects',
    handler: async () => failing(),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws, under the default policy',
    handler: failing,
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'debug: A handler failed. It is tried again. [work, t/1, attempt 1, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 2, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 3, Error: no]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 4, Error: no]',
    ],
  },
  {
    fault: 'throws once, under the default policy',
    handler: failingOnce,
    errors: [],
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: ['debug: A handler failed. It is tried again. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws at QoS 0',
    handler: failing,
    qos: 0,
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws at QoS 2',
    handler: failing,
    qos: 2,
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws a text',
    handler: () => {
      throw 'no';
    },
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, no]'],
  },
  {
    fault: 'rejects with undefined',
    handler: () => Promise.reject(undefined),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, undefined]'],
  },
  {
    fault: 'never resolves',
    handler: never,
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'throws when its time is over',
    errors: [],
    handler: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'returns when its time is over',
    errors: [],
    handler: ({ signal }) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'acknowledges twice',
    options: { ack: 'manual' },
    handler: async (message) => {
      await message.ack();
      await message.ack();
    },
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [],
  },
  {
    fault: 'acknowledges, then rejects',
    options: { ack: 'manual' },
    handler: async (message) => {
      await message.ack();
      await message.reject();
    },
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBACK 0x00, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, AlreadySettledError: The message on "t/1" was already acknowledged by work; it can\'t be rejected any more.]',
    ],
  },
  {
    fault: 'rejects the message, then acknowledges it',
    options: { ack: 'manual' },
    handler: async (message) => {
      await message.reject(0x83);
      await message.ack();
    },
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x83',
    log: [
      'error: A handler failed. Its message is rejected. [work, t/1, attempt 1, AlreadySettledError: The message on "t/1" was already rejected by work; it can\'t be acknowledged any more.]',
    ],
  },
  {
    fault: 'rejects the message',
    handler: (message) => message.reject(0x83),
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x83',
    log: ['debug: A handler or a middleware decided. Its message is rejected. [work, t/1, attempt 1]'],
  },
  {
    fault: 'returns without settling, in a manual route',
    options: { ack: 'manual' },
    later: '30s',
    handler: () => undefined,
    outcome: 'held',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      "warn: A handler with ack: 'manual' returned without ack() or reject(). The message stays unacknowledged until one of them is called, or its time is over. [work, t/1]",
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work returned without ack() or reject() on "t/1", and called neither within 30000 ms.]',
    ],
  },
  {
    fault: 'acknowledges early, then throws',
    handler: async (message) => {
      await message.ack();
      failing();
    },
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBACK 0x00, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'acknowledges early, then throws, and its policy rejects',
    errors: [otherwise(reject(0x83))],
    handler: async (message) => {
      await message.ack();
      failing();
    },
    outcome: 'dropped',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dropped. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws after the acknowledgement on receipt',
    handler: failing,
    options: { ack: 'on-receipt' },
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBACK 0x00, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'publishes and fails',
    handler: (message) => {
      void message.publish(other.to(), fits);
      failing();
    },
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH other, ← PUBACK 0x10, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'publishes what does not fit',
    handler: (message) => message.publish(other.to(), misfits),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, InvalidMessage: The payload does not fit "other": ok: Invalid input: expected boolean, received string.]',
    ],
  },
  {
    fault: 'publishes what does not fit, and does not wait',
    handler: (message) => void message.publish(other.to(), misfits),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, InvalidMessage: The payload does not fit "other": ok: Invalid input: expected boolean, received string.]',
    ],
  },
  {
    fault: 'returns what does not fit',
    handler: () => other.message(undefined, misfits),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, InvalidMessage: The payload does not fit "other": ok: Invalid input: expected boolean, received string.]',
    ],
  },
  {
    fault: 'publishes what the broker refuses',
    handler: (message) => message.publish(other.to(), fits),
    broker: (faults) => faults.refuse({ cmd: 'publish', topic: 'other' }, 0x97),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH other (refused), ← PUBACK 0x97, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, NegativeAckError: The server refused the message for "other" (Quota exceeded).]',
    ],
  },
  {
    fault: 'publishes what the broker never acknowledges, and does not wait',
    handler: (message) => void message.publish(other.to(), fits),
    broker: (faults) => faults.lose({ cmd: 'puback', topic: 'other' }),
    later: '30s',
    outcome: 'held',
    wire: '← PUBLISH t/1, → PUBLISH other, ← PUBACK 0x10 (lost), → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'answers nobody with an error',
    contract: defineTopic('t/1', { codec: 'text', reply: z.string() }),
    handler: () => {
      throw new ReplyError('sorry', 'Not today');
    },
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'debug: A message on a topic with a reply names no response topic: nobody waits for the reply, which is dropped. Only the first one of the route is reported here. [work, t/1]',
    ],
  },
];

const policies: Row[] = [
  {
    fault: 'reject()',
    handler: failing,
    errors: [otherwise(reject(0x83, 'why'))],
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x83 reason="why"',
    log: ['error: A handler failed. Its message is rejected. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'reject(), on MQTT 3.1.1',
    protocol: 4,
    handler: failing,
    errors: [otherwise(reject(0x83))],
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is acknowledged, since MQTT 3.1.1 has no rejection. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'reject(), at QoS 0',
    qos: 0,
    handler: failing,
    errors: [otherwise(reject(0x83))],
    outcome: 'rejected',
    wire: '← PUBLISH t/1',
    log: [
      'error: A handler failed. Its message is dropped: it came at QoS 0. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'drop()',
    handler: failing,
    errors: [otherwise(drop())],
    outcome: 'dropped',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dropped. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'retry(2), then drop()',
    handler: failing,
    errors: [otherwise(retry(2), drop())],
    outcome: 'dropped',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'debug: A handler failed. It is tried again. [work, t/1, attempt 1, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 2, Error: no]',
      'error: A handler failed. Its message is dropped. [work, t/1, attempt 3, Error: no]',
    ],
  },
  {
    fault: 'redeliver()',
    handler: failingUntilRepeated,
    errors: [otherwise(redeliver())],
    outcome: 'acked',
    wire: '← PUBLISH t/1, → DISCONNECT 0x00, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message stays unacknowledged; the application connects again to have it delivered again. [work, t/1, attempt 1, Error: no]',
      gone('a failure policy has messages delivered again'),
      back,
    ],
  },
  {
    fault: 'redeliver(), at QoS 2',
    qos: 2,
    handler: failingUntilRepeated,
    errors: [otherwise(redeliver())],
    outcome: 'acked',
    wire: '← PUBLISH t/1, → DISCONNECT 0x00, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [
      'error: A handler failed. Its message stays unacknowledged; the application connects again to have it delivered again. [work, t/1, attempt 1, Error: no]',
      gone('a failure policy has messages delivered again'),
      back,
    ],
  },
  {
    fault: 'redeliver(), at QoS 0',
    qos: 0,
    handler: failing,
    errors: [otherwise(redeliver())],
    outcome: 'dropped',
    wire: '← PUBLISH t/1',
    log: ['error: A handler failed. Its message is dropped. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'pause()',
    handler: failingOnce,
    errors: [otherwise(pause({ for: '5s' }))],
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its route pauses, then it is tried again. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'pause() for all routes',
    handler: failingOnce,
    errors: [otherwise(pause({ for: '5s', scope: 'app' }))],
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'error: A handler failed. The application pauses, then it is tried again. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'stop()',
    handler: failing,
    errors: [otherwise(stop())],
    outcome: 'held',
    wire: '← PUBLISH t/1, → DISCONNECT 0x00, ← closed',
    log: [
      'error: work failed on "t/1", and its policy stops the application: no',
      'error: A handler failed. Its message stays unacknowledged; the broker delivers it again after a reconnect. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'stop(), at QoS 0',
    qos: 0,
    handler: failing,
    errors: [otherwise(stop())],
    outcome: 'dropped',
    wire: '← PUBLISH t/1, → DISCONNECT 0x00, ← closed',
    log: [
      'error: work failed on "t/1", and its policy stops the application: no',
      'error: A handler failed. Its message is dropped. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'deadLetter(), which the broker refuses once',
    handler: failing,
    broker: (faults) => faults.refuse({ cmd: 'publish', topic: 'dead-letter/#', nth: 1 }, 0x97),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1 (refused), ← PUBACK 0x97, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: The broker does not take its dead letter on "dead-letter/t/1". The message stays unacknowledged and its route pauses until it does. [work, t/1, attempt 1, NegativeAckError: The server refused the message for "dead-letter/t/1" (Quota exceeded).]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
];

/** A contract whose schema answers so. */
const withSchema = (validate: (value: unknown) => unknown) =>
  // A schema in JavaScript may do what no type allows.
  defineTopic('t/1', {
    codec: 'text',
    payload: { '~standard': { version: 1, vendor: 'test', validate } } as never,
  });
const broken: Codec = { name: 'broken', contentTypes: [], encode: () => new Uint8Array(1), decode: failing };

const readings: Row[] = [
  {
    fault: 'the schema refuses',
    contract: withSchema(() => ({ issues: [{ message: 'no' }] })),
    errors: [],
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x99 reason="The payload does not fit \\"t/1\\": no."',
    log: [
      'warn: An invalid message. It is rejected. [work, t/1, attempt 0, InvalidMessage: The payload does not fit "t/1": no.]',
    ],
  },
  {
    fault: 'the schema refuses, at QoS 0',
    qos: 0,
    contract: withSchema(() => ({ issues: [{ message: 'no' }] })),
    errors: [],
    outcome: 'rejected',
    wire: '← PUBLISH t/1',
    log: [
      'warn: An invalid message. It is dropped: it came at QoS 0. [work, t/1, attempt 0, InvalidMessage: The payload does not fit "t/1": no.]',
    ],
  },
  {
    fault: 'the schema throws',
    contract: withSchema(failing),
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, Error: no]',
    ],
  },
  {
    fault: 'the schema rejects',
    contract: withSchema(async () => failing()),
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, Error: no]',
    ],
  },
  {
    fault: 'the schema never answers',
    contract: withSchema(never),
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'the codec throws',
    contract: defineTopic('t/1', { codec: broken }),
    errors: [],
    outcome: 'rejected',
    wire: '← PUBLISH t/1, → PUBACK 0x99 reason="The payload does not fit \\"t/1\\": it is not broken (Error: no)."',
    log: [
      'warn: An invalid message. It is rejected. [work, t/1, attempt 0, InvalidMessage: The payload does not fit "t/1": it is not broken (Error: no).]',
    ],
  },
  {
    fault: '`when` throws',
    options: { when: failing },
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, Error: no]',
    ],
  },
  {
    fault: '`when` is asynchronous',
    options: { when: (async () => failing()) as never },
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, TypeError: work: when returned a promise. It has to answer at once: write a function that is not async.]',
    ],
  },
  {
    fault: 'the function of the order throws',
    options: { concurrency: { order: failing } },
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, Error: no]',
    ],
  },
  {
    fault: 'the function of the policy throws',
    handler: failing,
    errors: [on(failing, drop())],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 1, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 1, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 2, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 2, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 3, Error: no]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 3, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 4, Error: no]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 4, Error: no]',
    ],
  },
  {
    fault: 'the function of the policy is asynchronous',
    handler: failing,
    errors: [on((async () => failing()) as never, reject()), on(Error, drop())],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 1, TypeError: on(a function) returned a promise. It has to answer at once: write a function that is not async.]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 1, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 2, TypeError: on(a function) returned a promise. It has to answer at once: write a function that is not async.]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 2, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 3, TypeError: on(a function) returned a promise. It has to answer at once: write a function that is not async.]',
      'debug: A handler failed. It is tried again. [work, t/1, attempt 3, Error: no]',
      'error: A function of its failure policy threw. The default policy applies. [work, t/1, attempt 4, TypeError: on(a function) returned a promise. It has to answer at once: write a function that is not async.]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 4, Error: no]',
    ],
  },
];

/** One middleware, which does what the compiler may refuse. */
const one = (middleware: (next: () => Promise<unknown>) => unknown) => [
  defineMiddleware(async (_message, next) => middleware(next) as never),
];

const middleware: Row[] = [
  {
    fault: 'forgets next',
    middleware: one(() => undefined),
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      "debug: A message failed before its handler ran. It is tried again. [work, t/1, attempt 0, MiddlewareError: A middleware neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.]",
      "debug: A message failed before its handler ran. It is tried again. [work, t/1, attempt 0, MiddlewareError: A middleware neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.]",
      "debug: A message failed before its handler ran. It is tried again. [work, t/1, attempt 0, MiddlewareError: A middleware neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.]",
      "error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, MiddlewareError: A middleware neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.]",
    ],
  },
  {
    fault: 'calls next twice',
    middleware: one(async (next) => {
      await next();
      return next();
    }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, MiddlewareError: A middleware called next() twice. Call it once at most.]',
    ],
  },
  {
    fault: 'throws before next',
    middleware: one(failing),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, Error: no]',
    ],
  },
  {
    fault: 'throws after next',
    middleware: one(async (next) => {
      await next();
      failing();
    }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'throws after next, whose handler failed',
    handler: failing,
    middleware: one(async (next) => {
      await next();
      throw new Error('mine');
    }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A middleware failed, after the message was decided on. [work, t/1, attempt 1, Error: mine]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'never returns',
    middleware: one(never),
    errors: [],
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A message failed before its handler ran. It is dead-lettered. [work, t/1, attempt 0, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'never returns after next',
    middleware: one(async (next) => {
      await next();
      await never();
    }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, HandlerTimeoutError: work took longer than 30000 ms on "t/1".]',
    ],
  },
  {
    fault: 'does not wait for next, whose handler fails, and says it is acknowledged',
    handler: async () => {
      await nextTurn();
      failing();
    },
    middleware: one((next) => {
      void next();
      return { status: 'acked', attempts: 1 };
    }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: ['error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]'],
  },
  {
    fault: 'has a message acknowledged that its policy drops',
    handler: failing,
    errors: [otherwise(drop())],
    middleware: one(async (next) => {
      await next();
      return { status: 'acked', attempts: 1 };
    }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: [
      'debug: A handler failed. A middleware has its message acknowledged. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'drops a message',
    middleware: one(() => ({ status: 'dropped', attempts: 0 })),
    outcome: 'dropped',
    wire: '← PUBLISH t/1, → PUBACK 0x00',
    log: ['debug: A handler or a middleware decided. Its message is dropped. [work, t/1, attempt 0]'],
  },
  {
    fault: 'holds a message',
    middleware: one(() => ({ status: 'held', attempts: 0 })),
    outcome: 'held',
    wire: '← PUBLISH t/1',
    log: [
      'warn: A handler or a middleware decided. Its message stays unacknowledged; the broker delivers it again after a reconnect. [work, t/1, attempt 0]',
    ],
  },
  {
    fault: 'holds a message of QoS 0',
    qos: 0,
    middleware: one(() => ({ status: 'held', attempts: 0 })),
    outcome: 'dropped',
    wire: '← PUBLISH t/1',
    log: ['debug: A handler or a middleware decided. Its message is dropped. [work, t/1, attempt 0]'],
  },
  {
    fault: 'asks for a message of QoS 0 again',
    qos: 0,
    middleware: one(() => ({ status: 'redeliver', attempts: 0 })),
    outcome: 'dropped',
    wire: '← PUBLISH t/1',
    log: ['debug: A handler or a middleware decided. Its message is dropped. [work, t/1, attempt 0]'],
  },
];

describe('nothing is unhandled, and every outcome is told once, where', () => {
  watchForUnhandled();
  defineRows(handlers, 'a handler ');
  defineRows(policies, 'a handler throws and its policy says ');
  defineRows(readings);
  defineRows(middleware, 'a middleware ');
});

// What becomes of a message when the connection drops, or the session is lost, in each phase of its way.
import { otherwise, redeliver } from 'topicwise';
import { describe } from 'vitest';
import { nextTurn } from '../../src/time/index.js';
import {
  defineRows,
  failing,
  type Handler,
  other,
  type Row,
  watchForUnhandled,
} from '../support/app/fault-table.js';

const publishing: Handler = (message) => message.publish(other.to(), { ok: true });
/** Loses the connection in its first run. */
const losing =
  (restart: { keepSessions: boolean }, then: () => unknown = () => undefined): Handler =>
  async ({ duplicate }, t) => {
    if (duplicate) return;
    await t.broker.restart(restart);
    then();
  };
const kept = { keepSessions: true };
const forgotten = { keepSessions: false };

const gone = (why: string) =>
  `warn: The connection to the broker is gone: ${why}. Connecting again. What was not acknowledged is delivered again to the next connection.`;
const back = 'info: The connection to the broker is back. It kept the session.';
const backWithout =
  'info: The connection to the broker is back. It lost the session: what waited there is gone, and the routes are subscribed again.';

const connections: Row[] = [
  {
    fault: 'before the message arrives',
    broker: (faults) => faults.disconnect({ cmd: 'publish', from: 'broker', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'as the handler begins',
    handler: () => nextTurn(),
    broker: (faults) => faults.disconnect({ cmd: 'publish', from: 'broker', nth: 1 }, { when: 'after' }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'while the handler runs',
    handler: losing(kept),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [gone('The other end of the in-memory connection was cut'), back],
  },
  {
    fault: 'while the handler runs, at QoS 2',
    qos: 2,
    handler: losing(kept),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [gone('The other end of the in-memory connection was cut'), back],
  },
  {
    fault: 'while the handler runs, at QoS 0',
    qos: 0,
    handler: losing(kept),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT',
    log: [gone('The other end of the in-memory connection was cut'), back],
  },
  {
    fault: 'with its session, while the handler runs',
    handler: losing(forgotten),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT',
    log: [gone('The other end of the in-memory connection was cut'), backWithout],
  },
  {
    fault: 'with its session, while the handler runs, at QoS 2',
    qos: 2,
    handler: losing(forgotten),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT',
    log: [gone('The other end of the in-memory connection was cut'), backWithout],
  },
  {
    fault: 'while the handler runs, which then fails and asks for redelivery',
    handler: losing(kept, failing),
    errors: [otherwise(redeliver())],
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [
      gone('The other end of the in-memory connection was cut'),
      'error: A handler failed. Its message stays unacknowledged; the application connects again to have it delivered again. [work, t/1, attempt 1, Error: no]',
      back,
    ],
  },
  {
    fault: 'while the handler runs, which then fails and asks for redelivery, at QoS 2',
    qos: 2,
    handler: losing(kept, failing),
    errors: [otherwise(redeliver())],
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [
      gone('The other end of the in-memory connection was cut'),
      'error: A handler failed. Its message stays unacknowledged; the application connects again to have it delivered again. [work, t/1, attempt 1, Error: no]',
      back,
    ],
  },
  {
    fault: 'while the handler runs, which then fails',
    handler: losing(kept, failing),
    outcome: 'acked',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      gone('The other end of the in-memory connection was cut'),
      'error: The broker does not take its dead letter on "dead-letter/t/1". The message stays unacknowledged and its route pauses until it does. [work, t/1, attempt 1, ConnectionLostError: The connection to the given endpoint was lost: The other end of the in-memory connection was cut. Nothing of the request was sent.]',
      back,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'with its session, while the handler runs, which then fails',
    handler: losing(forgotten, failing),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, ← closed, → CONNECT, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: [
      gone('The other end of the in-memory connection was cut'),
      'error: The broker does not take its dead letter on "dead-letter/t/1". The message stays unacknowledged and its route pauses until it does. [work, t/1, attempt 1, ConnectionLostError: The connection to the given endpoint was lost: The other end of the in-memory connection was cut. Nothing of the request was sent.]',
      backWithout,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'with its session, before the dead letter is acknowledged',
    handler: async (_message, t) => {
      setImmediate(() => void t.broker.restart());
      failing();
    },
    broker: (faults) => faults.lose({ cmd: 'puback', topic: 'dead-letter/#', nth: 1 }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10 (lost), ← closed, → CONNECT, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: [
      gone('The other end of the in-memory connection was cut'),
      backWithout,
      'error: The broker does not take its dead letter on "dead-letter/t/1". The message stays unacknowledged and its route pauses until it does. [work, t/1, attempt 1, SessionLostError: The server came back without the session, before it had acknowledged the message for "dead-letter/t/1": it may or may not have it. Publish it again, or set onSessionLost to \'republish\'.]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'before PUBACK arrives',
    broker: (faults) => faults.disconnect({ cmd: 'puback', from: 'client', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBACK 0x00 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBACK 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'before PUBREC arrives',
    qos: 2,
    broker: (faults) => faults.disconnect({ cmd: 'pubrec', from: 'client', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBREC 0x00 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'between PUBREC and PUBREL',
    qos: 2,
    broker: (faults) => faults.disconnect({ cmd: 'pubrel', from: 'broker', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBREC 0x00, ← PUBREL 0x00 (disconnected before), ← closed, → CONNECT, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'before PUBCOMP arrives',
    qos: 2,
    broker: (faults) => faults.disconnect({ cmd: 'pubcomp', from: 'client', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00 (disconnected before), ← closed, → CONNECT, ← PUBREL 0x00, → PUBCOMP 0x92',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'before a counted publish arrives',
    handler: publishing,
    broker: (faults) => faults.disconnect({ cmd: 'publish', topic: 'other', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBLISH other (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH other dup, ← PUBACK 0x10, → PUBLISH other, ← PUBACK 0x10, → PUBACK 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'before a counted publish is acknowledged',
    handler: publishing,
    broker: (faults) => faults.disconnect({ cmd: 'puback', from: 'broker', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBLISH other, ← PUBACK 0x10 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH other dup, ← PUBACK 0x10, → PUBLISH other, ← PUBACK 0x10, → PUBACK 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'before a counted publish is acknowledged, at QoS 2',
    qos: 2,
    handler: publishing,
    broker: (faults) => faults.disconnect({ cmd: 'puback', from: 'broker', nth: 1 }),
    outcome: 'acked',
    wire: '← PUBLISH t/1, → PUBLISH other, ← PUBACK 0x10 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH other dup, ← PUBACK 0x10, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [gone('The server closed the connection'), back],
  },
  {
    fault: 'with its session, while a counted publish is under way',
    handler: async (message, t) => {
      const published = message.publish(other.to(), { ok: true });
      await nextTurn();
      await t.broker.restart();
      await published;
    },
    broker: (faults) => faults.lose({ cmd: 'publish', topic: 'other', nth: 1 }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH other (lost), ← closed, → CONNECT, → PUBLISH dead-letter/t/1, ← PUBACK 0x10',
    log: [
      gone('The other end of the in-memory connection was cut'),
      backWithout,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, SessionLostError: The server came back without the session, before it had acknowledged the message for "other": it may or may not have it. Publish it again, or set onSessionLost to \'republish\'.]',
    ],
  },
  {
    fault: 'before the dead letter arrives',
    handler: failing,
    broker: (faults) => faults.disconnect({ cmd: 'publish', topic: 'dead-letter/#', nth: 1 }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH dead-letter/t/1 dup, ← PUBACK 0x10, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      gone('The server closed the connection'),
      back,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'before the dead letter is acknowledged',
    handler: failing,
    broker: (faults) => faults.disconnect({ cmd: 'puback', from: 'broker', nth: 1 }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH dead-letter/t/1 dup, ← PUBACK 0x10, → PUBLISH dead-letter/t/1, ← PUBACK 0x10, → PUBACK 0x00',
    log: [
      gone('The server closed the connection'),
      back,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
  {
    fault: 'before the dead letter is acknowledged, at QoS 2',
    qos: 2,
    handler: failing,
    broker: (faults) => faults.disconnect({ cmd: 'puback', from: 'broker', nth: 1 }),
    outcome: 'dead-lettered',
    wire: '← PUBLISH t/1, → PUBLISH dead-letter/t/1, ← PUBACK 0x10 (disconnected before), ← closed, → CONNECT, ← PUBLISH t/1 dup, → PUBLISH dead-letter/t/1 dup, ← PUBACK 0x10, → PUBREC 0x00, ← PUBREL 0x00, → PUBCOMP 0x00',
    log: [
      gone('The server closed the connection'),
      back,
      'error: A handler failed. Its message is dead-lettered. [work, t/1, attempt 1, Error: no]',
    ],
  },
];

describe('nothing is unhandled, and every outcome is told once, where the connection drops', () => {
  watchForUnhandled();
  defineRows(connections);
});

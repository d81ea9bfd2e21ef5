import { expect, it } from 'vitest';
import { FakeBroker, type Faults, ImpossibleFaultError } from '../../../src/testing/index.js';

it.each<[string, (faults: Faults) => unknown, 4 | 5 | undefined, string]>([
  [
    'no packet',
    // @ts-expect-error a caller without types
    (faults) => faults.lose({ cmd: 'publsh' }),
    undefined,
    'lose({ cmd: \'publsh\' }): "publsh" is no packet. Write one of connect, connack, ',
  ],
  [
    'a reason without its code',
    (faults) => faults.disconnect({ cmd: 'publish' }, { reasonString: 'because' }),
    undefined,
    'a reasonString goes with a reasonCode',
  ],
  [
    'the wrong sender',
    (faults) => faults.lose({ cmd: 'connack', from: 'client' }),
    undefined,
    'CONNACK comes from the broker only. Leave { from } out',
  ],
  [
    'a topic of what has none',
    (faults) => faults.delay({ cmd: 'pingreq', topic: 'a' }, '1s'),
    undefined,
    'PINGREQ has no topic',
  ],
  [
    'a topic that is none',
    (faults) => faults.lose({ cmd: 'publish', topic: 'a/#/b' }),
    undefined,
    '{ topic: "a/#/b" } is no topic filter',
  ],
  [
    'a 0th packet',
    (faults) => faults.lose({ cmd: 'publish', nth: 0 }),
    undefined,
    '{ nth: 0 } counts from 1',
  ],
  [
    'a code that CONNACK does not have',
    (faults) => faults.refuse({ cmd: 'connect' }, 0x91),
    undefined,
    "refuse({ cmd: 'connect' }): CONNACK can't refuse with 0x91 (Packet Identifier in use)",
  ],
  [
    'a code that is no refusal',
    (faults) => faults.refuse({ cmd: 'publish' }, 0x10),
    undefined,
    "PUBACK can't refuse with 0x10",
  ],
  [
    'a packet that has no answer',
    // @ts-expect-error a caller without types
    (faults) => faults.refuse({ cmd: 'puback' }, 0x80),
    undefined,
    'it can refuse no PUBACK. Lose it, or disconnect',
  ],
  [
    'a packet of the broker’s own',
    // @ts-expect-error a caller without types
    (faults) => faults.refuse({ cmd: 'publish', from: 'broker' }, 0x80),
    undefined,
    'it can refuse no PUBLISH of the broker',
  ],
  [
    'PUBLISH on MQTT 3.1.1',
    (faults) => faults.refuse({ cmd: 'publish' }, 0x87),
    4,
    'speaks MQTT 3.1.1 only, where nothing can say no to PUBLISH',
  ],
  [
    'a CONNECT on MQTT 3.1.1 for which there is no return code',
    (faults) => faults.refuse({ cmd: 'connect' }, 0x9c),
    4,
    'has no return code for 0x9c. It has one for 0x84, 0x85, ',
  ],
  [
    'a DISCONNECT of a server on MQTT 3.1.1',
    (faults) => faults.disconnect({ cmd: 'publish' }, { reasonCode: 0x8b }),
    4,
    'where no server sends a DISCONNECT',
  ],
  [
    'a code that no server disconnects with',
    (faults) => faults.disconnect({ cmd: 'publish' }, { reasonCode: 0x04 }),
    undefined,
    "a server's DISCONNECT can't say 0x04 (Disconnect with Will Message)",
  ],
  [
    'a DISCONNECT before CONNACK',
    (faults) => faults.disconnect({ cmd: 'connack' }, { reasonCode: 0x8b }),
    undefined,
    'no DISCONNECT may come before CONNACK. Refuse the CONNECT',
  ],
  [
    'a place that is none',
    (faults) => faults.cut({ cmd: 'publish' }, { at: 0 }),
    undefined,
    '{ at: 0 } is no place in a packet. Give a whole number from 1.',
  ],
])('refuses %s at the call', (_what, script, version, sentence) => {
  const { faults } = new FakeBroker({ version });
  let thrown: unknown;
  try {
    script(faults);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ImpossibleFaultError);
  expect(String(thrown)).toContain(sentence);
  expect(faults.scripted).toEqual([]);
});

it('refuses a time that is none', () => {
  const { faults } = new FakeBroker();
  expect(() => faults.delay({ cmd: 'publish' }, -1)).toThrow(RangeError);
  // @ts-expect-error a caller without types
  expect(() => faults.partition('soon')).toThrow("'soon' is no duration");
});

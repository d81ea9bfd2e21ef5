import { expect } from 'vitest';
import type { ProtocolVersion } from '../../../src/packets/packet.js';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour } from './behaviour.js';

const both = [4, 5] as const;

/** Bytes that are no good beginning of a connection; `level` and `properties` stand for those of the version. */
const beginnings: readonly (readonly [
  name: string,
  body: (level: string, properties: string) => string,
  versions?: readonly ProtocolVersion[],
  differs?: Behaviour['differs'],
])[] = [
  [
    'closes when another protocol is asked for [MQTT-3.1.2-1]',
    (v, p) => `0004 4d515558 ${v} 02 0000 ${p} 0001 61`,
  ],
  [
    'closes when the protocol is written in small letters [MQTT-3.1.2-1]',
    (v, p) => `0004 6d717474 ${v} 02 0000 ${p} 0001 61`,
  ],
  [
    'closes on a CONNECT with its reserved flag set [MQTT-3.1.2-3]',
    (v, p) => `0004 4d515454 ${v} 03 0000 ${p} 0001 61`,
  ],
  [
    'closes on a will of QoS 3 [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 1e 0000 ${p} 0001 61 ${p} 0001 77 0001 78`,
    both,
    { aedes: 'lets the client in' },
  ],
  ['closes on a will QoS without a will [MQTT-3.1.4-1]', (v, p) => `0004 4d515454 ${v} 0a 0000 ${p} 0001 61`],
  [
    'closes on a retained will without a will [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 22 0000 ${p} 0001 61`,
  ],
  [
    'closes on a will topic with a wildcard',
    (v, p) => `0004 4d515454 ${v} 06 0000 ${p} 0001 61 ${p} 0001 23 0001 78`,
    both,
    { aedes: 'lets the client in' },
  ],
  [
    'closes on a password without a user name',
    (v, p) => `0004 4d515454 ${v} 42 0000 ${p} 0001 61 0001 70`,
    [4],
    { aedes: 'lets the client in' },
  ],
  [
    'closes on a CONNECT that ends within its client identifier [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 02 0000 ${p} 0005 61`,
  ],
  [
    'closes on a CONNECT without a client identifier [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 02 0000 ${p}`,
  ],
  [
    'closes on a CONNECT without the user name that it announces [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 82 0000 ${p} 0001 61`,
  ],
  [
    'closes on a CONNECT with bytes behind its end [MQTT-3.1.4-1]',
    (v, p) => `0004 4d515454 ${v} 02 0000 ${p} 0001 61 ffff`,
    both,
    { aedes: 'lets the client in' },
  ],
  [
    'closes on a client identifier that is no UTF-8',
    (v, p) => `0004 4d515454 ${v} 02 0000 ${p} 0002 c328`,
    both,
    { aedes: 'lets the client in' },
  ],
  [
    'closes on a client identifier with U+0000',
    (v, p) => `0004 4d515454 ${v} 02 0000 ${p} 0003 610062`,
    both,
    { aedes: 'lets the client in' },
  ],
  [
    'closes on a session expiry interval that comes twice',
    (v) => `0004 4d515454 ${v} 02 0000 0a 11 00000001 11 00000001 0001 61`,
    [5],
  ],
  ['closes on a Receive Maximum of 0', (v) => `0004 4d515454 ${v} 02 0000 03 21 0000 0001 61`, [5]],
  ['closes on a maximum packet size of 0', (v) => `0004 4d515454 ${v} 02 0000 05 27 00000000 0001 61`, [5]],
  [
    'closes on authentication data without a method',
    (v) => `0004 4d515454 ${v} 02 0000 04 16 0001 61 0001 61`,
    [5],
    { mosquitto: 'lets the client in' },
  ],
  [
    'closes on a property that CONNECT does not have',
    (v) => `0004 4d515454 ${v} 02 0000 03 23 0001 0001 61`,
    [5],
  ],
  ['closes on a property that does not exist', (v) => `0004 4d515454 ${v} 02 0000 02 7f 00 0001 61`, [5]],
];

/** A refusing CONNACK may come before the end, of MQTT 5 or of 3.1.1; nothing else. */
function refusesWith(answer: Uint8Array): void {
  if (answer.length === 0) return;
  expect([answer[0], answer[2]]).toEqual([0x20, 0]);
  expect(answer[3]).toBeGreaterThan(0);
  expect(answer.length).toBe(2 + (answer[1] ?? 0));
}

export const handshakeViolations: readonly Behaviour[] = [
  ...beginnings.map(
    ([name, body, versions = both, differs]): Behaviour => ({
      name,
      versions,
      ...(differs && { differs }),
      run: async (world) => {
        const bytes = hex(world.version === 5 ? body('05', '00') : body('04', ''));
        refusesWith(await world.endOf(new Uint8Array([0x10, bytes.length, ...bytes])));
      },
    }),
  ),
  ...(
    [
      ['PINGREQ', 'c0 00'],
      ['SUBSCRIBE', '82 06 0001 0001 61 00'],
      ['PUBLISH', '30 04 0001 61 00'],
      ['DISCONNECT', 'e0 00'],
    ] as const
  ).map(
    ([type, bytes]): Behaviour => ({
      name: `closes when the first packet is a ${type}, without a word [MQTT-3.14.0-1]`,
      run: async (world) => {
        const client = await world.open();
        client.write(hex(bytes));
        expect(await client.farewell()).toEqual([]);
      },
    }),
  ),
  {
    name: 'closes on a protocol level that does not exist [MQTT-3.1.2-2]',
    run: async (world) => {
      refusesWith(await world.endOf(hex('10 0e 0004 4d515454 07 02 0000 00 0001 61')));
    },
  },
  {
    name: 'closes on a second CONNECT [MQTT-3.1.0-2]',
    run: async (world) => {
      const client = await world.client('eager');
      await expect(client.connect({ clientId: 'eager' })).rejects.toThrow();
      await client.farewell();
    },
  },
];

// What a broker may add to an answer is left out where the answer would become too large for the client: each of these clients has
// room for the answer and for nothing else. MQTT 5.0, 3.1.2.11.4.
import { expect, it } from 'vitest';
import type { Packet } from '../../../src/packets/packet.js';
import { FakeWorld } from '../../support/broker/fake-world.js';
import { publishPacket, type RawClient, request } from '../../support/broker/raw-client.js';

/** A CONNACK of our broker in its shortest form. */
const SMALLEST = 13;

const answers: readonly (readonly [name: string, ask: (client: RawClient) => void, answer: Packet])[] = [
  [
    'PUBACK has neither reason string nor user property that does not fit [MQTT-3.4.2-2] [MQTT-3.4.2-3]',
    (client) => client.send(publishPacket('a', 'x', { qos: 1, packetId: 7, retain: true })),
    { type: 'puback', packetId: 7, reasonCode: 0x97 },
  ],
  [
    'PUBREC has neither reason string nor user property that does not fit [MQTT-3.5.2-2] [MQTT-3.5.2-3]',
    (client) => client.send(publishPacket('a', 'x', { qos: 2, packetId: 7, retain: true })),
    { type: 'pubrec', packetId: 7, reasonCode: 0x97 },
  ],
  [
    'PUBREL has neither reason string nor user property that does not fit [MQTT-3.6.2-2] [MQTT-3.6.2-3]',
    (client) => client.send({ type: 'pubrec', packetId: 7, reasonCode: 0 }),
    { type: 'pubrel', packetId: 7, reasonCode: 0x92 },
  ],
  [
    'PUBCOMP has neither reason string nor user property that does not fit [MQTT-3.7.2-2] [MQTT-3.7.2-3]',
    (client) => client.send({ type: 'pubrel', packetId: 7, reasonCode: 0 }),
    { type: 'pubcomp', packetId: 7, reasonCode: 0x92 },
  ],
  [
    'SUBACK has neither reason string nor user property that does not fit [MQTT-3.9.2-1] [MQTT-3.9.2-2]',
    (client) => client.send({ type: 'subscribe', packetId: 7, subscriptions: [request({ filter: 'a' })] }),
    { type: 'suback', packetId: 7, reasonCodes: [0x97] },
  ],
  [
    'UNSUBACK has neither reason string nor user property that does not fit [MQTT-3.11.2-1] [MQTT-3.11.2-2]',
    (client) => client.send({ type: 'unsubscribe', packetId: 7, filters: ['a'] }),
    { type: 'unsuback', packetId: 7, reasonCodes: [0x11] },
  ],
  [
    'DISCONNECT has neither reason string nor user property that does not fit [MQTT-3.14.2-3] [MQTT-3.14.2-4]',
    (client) => client.write(new Uint8Array([0, 0])),
    { type: 'disconnect', reasonCode: 0x81 },
  ],
];

it.each(answers)('%s', async (_name, ask, answer) => {
  await using world = new FakeWorld({ limits: { retainedMessages: 0, subscriptionsPerSession: 0 } });
  const client = await world.client('small', { properties: { maximumPacketSize: SMALLEST } });
  ask(client);
  expect(await client.answer(answer.type)).toEqual(answer);
});

it('CONNACK has neither reason string nor user property that does not fit [MQTT-3.2.2-19] [MQTT-3.2.2-20]', async () => {
  await using world = new FakeWorld({ authenticate: () => 0x87 });
  const roomy = await (await world.open()).connect({ properties: { maximumPacketSize: 100 } });
  const small = await (await world.open()).connect({ properties: { maximumPacketSize: SMALLEST } });
  expect(roomy.properties?.reasonString).toMatch(/./);
  expect(small).toEqual({ type: 'connack', sessionPresent: false, reasonCode: 0x87 });
});

import { expect } from 'vitest';
import type { PublishProperties } from '../../../src/packets/packet.js';
import type { Behaviour } from './behaviour.js';

/** Properties of a PUBLISH that come out as they went in. */
const forwarded: readonly (readonly [name: string, properties: PublishProperties])[] = [
  ['forwards the payload format indicator, text [MQTT-3.3.2-4]', { payloadFormat: 'utf8' }],
  ['forwards the content type [MQTT-3.3.2-20]', { contentType: 'application/vnd.socks+json; charset=utf-8' }],
  ['forwards the response topic [MQTT-3.3.2-15]', { responseTopic: 'answers/42/\u{1f9e6}' }],
  [
    'forwards correlation data, every byte of it [MQTT-3.3.2-16]',
    { correlationData: Uint8Array.from({ length: 256 }, (_, i) => i) },
  ],
  ['forwards empty correlation data [MQTT-3.3.2-16]', { correlationData: new Uint8Array(0) }],
  [
    'forwards a user property [MQTT-3.3.2-17]',
    { userProperties: [['traceparent', '00-0af7651916cd43dd-01']] },
  ],
  [
    'forwards all user properties, in their order and with equal names [MQTT-3.3.2-17] [MQTT-3.3.2-18]',
    {
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
        ['b', '1'],
        ['', ''],
        ['\u{1f9e6}', 'sock'],
      ],
    },
  ],
  [
    'forwards a hundred user properties [MQTT-3.3.2-17] [MQTT-3.3.2-18]',
    {
      userProperties: Array.from(
        { length: 100 },
        (_, count) => [`name-${count % 7}`, String(count)] as const,
      ),
    },
  ],
];

const everything: PublishProperties = {
  payloadFormat: 'utf8',
  contentType: 'text/plain',
  responseTopic: 'answers',
  correlationData: new Uint8Array([1, 0, 255]),
  userProperties: [
    ['b', '1'],
    ['a', '2'],
    ['b', ''],
  ],
};

/** Bytes as plain numbers, so that a Buffer equals a Uint8Array. */
const plain = (properties: object | undefined) =>
  Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? [...value] : value,
    ]),
  );

export const properties: readonly Behaviour[] = [
  ...forwarded.map(
    ([name, properties]): Behaviour => ({
      name,
      versions: [5],
      run: async (world) => {
        const client = await world.client('receiver');
        await client.subscribe('a');
        await (await world.client('sender')).publish('a', 'x', { qos: 1, properties });
        const [packet] = await client.publishes();
        expect(plain(packet?.properties)).toEqual(plain(properties));
      },
    }),
  ),
  {
    name: 'forwards all properties together, at each QoS',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const qos of [0, 1, 2] as const) await sender.publish('a', 'x', { qos, properties: everything });
      const packets = await client.publishes();
      expect(packets.map((packet) => plain(packet.properties))).toEqual(Array(3).fill(plain(everything)));
    },
  },
  {
    name: 'adds no properties of its own',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      await client.publish('a', 'x', { qos: 1 });
      const [packet] = await client.publishes();
      expect(packet?.properties ?? {}).toEqual({});
    },
  },
  {
    name: 'keeps the properties of a message that waits for its receiver',
    versions: [5],
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      await (await world.client('sender')).publish('a', 'x', { qos: 1, properties: everything });
      const back = await world.client('away', world.persistent);
      const [packet] = await back.publishes();
      expect(plain(packet?.properties)).toEqual(plain(everything));
    },
  },
  {
    name: 'keeps the properties of a message that is sent again',
    versions: [5],
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 1, properties: everything });
      await first.next('publish');
      await world.drop(first);
      const [packet] = await (await world.client('forgetful', world.persistent)).publishes();
      expect([packet?.duplicate, plain(packet?.properties)]).toEqual([true, plain(everything)]);
    },
  },
  {
    name: 'keeps the properties of a retained message',
    versions: [5],
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'x', { qos: 1, retain: true, properties: everything });
      const client = await world.client('late');
      await client.subscribe('r');
      const [packet] = await client.publishes();
      expect(plain(packet?.properties)).toEqual(plain(everything));
    },
  },
  {
    name: 'does not check that a payload which is said to be text is UTF-8: that is the receiver’s business',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const payload = new Uint8Array([0xff, 0xfe]);
      await client.publish('a', '', { qos: 1, payload, properties: { payloadFormat: 'utf8' } });
      const [packet] = await client.publishes();
      expect([...(packet?.payload ?? [])]).toEqual([...payload]);
    },
  },
];

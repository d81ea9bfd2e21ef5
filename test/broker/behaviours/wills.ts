import { expect } from 'vitest';
import type { ProtocolVersion, WillPacket } from '../../../src/packets/packet.js';
import { type RawClient, willPacket } from '../../support/broker/raw-client.js';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour, World } from './behaviour.js';

const both = [4, 5] as const;

type WillProperties = NonNullable<WillPacket['properties']>;

/** How a client goes, and whether its will goes out then. */
const ends: readonly (readonly [
  name: string,
  end: (world: World, mortal: RawClient) => unknown,
  goesOut: boolean,
  versions?: readonly ProtocolVersion[],
  differs?: Behaviour['differs'],
])[] = [
  [
    'publishes the will of a client whose connection is lost [MQTT-3.1.2-7] [MQTT-3.1.2-8]',
    (world, mortal) => world.drop(mortal),
    true,
  ],
  [
    'discards the will at a normal DISCONNECT [MQTT-3.1.2-10] [MQTT-3.14.4-3]',
    (_, mortal) => mortal.leave(),
    false,
  ],
  [
    'publishes the will at a DISCONNECT that asks for it: 0x04 [MQTT-3.1.2-8]',
    (_, mortal) => mortal.send({ type: 'disconnect', reasonCode: 4 }),
    true,
    [5],
  ],
  [
    'publishes the will at a DISCONNECT with an error: 0x81 [MQTT-3.1.2-8]',
    (_, mortal) => mortal.send({ type: 'disconnect', reasonCode: 0x81 }),
    true,
    [5],
    { mosquitto: 'discards it at any code but 0x04' },
  ],
  ['publishes the will at a take-over [MQTT-3.1.2-8]', (world) => world.client('mortal'), true],
  // Type 15 with flags: malformed in both versions.
  [
    'publishes the will after a malformed packet [MQTT-3.1.2-8]',
    (_, mortal) => mortal.write(hex('ff 00')),
    true,
  ],
  [
    'publishes the will after a second CONNECT [MQTT-3.1.2-8]',
    (_, mortal) => mortal.connect().catch(() => {}),
    true,
    both,
    { mosquitto: 'discards it' },
  ],
  [
    'publishes the will when the connection breaks within a packet [MQTT-3.1.2-8]',
    (_, mortal) => {
      mortal.write(hex('30 20 00 03'));
      mortal.end();
    },
    true,
  ],
];

/** A client with a will on `will`, and who waits for it. */
async function mortalAndHeir(world: World, properties?: WillProperties) {
  const heir = await world.client('heir');
  await heir.subscribe('will');
  const will = willPacket('gone', properties && { properties });
  return { heir, mortal: await world.client('mortal', { ...world.persistent, will }) };
}

export const wills: readonly Behaviour[] = [
  ...ends.map(
    ([name, end, goesOut, versions = both, differs]): Behaviour => ({
      name,
      versions,
      ...(differs && { differs }),
      run: async (world) => {
        const { heir, mortal } = await mortalAndHeir(world);
        await end(world, mortal);
        await mortal.rest();
        await world.noticed();
        expect(await heir.messages()).toEqual(goesOut ? ['q1 will "gone"'] : []);
      },
    }),
  ),
  {
    name: 'publishes nothing while the client with the will is there',
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world);
      await mortal.publish('a', 'x', { qos: 1 });
      expect(await heir.messages()).toEqual([]);
    },
  },
  {
    name: 'publishes a will once: the next connection has its own, or none [MQTT-3.1.2-10]',
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world);
      await world.drop(mortal);
      await world.drop(await world.client('mortal', world.persistent));
      expect(await heir.messages()).toEqual(['q1 will "gone"']);
      const other = { ...world.persistent, will: willPacket('gone again') };
      await world.drop(await world.client('mortal', other));
      expect(await heir.messages()).toEqual(['q1 will "gone again"']);
    },
  },
  ...([0, 1, 2] as const).map(
    (qos): Behaviour => ({
      name: `publishes a will at its QoS: ${qos}`,
      run: async (world) => {
        const heir = await world.client('heir');
        await heir.subscribe('will');
        await world.drop(await world.client('mortal', { will: willPacket('gone', { qos }) }));
        expect(await heir.messages()).toEqual([`q${qos} will "gone"`]);
      },
    }),
  ),
  {
    name: 'retains a will that asks for it [MQTT-3.1.2-15]',
    run: async (world) => {
      await world.drop(await world.client('mortal', { will: willPacket('gone', { retain: true }) }));
      const heir = await world.client('heir');
      await heir.subscribe('will');
      expect(await heir.messages()).toEqual(['q1 will "gone" retain']);
    },
  },
  {
    name: 'does not retain a will that does not ask for it [MQTT-3.1.2-14]',
    run: async (world) => {
      await (await world.client('sender')).publish('will', 'before', { qos: 1, retain: true });
      await world.drop(await world.client('mortal', { will: willPacket('gone') }));
      const heir = await world.client('heir');
      await heir.subscribe('will');
      expect(await heir.messages()).toEqual(['q1 will "before" retain']);
    },
  },
  {
    name: 'clears a retained message with an empty retained will',
    run: async (world) => {
      await (await world.client('sender')).publish('will', 'here', { qos: 1, retain: true });
      await world.drop(await world.client('mortal', { will: willPacket('', { retain: true }) }));
      const heir = await world.client('heir');
      await heir.subscribe('will');
      expect(await heir.messages()).toEqual([]);
    },
  },
  {
    name: 'publishes every byte of a will of 60,000 bytes',
    run: async (world) => {
      const heir = await world.client('heir');
      await heir.subscribe('will');
      const payload = Uint8Array.from({ length: 60_000 }, (_, index) => index % 251);
      await world.drop(await world.client('mortal', { will: willPacket('', { payload }) }));
      const [packet] = await heir.publishes();
      expect(Buffer.from(packet?.payload ?? []).equals(payload)).toBe(true);
    },
  },
  {
    name: 'keeps a will for a subscriber that is away',
    run: async (world) => {
      const { heir: _, mortal } = await mortalAndHeir(world);
      const away = await world.client('away', world.persistent);
      await away.subscribe('will');
      await away.leave();
      await world.drop(mortal);
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual(['q1 will "gone"']);
    },
  },
  {
    name: 'publishes a will with its properties, user properties in order [MQTT-3.1.3-10]',
    versions: [5],
    run: async (world) => {
      const properties = {
        payloadFormat: 'utf8',
        contentType: 'text/plain',
        responseTopic: 'condolences',
        userProperties: [
          ['b', '1'],
          ['a', '2'],
          ['b', '3'],
        ],
      } as const;
      const { heir, mortal } = await mortalAndHeir(world, properties);
      await world.drop(mortal);
      const [packet] = await heir.publishes();
      expect(packet?.properties).toEqual(properties);
    },
  },
  {
    name: 'cancels a delayed will when the client is back in time [MQTT-3.1.3-9]',
    versions: [5],
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world, { willDelayInterval: 100 });
      await world.drop(mortal);
      await world.client('mortal', { cleanStart: false });
      expect(await heir.messages()).toEqual([]);
    },
  },
  {
    name: 'does not publish a delayed will when the session is taken over [MQTT-3.1.3-9]',
    versions: [5],
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world, { willDelayInterval: 100 });
      await world.client('mortal', { cleanStart: false });
      await mortal.rest();
      await world.noticed();
      expect(await heir.messages()).toEqual([]);
    },
  },
  {
    name: 'publishes a delayed will at once when a clean start ends the session [MQTT-3.1.2-8]',
    differs: { mosquitto: 'does not publish it then' },
    versions: [5],
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world, { willDelayInterval: 100 });
      await world.drop(mortal);
      await world.client('mortal');
      await world.noticed();
      expect(await heir.messages()).toEqual(['q1 will "gone"']);
    },
  },
  {
    name: 'publishes a delayed will at once when the session ends with its connection [MQTT-3.1.2-8]',
    differs: { mosquitto: 'waits for the delay all the same' },
    versions: [5],
    run: async (world) => {
      const heir = await world.client('heir');
      await heir.subscribe('will');
      const will = willPacket('gone', { properties: { willDelayInterval: 100 } });
      await world.drop(await world.client('mortal', { will }));
      expect(await heir.messages()).toEqual(['q1 will "gone"']);
    },
  },
  {
    name: 'discards a delayed will at a normal DISCONNECT [MQTT-3.14.4-3]',
    versions: [5],
    run: async (world) => {
      const { heir, mortal } = await mortalAndHeir(world, { willDelayInterval: 100 });
      await mortal.leave();
      await world.client('mortal');
      await world.noticed();
      expect(await heir.messages()).toEqual([]);
    },
  },
];

import { expect } from 'vitest';
import { encodePacket } from '../../../src/packets/index.js';
import { connectPacket, publishPacket, request } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const connecting: readonly Behaviour[] = [
  {
    name: 'accepts a CONNECT with reason code 0 and no session [MQTT-3.1.4-5] [MQTT-3.2.2-2]',
    run: async (world) => {
      const client = await world.open();
      expect(await client.connect()).toMatchObject({ reasonCode: 0, sessionPresent: false });
    },
  },
  {
    name: 'assigns a client identifier of its own to each client that has none [MQTT-3.1.3-6] [MQTT-3.2.2-16]',
    versions: [5],
    run: async (world) => {
      const one = await (await world.open()).connect({ clientId: '' });
      const other = await (await world.open()).connect({ clientId: '' });
      const name = one.properties?.assignedClientIdentifier;
      expect(name).toMatch(/./);
      expect(other.properties?.assignedClientIdentifier).toMatch(/./);
      expect(other.properties?.assignedClientIdentifier).not.toBe(name);
    },
  },
  {
    name: 'keeps the session under the assigned client identifier [MQTT-3.1.3-7]',
    versions: [5],
    run: async (world) => {
      const nameless = await world.open();
      const { properties } = await nameless.connect({ ...world.persistent, clientId: '' });
      await nameless.subscribe('a');
      await nameless.leave();
      const named = await world.open();
      // The identifier as the broker gave it, without the scope of this run.
      const clientId = properties?.assignedClientIdentifier ?? '';
      named.send(connectPacket(world.version, { ...world.persistent, clientId }));
      expect(await named.next('connack')).toMatchObject({ reasonCode: 0, sessionPresent: true });
      await named.publish('a', 'x', { qos: 1 });
      expect(await named.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'assigns no client identifier to a client that has one',
    versions: [5],
    run: async (world) => {
      const connack = await (await world.open()).connect({ clientId: 'named' });
      expect(connack.properties?.assignedClientIdentifier).toBeUndefined();
    },
  },
  {
    name: 'takes an empty client identifier without a clean start, too [MQTT-3.1.3-6]',
    versions: [5],
    run: async (world) => {
      const connack = await (await world.open()).connect({ clientId: '', cleanStart: false });
      expect(connack).toMatchObject({ reasonCode: 0, sessionPresent: false });
      expect(connack.properties?.assignedClientIdentifier).toMatch(/./);
    },
  },
  {
    name: 'accepts an empty client identifier with a clean session',
    versions: [4],
    run: async (world) => {
      expect(await (await world.open()).connect({ clientId: '' })).toMatchObject({ reasonCode: 0 });
    },
  },
  {
    name: 'refuses an empty client identifier without a clean session, and closes [MQTT-3.1.3-8]',
    differs: { aedes: 'lets the client in' },
    versions: [4],
    run: async (world) => {
      const client = await world.open();
      // Our own encoder would not write it.
      client.write(new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 0, 0, 0]));
      expect(await client.next('connack')).toMatchObject({ reasonCode: 2 });
      expect(await client.rest()).toEqual([]);
    },
  },
  ...['7', 'Socks', '0123456789abcdefghijklm', 'NOPQRSTUVWXYZnopqrstuvw'].map(
    (clientId): Behaviour => ({
      name: `accepts the client identifier ${clientId} [MQTT-3.1.3-5]`,
      run: async (world) => {
        const client = await world.open();
        client.send(connectPacket(world.version, { clientId }));
        expect(await client.next('connack')).toMatchObject({ reasonCode: 0 });
      },
    }),
  ),
  {
    name: 'accepts a client identifier of 1,000 characters, spaces and socks included',
    run: async (world) => {
      const clientId = 'a long sock \u{1f9e6} '.repeat(67);
      expect(await (await world.open()).connect({ clientId })).toMatchObject({ reasonCode: 0 });
    },
  },
  {
    name: 'accepts a user name and a password that it does not ask for',
    run: async (world) => {
      const options = { username: 'ann', password: new Uint8Array([0, 1, 255]) };
      expect(await (await world.open()).connect(options)).toMatchObject({ reasonCode: 0 });
    },
  },
  {
    name: 'accepts a password without a user name',
    versions: [5],
    run: async (world) => {
      const options = { password: new Uint8Array([1]) };
      expect(await (await world.open()).connect(options)).toMatchObject({ reasonCode: 0 });
    },
  },
  {
    name: 'announces a Receive Maximum, a maximum packet size and a Maximum QoS that are legal',
    versions: [5],
    run: async (world) => {
      const { properties = {} } = await (await world.open()).connect();
      const { receiveMaximum = 65_535, maximumPacketSize = 1, maximumQoS = 1 } = properties;
      expect(receiveMaximum).toBeGreaterThan(0);
      expect(maximumPacketSize).toBeGreaterThan(0);
      expect([0, 1]).toContain(maximumQoS);
    },
  },
  {
    name: 'sends one CONNACK, and nothing in front of it [MQTT-3.2.0-1] [MQTT-3.2.0-2]',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      const back = await world.open();
      back.send(connectPacket(world.version, { ...world.persistent, clientId: `${world.scope}away` }));
      const types = (await back.soFar()).map(({ type }) => type);
      expect(types).toEqual(['connack', 'publish']);
    },
  },
  {
    name: 'acts on what comes in one segment with CONNECT',
    run: async (world) => {
      const client = await world.open();
      client.send(
        connectPacket(world.version, { clientId: `${world.scope}hasty` }),
        { type: 'subscribe', packetId: 1, subscriptions: [request({ filter: `${world.scope}a` })] },
        publishPacket(`${world.scope}a`, 'x', { qos: 1, packetId: 2 }),
      );
      await client.next('connack');
      await client.answer('puback');
      await client.answer('suback');
      expect(await client.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'reads a stream of bytes, wherever it is cut [MQTT-4.2-1]',
    run: async (world) => {
      const client = await world.client('cut');
      await client.subscribe('a');
      const packets = ['1', '2'].map((payload) => publishPacket(`${world.scope}a`, payload));
      const bytes = packets.flatMap((packet) => [...encodePacket(packet, world.version)]);
      for (const byte of bytes) client.write(new Uint8Array([byte]));
      client.write(new Uint8Array([...bytes, ...bytes]));
      expect(await client.messages()).toEqual([1, 2, 1, 2, 1, 2].map((payload) => `q0 a "${payload}"`));
    },
  },
  {
    name: 'answers each PINGREQ with a PINGRESP [MQTT-3.12.4-1]',
    run: async (world) => {
      const client = await world.client('pinger');
      for (let count = 0; count < 5; count += 1) client.send({ type: 'pingreq' });
      for (let count = 0; count < 5; count += 1) await client.next('pingresp');
    },
  },
  {
    name: 'refuses an authentication method that it does not have: 0x8C, then the end [MQTT-3.2.2-7] [MQTT-4.13.2-1]',
    versions: [5],
    run: async (world) => {
      const client = await world.open();
      expect(await client.connect({ properties: { authenticationMethod: 'none such' } })).toMatchObject({
        reasonCode: 0x8c,
      });
      expect(await client.rest()).toEqual([]);
    },
  },
  {
    name: 'refuses without Session Present, and without touching the session [MQTT-3.2.2-6]',
    versions: [5],
    run: async (world) => {
      const keeper = await world.client('keeper', world.persistent);
      await keeper.subscribe('a');
      const properties = { authenticationMethod: 'none such', sessionExpiryInterval: 300 };
      const stranger = await world.open();
      expect(await stranger.connect({ clientId: 'keeper', cleanStart: false, properties })).toMatchObject({
        reasonCode: 0x8c,
        sessionPresent: false,
      });
      await keeper.publish('a', 'x', { qos: 1 });
      expect(await keeper.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'acts on nothing behind a CONNECT that it refused, and says nothing more [MQTT-3.1.4-6] [MQTT-3.14.0-1]',
    versions: [5],
    run: async (world) => {
      const witness = await world.client('witness');
      await witness.subscribe('a');
      const client = await world.open();
      client.send(
        connectPacket(5, { properties: { authenticationMethod: 'none such' } }),
        publishPacket(`${world.scope}a`, 'x'),
        { type: 'subscribe', packetId: 1, subscriptions: [request({ filter: `${world.scope}a` })] },
      );
      // What a broker closes on with bytes unread may be lost, the CONNACK too.
      for (const packet of await client.rest())
        expect(packet).toMatchObject({ type: 'connack', reasonCode: 0x8c });
      await world.noticed();
      expect(await witness.messages()).toEqual([]);
    },
  },
];

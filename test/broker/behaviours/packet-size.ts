import { expect } from 'vitest';
import { encodePacket } from '../../../src/packets/index.js';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

/** The client's maximum packet size. MQTT 5.0, 3.1.2.11.4. */
export const packetSize: readonly Behaviour[] = [
  ...([0, 1, 2] as const).map(
    (qos): Behaviour => ({
      name: `drops what is above the client’s maximum packet size, QoS ${qos}, and goes on [MQTT-3.1.2-24] [MQTT-3.1.2-25]`,
      versions: [5],
      run: async (world) => {
        const client = await world.client('small', { properties: { maximumPacketSize: 100 } });
        await client.subscribe('a');
        const sender = await world.client('sender');
        await sender.publish('a', 'x'.repeat(200), { qos });
        await sender.publish('a', 'small', { qos });
        expect(await client.messages()).toEqual([`q${qos} a "small"`]);
      },
    }),
  ),
  {
    name: 'sends a packet of just the client’s maximum packet size, and none of a byte more [MQTT-3.1.2-24]',
    differs: { mosquitto: '2.0.11 forgets the first byte: sends one more than it may' },
    versions: [5],
    run: async (world) => {
      const client = await world.client('exact', { properties: { maximumPacketSize: 100 } });
      await client.subscribe('a', { maximumQoS: 0 });
      const empty = encodePacket(publishPacket(`${world.scope}a`, ''), 5).length;
      const sender = await world.client('sender');
      for (const size of [100, 101]) await sender.publish('a', 'x'.repeat(size - empty));
      expect(await client.messages()).toEqual([`q0 a "${'x'.repeat(100 - empty)}"`]);
    },
  },
  {
    name: 'counts properties against the client’s maximum packet size [MQTT-3.1.2-24]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('small', { properties: { maximumPacketSize: 100 } });
      await client.subscribe('a');
      const properties = { userProperties: [['name', 'x'.repeat(100)]] as const };
      await client.publish('a', 'long', { qos: 1, properties });
      await client.publish('a', 'short', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "short"']);
    },
  },
  {
    name: 'takes a message that was too large for delivered: it takes no room in the window [MQTT-3.1.2-25]',
    differs: { mosquitto: 'it keeps its place in the window' },
    versions: [5],
    run: async (world) => {
      const properties = { maximumPacketSize: 100, receiveMaximum: 1 };
      const client = await world.client('small', { properties });
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const payload of ['1', 'x'.repeat(200), '2']) await sender.publish('a', payload, { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "1"', 'q1 a "2"']);
    },
  },
  {
    name: 'sends what is too large for one client to the others [MQTT-3.1.2-25]',
    versions: [5],
    run: async (world) => {
      const small = await world.client('small', { properties: { maximumPacketSize: 100 } });
      const large = await world.client('large');
      for (const client of [small, large]) await client.subscribe('a');
      const payload = 'x'.repeat(200);
      await (await world.client('sender')).publish('a', payload, { qos: 1 });
      expect(await small.messages()).toEqual([]);
      expect(await large.messages()).toEqual([`q1 a "${payload}"`]);
    },
  },
  {
    name: 'sends no retained message above the client’s maximum packet size [MQTT-3.1.2-24]',
    versions: [5],
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r/large', 'x'.repeat(200), { qos: 1, retain: true });
      await sender.publish('r/small', 'x', { qos: 1, retain: true });
      const client = await world.client('small', { properties: { maximumPacketSize: 100 } });
      await client.subscribe('r/+');
      expect(await client.messages()).toEqual(['q1 r/small "x" retain']);
    },
  },
  {
    name: 'takes the maximum packet size of each connection for itself',
    versions: [5],
    run: async (world) => {
      const small = { sessionExpiryInterval: 300, maximumPacketSize: 100 };
      const first = await world.client('growing', { cleanStart: false, properties: small });
      await first.subscribe('a');
      await first.leave();
      const payload = 'x'.repeat(200);
      await (await world.client('sender')).publish('a', payload, { qos: 1 });
      const back = await world.client('growing', world.persistent);
      expect(await back.messages()).toEqual([`q1 a "${payload}"`]);
    },
  },
];

import { expect } from 'vitest';
import type { Behaviour } from './behaviour.js';

export const unsubscribing: readonly Behaviour[] = [
  {
    name: 'answers UNSUBSCRIBE for each filter, in order, whether it was there or not [MQTT-3.10.4-5] [MQTT-3.11.3-1] [MQTT-3.11.3-2]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe(['a', 'b']);
      const unsuback = await client.unsubscribe('c', 'b', 'a');
      expect(unsuback.reasonCodes).toEqual(world.version === 5 ? [0x11, 0, 0] : []);
    },
  },
  {
    name: 'answers each UNSUBSCRIBE under its identifier [MQTT-2.2.1-6] [MQTT-3.10.4-4] [MQTT-3.10.4-5]',
    run: async (world) => {
      const client = await world.client('leaver');
      const packetIds = [65_535, 1, 256, 4711];
      for (const packetId of packetIds) {
        client.send({ type: 'unsubscribe', packetId, filters: [`${world.scope}a`] });
      }
      for (const packetId of packetIds) expect(await client.next('unsuback')).toMatchObject({ packetId });
    },
  },
  {
    name: 'delivers nothing more after UNSUBSCRIBE [MQTT-3.10.4-2]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe('a');
      await client.unsubscribe('a');
      await client.publish('a', 'late', { qos: 1 });
      expect(await client.messages()).toEqual([]);
    },
  },
  {
    name: 'compares the filters of UNSUBSCRIBE character by character [MQTT-3.10.4-1]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe(['a/b', 'c/+']);
      await client.unsubscribe('a/+', 'a/#', 'A/b', 'a/b/', 'c/d', 'c/#');
      for (const topic of ['a/b', 'c/d']) await client.publish(topic, 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a/b "x"', 'q1 c/d "x"']);
      await client.unsubscribe('c/+');
      for (const topic of ['a/b', 'c/d']) await client.publish(topic, 'y', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a/b "y"']);
    },
  },
  {
    name: 'takes several filters in one UNSUBSCRIBE as if each had come alone [MQTT-3.10.4-6]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe(['a', 'b', 'c']);
      await client.unsubscribe('a', 'none', 'c');
      for (const topic of ['a', 'b', 'c']) await client.publish(topic, 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 b "x"']);
    },
  },
  {
    name: 'completes the deliveries that UNSUBSCRIBE finds under way [MQTT-3.10.4-3]',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const client = await world.client('leaver', world.persistent);
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const qos of [1, 2] as const) await sender.publish('a', String(qos), { qos });
      const [one, two] = await client.publishes();
      await client.unsubscribe('a');
      client.send({ type: 'pubrec', packetId: two?.packetId ?? 0, reasonCode: 0 });
      expect(await client.next('pubrel')).toMatchObject({ packetId: two?.packetId });
      await world.drop(client);
      const back = await world.client('leaver', world.persistent);
      const again = await back.soFar();
      expect(again).toContainEqual(expect.objectContaining({ type: 'pubrel', packetId: two?.packetId }));
      expect(again).toContainEqual(
        expect.objectContaining({ type: 'publish', packetId: one?.packetId, duplicate: true }),
      );
    },
  },
  {
    name: 'takes a filter that was unsubscribed for a new one: what is retained comes again',
    versions: [5],
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const client = await world.client('returner');
      for (let count = 0; count < 2; count += 1) {
        await client.subscribe('r', { retainHandling: 'send-if-new' });
        expect(await client.messages()).toEqual(['q1 r "x" retain']);
        await client.unsubscribe('r');
      }
    },
  },
];

import { expect } from 'vitest';
import type { Behaviour, World } from './behaviour.js';

const publish = async (world: World, interval: number, retain = false) =>
  await (await world.client('sender')).publish('a', 'x', {
    qos: 1,
    retain,
    properties: { messageExpiryInterval: interval },
  });

/** What does not need to wait; the passing of time is test/broker/time.test.ts. */
export const expiry: readonly Behaviour[] = [
  {
    name: 'passes a message on with what is left of its expiry interval [MQTT-3.3.2-6]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      await publish(world, 100);
      const left = (await client.next('publish')).properties?.messageExpiryInterval;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(100);
    },
  },
  {
    name: 'passes a message that waited on with what is left of its expiry interval [MQTT-3.3.2-6]',
    versions: [5],
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      await publish(world, 100);
      const back = await world.client('away', world.persistent);
      const left = (await back.next('publish')).properties?.messageExpiryInterval;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(100);
    },
  },
  {
    name: 'passes a retained message on with what is left of its expiry interval [MQTT-3.3.2-6]',
    versions: [5],
    run: async (world) => {
      await publish(world, 100, true);
      const late = await world.client('late');
      await late.subscribe('a');
      const left = (await late.answer('publish')).properties?.messageExpiryInterval;
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(100);
    },
  },
  {
    name: 'gives a message without an expiry interval none',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      await client.publish('a', 'x', { qos: 1 });
      const [packet] = await client.publishes();
      expect(packet?.properties?.messageExpiryInterval).toBeUndefined();
    },
  },
  {
    name: 'takes the longest expiry interval that there is',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      await publish(world, 0xffffffff);
      const left = (await client.next('publish')).properties?.messageExpiryInterval;
      expect(left).toBeGreaterThan(0xffffff00);
    },
  },
];

import { expect } from 'vitest';
import type { Behaviour } from './behaviour.js';

export const takeOver: readonly Behaviour[] = [
  {
    name: 'ends the first connection when a second one has its client identifier [MQTT-3.1.4-3]',
    run: async (world) => {
      const first = await world.client('twin');
      const second = await world.client('twin');
      await first.rest();
      await second.fence();
    },
  },
  {
    name: 'tells the first connection that a second one took over: 0x8E [MQTT-3.1.4-3]',
    versions: [5],
    differs: { mosquitto: '2.0.11 closes without a DISCONNECT' },
    run: async (world) => {
      const first = await world.client('twin');
      await world.client('twin');
      expect(await first.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8e }]);
    },
  },
  {
    name: 'hands a session over to a second connection with everything unacknowledged',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const first = await world.client('moving', world.persistent);
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      await first.next('publish');
      const second = await world.client('moving', world.persistent);
      expect(await second.messages()).toEqual(['q1 a "x" dup']);
    },
  },
  {
    name: 'says at a take-over that the session is present, and keeps its subscriptions [MQTT-3.2.2-3]',
    run: async (world) => {
      const first = await world.client('moving', world.persistent);
      await first.subscribe('a');
      const second = await world.open();
      expect(await second.connect({ clientId: 'moving', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
      await second.publish('a', 'x', { qos: 1 });
      expect(await second.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'forgets the session that a clean start takes over [MQTT-3.1.2-4]',
    run: async (world) => {
      const first = await world.client('moving', world.persistent);
      await first.subscribe('a');
      const second = await world.open();
      expect(await second.connect({ clientId: 'moving' })).toMatchObject({ sessionPresent: false });
      await second.publish('a', 'x', { qos: 1 });
      expect(await second.messages()).toEqual([]);
    },
  },
  {
    name: 'hands over as often as it is asked to; the last connection stays',
    run: async (world) => {
      const clients = [];
      for (let count = 0; count < 5; count += 1) clients.push(await world.client('moving', world.persistent));
      const last = clients.pop();
      for (const client of clients) await client.rest();
      await last?.subscribe('a');
      await last?.publish('a', 'x', { qos: 1 });
      expect(await last?.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'does not confuse client identifiers that differ in case [MQTT-3.1.3-2]',
    run: async (world) => {
      const small = await world.client('sock', world.persistent);
      await small.subscribe('a');
      const large = await world.open();
      expect(await large.connect({ clientId: 'SOCK', ...world.persistent })).toMatchObject({
        sessionPresent: false,
      });
      await large.publish('a', 'x', { qos: 1 });
      expect(await large.messages()).toEqual([]);
      expect(await small.messages()).toEqual(['q1 a "x"']);
    },
  },
];

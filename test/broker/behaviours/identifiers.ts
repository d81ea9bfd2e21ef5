import { expect } from 'vitest';
import type { Behaviour } from './behaviour.js';

/** Subscription identifiers. MQTT 5.0, 3.8.2.1.2 and 3.3.2.3.8. */
export const identifiers: readonly Behaviour[] = [
  ...[1, 127, 128, 268_435_455].map(
    (identifier): Behaviour => ({
      name: `sends the subscription identifier ${identifier} with the messages of its subscription [MQTT-3.3.4-3]`,
      versions: [5],
      run: async (world) => {
        const client = await world.client('numbered');
        await client.subscribe('a/+', { identifier });
        await client.publish('a/b', 'x', { qos: 1 });
        expect(await client.messages()).toEqual([`q1 a/b "x" sub=${identifier}`]);
      },
    }),
  ),
  {
    name: 'gives each client the identifier of its own subscription',
    versions: [5],
    run: async (world) => {
      const one = await world.client('one');
      await one.subscribe('a', { identifier: 1 });
      const two = await world.client('two');
      await two.subscribe('a', { identifier: 2 });
      const none = await world.client('none');
      await none.subscribe('a');
      await none.publish('a', 'x', { qos: 1 });
      expect(await one.messages()).toEqual(['q1 a "x" sub=1']);
      expect(await two.messages()).toEqual(['q1 a "x" sub=2']);
      expect(await none.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'gives all filters of one SUBSCRIBE the same identifier',
    versions: [5],
    run: async (world) => {
      const client = await world.client('numbered');
      await client.subscribe(['a', 'b'], { identifier: 3 });
      for (const topic of ['a', 'b']) await client.publish(topic, 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "x" sub=3', 'q1 b "x" sub=3']);
    },
  },
  {
    name: 'replaces the identifier with the subscription, and drops it with one that has none',
    versions: [5],
    run: async (world) => {
      const client = await world.client('numbered');
      for (const identifier of [1, 2]) {
        await client.subscribe('a', { identifier });
        await client.publish('a', 'x', { qos: 1 });
        expect(await client.messages()).toEqual([`q1 a "x" sub=${identifier}`]);
      }
      await client.subscribe('a');
      await client.publish('a', 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'gives a retained message the identifier of the subscription that asked for it',
    versions: [5],
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe('r', { identifier: 7 });
      expect(await client.messages()).toEqual(['q1 r "x" retain sub=7']);
    },
  },
  {
    name: 'gives a shared message the identifier of the member that gets it',
    versions: [5],
    run: async (world) => {
      const clients = [];
      for (const identifier of [1, 2]) {
        const client = await world.client(`member-${identifier}`);
        await client.subscribe('$share/g/a', { identifier });
        clients.push(client);
      }
      for (let count = 0; count < 2; count += 1) await clients[0]?.publish('a', 'x', { qos: 1 });
      const shares = await Promise.all(clients.map((client) => client.messages()));
      expect(shares).toEqual([['q1 a "x" sub=1'], ['q1 a "x" sub=2']]);
    },
  },
  {
    name: 'keeps the identifier of a message that waits, and of one that is sent again',
    versions: [5],
    run: async (world) => {
      const first = await world.client('away', world.persistent);
      await first.subscribe('a', { identifier: 5 });
      const sender = await world.client('sender');
      await sender.publish('a', 'in flight', { qos: 1 });
      await first.next('publish');
      await world.drop(first);
      await sender.publish('a', 'queued', { qos: 1 });
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual(['q1 a "in flight" dup sub=5', 'q1 a "queued" sub=5']);
    },
  },
];

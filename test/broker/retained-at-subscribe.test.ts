// What one SUBSCRIBE can make the broker send of what is retained.
import { expect, it } from 'vitest';
import type { SubscriptionRequest } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { request } from '../support/broker/raw-client.js';

const repeated: readonly { name: string; entries: Partial<SubscriptionRequest>[]; gets: string }[] = [
  {
    name: 'the last entry decides how',
    entries: [{}, {}, { maximumQoS: 0 }],
    gets: 'q0 a "x" retain',
  },
  {
    name: 'one entry that asks is enough',
    entries: [{}, { retainHandling: 'never' }],
    gets: 'q1 a "x" retain',
  },
  {
    name: 'what is new in the packet is new',
    entries: [{ retainHandling: 'never' }, { retainHandling: 'send-if-new' }, {}],
    gets: 'q1 a "x" retain',
  },
];

it.each(repeated)(
  'sends a retained message once for a filter that is there more than once: $name',
  async ({ entries, gets }) => {
    await using world = new FakeWorld();
    world.broker.publish({ topic: 'a', payload: 'x', qos: 1, retain: true });
    for (const filter of ['a', '#']) {
      const client = await world.client(`of ${filter}`);
      const { reasonCodes } = await client.subscribe(entries.map((entry) => ({ filter, ...entry })));
      expect(reasonCodes).toEqual(entries.map(({ maximumQoS = 2 }) => maximumQoS));
      expect(await client.messages()).toEqual([gets]);
    }
  },
);

it('sends a retained message for each filter of the packet that matches', async () => {
  await using world = new FakeWorld();
  for (const topic of ['a/b', 'a/c', '$x/b'])
    world.broker.publish({ topic, payload: 'x', qos: 1, retain: true });
  const client = await world.client('several');
  await client.subscribe(['a/b', '+/b', '+/c', '$x/#']);
  expect((await client.messages()).sort()).toEqual([
    'q1 $x/b "x" retain',
    'q1 a/b "x" retain',
    'q1 a/b "x" retain',
    'q1 a/c "x" retain',
  ]);
});

it('tries a retained message that the session has no room for with one filter, not with all', async () => {
  await using world = new FakeWorld({ limits: { queuedMessages: 1 } });
  const client = await world.client('stuck');
  await client.subscribe('large');
  for (const topic of ['a', 'b', 'c']) world.broker.publish({ topic, payload: 'x', retain: true });
  client.pause();
  world.broker.publish({ topic: 'large', payload: 'x'.repeat(70_000) });
  const subscriptions = ['#', '+', '+/#'].map((filter) => request({ filter }));
  client.send({ type: 'subscribe', packetId: client.packetId(), subscriptions });
  await world.clock.settle();
  expect(world.broker.session('stuck')).toMatchObject({ queued: 1, dropped: 3 });
});

it('sends nothing after a SUBACK that is too large for the client', async () => {
  await using world = new FakeWorld();
  const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos: 1, retain: true });
  const properties = { maximumPacketSize: 20, sessionExpiryInterval: 100 };
  const client = await world.client('small', { properties });
  await expect(client.subscribe(Array.from({ length: 30 }, () => '#'))).rejects.toThrow('ended');
  expect(world.broker.session('small')).toMatchObject({ queued: 0, inflight: 0 });
  expect(delivery.copies).toEqual([]);
});

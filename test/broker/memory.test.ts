// What a client can make the broker keep beside payloads, and the number that bounds it. Queues, sessions and connections: limits.test.ts.
import { describe, expect, it } from 'vitest';
import type { PublishProperties } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';

const properties: readonly (readonly [string, PublishProperties])[] = [
  ['user properties', { userProperties: [['n'.repeat(20), 'v'.repeat(20)]] }],
  ['empty user properties', { userProperties: [['', '']] }],
  ['content type', { contentType: 'x'.repeat(70) }],
  ['response topic', { responseTopic: 'x'.repeat(70) }],
  ['correlation data', { correlationData: new Uint8Array(70) }],
];

describe('properties cost memory like payloads', () => {
  it.each(properties)('%s, of what waits for a session', async (_name, properties) => {
    await using world = new FakeWorld({ limits: { queuedBytes: 200 } });
    const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
    await away.subscribe('a');
    await away.leave();
    for (let count = 0; count < 4; count += 1)
      world.broker.publish({ topic: 'a', payload: '', qos: 1, properties });
    const { queued = 0, dropped = 0 } = world.broker.session('away') ?? {};
    expect([queued + dropped, dropped > 0]).toEqual([4, true]);
    // What was counted in is counted out again.
    const back = await world.client('away', {
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    });
    await back.messages();
    await back.leave();
    for (let count = 0; count < queued; count += 1)
      world.broker.publish({ topic: 'a', payload: '', qos: 1, properties });
    expect(world.broker.session('away')).toMatchObject({ queued, dropped });
  });

  it.each(properties)('%s, of what is retained', async (_name, properties) => {
    await using world = new FakeWorld({ limits: { retainedBytes: 200 } });
    const client = await world.client('hoarder');
    const codes: number[] = [];
    for (const topic of ['a', 'b', 'c', 'd']) {
      codes.push(await client.publish(topic, 'x', { qos: 1, retain: true, properties }));
    }
    expect(codes).toContain(0x97);
    const kept = codes.indexOf(0x97);
    for (let count = 0; count < kept; count += 1) {
      await client.publish('abcd'[count] ?? '', '', { qos: 1, retain: true });
    }
    expect(await client.publish('d', 'x', { qos: 1, retain: true, properties })).toBe(0x10);
  });

  it('subscription identifiers, of what waits for a session', async () => {
    await using world = new FakeWorld({ limits: { queuedBytes: 100 } });
    const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
    for (const [index, filter] of ['a/b', 'a/+', '+/b', '+/+', 'a/#', '#'].entries()) {
      await away.subscribe(filter, { identifier: index + 1 });
    }
    await away.leave();
    for (let count = 0; count < 3; count += 1) world.broker.publish({ topic: 'a/b', payload: '', qos: 1 });
    expect(world.broker.session('away')).toMatchObject({ queued: 1, dropped: 2 });
  });
});

it('a topic alias is one of those that were announced, set as often as the client likes', async () => {
  await using world = new FakeWorld({ capabilities: { topicAliasMaximum: 1 } });
  const client = await world.client('talker');
  for (const topic of ['a', 'b', 'c']) await client.publish(topic, '', { properties: { topicAlias: 1 } });
  await client.publish('', '', { properties: { topicAlias: 1 } });
  expect(world.broker.published.map(({ topic }) => topic)).toEqual(['a', 'b', 'c', 'c']);
});

// MQTT 3.1.1 has no Receive Maximum: what bounds it are the packet identifiers.
it('messages of QoS 2 that are never released are known by their identifiers alone, and block nobody', async () => {
  await using world = new FakeWorld({ memory: 10 });
  const client = await world.client('forgetful', {}, 4);
  const publish = () => {
    for (let packetId = 1; packetId <= 65_535; packetId += 1) {
      client.send({
        type: 'publish',
        topic: 'a',
        payload: new Uint8Array(0),
        qos: 2,
        packetId,
        retain: false,
        duplicate: false,
      });
    }
  };
  publish();
  expect(await client.soFar()).toHaveLength(65_535);
  publish();
  expect(await client.soFar()).toHaveLength(65_535);
  expect(await client.publish('a', '', { qos: 1 })).toBe(0);
});

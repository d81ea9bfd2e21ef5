import { expect } from 'vitest';
import { publishPacket, request } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

const long = 'x'.repeat(60_000);
const deep = Array(90).fill('x').join('/');

const matches = (filter: string, topic: string, expected: boolean, note = ''): Behaviour => ({
  name: `${filter} ${expected ? 'gets' : 'does not get'} ${topic}${note}`,
  run: async (world) => {
    const client = await world.client('matcher');
    await client.subscribe(filter);
    await client.publish(topic, '!');
    expect(await client.messages()).toEqual(expected ? [`q0 ${topic} "!"`] : []);
  },
});

export const matching: readonly Behaviour[] = [
  matches('a/b', 'a/b', true),
  matches('a/b', 'a/c', false),
  matches('a/b', 'a', false),
  matches('a/b', 'a/b/', false),
  matches('a/+', 'a/b', true),
  matches('a/+', 'a/b/c', false),
  matches('a/+', 'a', false),
  matches('a/+', 'a/', true),
  matches('+/b', 'a/b', true),
  matches('+/b', '/b', true),
  matches('+/+', 'a/b', true),
  matches('+/+', '/', true),
  matches('+/+', 'a', false),
  matches('+', 'a/b', false),
  matches('a/+/c/+', 'a/b/c/d', true),
  matches('a/+/c/+', 'a/b/d/d', false),
  matches('a/#', 'a', true),
  matches('a/#', 'a/', true),
  matches('a/#', 'a/b/c', true),
  matches('a/#', 'ab', false),
  matches('#', 'a/b', true),
  matches('+/#', 'a', true),
  matches('a/+/#', 'a/b', true),
  matches('a/+/#', 'a', false),
  matches('a/+/c', 'a//c', true),
  matches('a//c', 'a/c', false),
  matches('a//c', 'a//c', true),
  matches('/a', 'a', false),
  // [MQTT-4.7.3-4]
  matches('A/b', 'a/b', false, ': case counts'),
  matches('a b', 'a b', true, ': with a space'),
  matches('a b', 'a  b', false, ': with two spaces'),
  matches('caf\u00e9', 'caf\u00e9', true, ', in one character'),
  matches('caf\u00e9', 'cafe\u0301', false, ', in two characters'),
  matches('\ufeffa', '\ufeffa', true, ', both with U+FEFF'),
  matches('\u{1f9e6}/+', '\u{1f9e6}/\u{1f9e6}', true),
  {
    name: 'does not normalise what it compares, nor drop a leading U+FEFF [MQTT-4.7.3-4] [MQTT-1.5.4-3]',
    run: async (world) => {
      const client = await world.client('exact');
      const filters = ['caf\u00e9', '/a', 'a/', 'A', 'a ', '\ufeffa'];
      await client.subscribe(filters);
      for (const topic of ['cafe\u0301', 'a', '//a', 'a//', ' a']) await client.publish(topic, '!');
      expect(await client.messages()).toEqual([]);
      for (const topic of filters) await client.publish(topic, '!');
      expect(await client.messages()).toEqual(filters.map((topic) => `q0 ${topic} "!"`));
    },
  },
  {
    name: 'delivers under the topic that was published, however it was subscribed to [MQTT-3.3.2-3]',
    run: async (world) => {
      const filters = ['s/left/heel', 's/+/heel', 's/left/+', 's/#', '#'];
      const clients = await Promise.all(
        filters.map(async (filter, index) => {
          const client = await world.client(`reader-${index}`);
          await client.subscribe(filter);
          return client;
        }),
      );
      await (await world.client('sender')).publish('s/left/heel', 'x', { qos: 1 });
      for (const client of clients) expect(await client.messages()).toEqual(['q1 s/left/heel "x"']);
    },
  },
  ...(
    [
      ['a topic of 60,000 characters', long, long],
      ['a topic of 90 levels', `${deep}/y`, `${deep}/+`],
    ] as const
  ).map(
    ([name, topic, filter]): Behaviour => ({
      name: `delivers ${name}`,
      run: async (world) => {
        const client = await world.client('matcher');
        await client.subscribe(filter, { maximumQoS: 1 });
        await client.publish(topic, '!', { qos: 1 });
        expect(await client.messages()).toEqual([`q1 ${topic} "!"`]);
      },
    }),
  ),
  {
    name: 'keeps topics that begin with $ from filters that begin with a wildcard [MQTT-4.7.2-1]',
    run: async (world) => {
      const topic = `$${world.scope}x`;
      const client = await world.client('dollar');
      const plain = await world.client('plain');
      const subscribe = (filter: string) =>
        ({ type: 'subscribe', packetId: 1, subscriptions: [request({ filter })] }) as const;
      for (const filter of ['#', '+/x', '+/#']) {
        client.send(subscribe(filter));
        await client.answer('suback');
      }
      // Who asks for it by name gets it.
      plain.send(subscribe(`$${world.scope}#`));
      await plain.answer('suback');
      plain.send(publishPacket(topic, 'x'));
      expect((await plain.publishes()).map((packet) => packet.topic)).toEqual([topic]);
      // Retained messages of other rows are on topics of their own.
      expect((await client.publishes()).filter((packet) => packet.topic === topic)).toEqual([]);
    },
  },
  {
    name: 'keeps retained messages of topics that begin with $ from filters that begin with a wildcard [MQTT-4.7.2-1]',
    differs: { aedes: 'sends them' },
    run: async (world) => {
      const topic = `$${world.scope}x`;
      const client = await world.client('dollar');
      client.send(publishPacket(topic, 'x', { retain: true }));
      for (const filter of ['#', '+/x', `$${world.scope}+`]) {
        client.send({ type: 'subscribe', packetId: 1, subscriptions: [request({ filter })] });
        await client.answer('suback');
        const got = (await client.publishes()).filter((packet) => packet.topic === topic).length;
        expect([filter, got]).toEqual([filter, filter.startsWith('$') ? 1 : 0]);
      }
      client.send(publishPacket(topic, '', { retain: true }));
      await client.fence();
    },
  },
];

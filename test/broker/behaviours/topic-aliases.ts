import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour, World } from './behaviour.js';

/** mosquitto takes ten. */
const policy = { capabilities: { topicAliasMaximum: 10 } };

const withAlias = (world: World, topic: string, payload: string, topicAlias: number) =>
  publishPacket(topic === '' ? '' : world.scope + topic, payload, { properties: { topicAlias } });

export const topicAliases: readonly Behaviour[] = [
  {
    name: 'resolves the topic aliases of a client, new meanings included',
    versions: [5],
    policy,
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('#');
      const sender = await world.client('sender');
      sender.send(
        withAlias(world, 'one', '1', 1),
        withAlias(world, 'two', '2', 2),
        withAlias(world, '', '3', 1),
        withAlias(world, 'three', '4', 1),
        withAlias(world, '', '5', 1),
        withAlias(world, '', '6', 2),
      );
      await sender.fence();
      const topics = ['one', 'two', 'one', 'three', 'three', 'two'];
      expect(await receiver.messages()).toEqual(topics.map((topic, index) => `q0 ${topic} "${index + 1}"`));
    },
  },
  {
    name: 'takes every topic alias up to the maximum that it announced [MQTT-3.3.2-12]',
    versions: [5],
    policy,
    run: async (world) => {
      const client = await world.open();
      const maximum = (await client.connect()).properties?.topicAliasMaximum ?? 0;
      expect(maximum).toBeGreaterThan(0);
      await client.subscribe('#');
      for (let alias = 1; alias <= maximum; alias += 1) client.send(withAlias(world, `t${alias}`, '', alias));
      for (let alias = maximum; alias >= 1; alias -= 1) client.send(withAlias(world, '', '', alias));
      const names = Array.from({ length: maximum }, (_, index) => `q0 t${index + 1} ""`);
      expect(await client.messages()).toEqual([...names, ...names.toReversed()]);
    },
  },
  {
    name: 'ends a client that uses a topic alias above the maximum: 0x94',
    versions: [5],
    policy,
    run: async (world) => {
      const client = await world.open();
      const maximum = (await client.connect()).properties?.topicAliasMaximum ?? 0;
      client.send(withAlias(world, 'a', '', maximum + 1));
      expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x94 }]);
    },
  },
  {
    name: 'ends a client that uses a topic alias which it did not set [MQTT-3.3.2-7]',
    versions: [5],
    policy,
    run: async (world) => {
      const client = await world.client('unset');
      client.send(withAlias(world, '', '', 3));
      expect(await client.rest()).toMatchObject([{ type: 'disconnect' }]);
    },
  },
  {
    name: 'forgets the topic aliases of a client with its connection, however long its session [MQTT-3.3.2-7]',
    versions: [5],
    policy,
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      first.send(withAlias(world, 'a', '', 1), withAlias(world, '', '', 1));
      await first.fence();
      await world.drop(first);
      const back = await world.client('forgetful', world.persistent);
      back.send(withAlias(world, '', '', 1));
      expect(await back.rest()).toMatchObject([{ type: 'disconnect' }]);
    },
  },
  {
    name: 'keeps the topic aliases of two clients apart',
    versions: [5],
    policy,
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('#');
      const one = await world.client('one');
      const two = await world.client('two');
      one.send(withAlias(world, 'one', '1', 1));
      await one.fence();
      two.send(withAlias(world, 'two', '2', 1));
      await two.fence();
      one.send(withAlias(world, '', '3', 1));
      await one.fence();
      expect(await receiver.messages()).toEqual(['q0 one "1"', 'q0 two "2"', 'q0 one "3"']);
    },
  },
  {
    name: 'resolves a topic alias at QoS 1 and 2, and retains under the topic',
    versions: [5],
    policy,
    run: async (world) => {
      const sender = await world.client('sender');
      sender.send(withAlias(world, 'r', 'old', 1));
      for (const qos of [1, 2] as const) {
        sender.send(
          publishPacket('', String(qos), { qos, packetId: qos, retain: true, properties: { topicAlias: 1 } }),
        );
      }
      sender.send({ type: 'pubrel', packetId: 2, reasonCode: 0 });
      await sender.answer('pubcomp');
      const client = await world.client('late');
      await client.subscribe('r');
      expect(await client.messages()).toEqual(['q2 r "2" retain']);
    },
  },
  {
    name: 'uses no topic alias towards a client that takes none, and passes no publisher’s alias on [MQTT-3.3.2-11]',
    versions: [5],
    policy,
    run: async (world) => {
      const client = await world.client('plain');
      await client.subscribe('+');
      client.send(withAlias(world, 'a', '', 1), withAlias(world, '', '', 1));
      const packets = await client.publishes();
      expect(packets.map(({ topic }) => topic)).toEqual(Array(2).fill(`${world.scope}a`));
      expect(packets.map(({ properties }) => properties?.topicAlias)).toEqual([undefined, undefined]);
    },
  },
  {
    name: 'uses no topic alias above the maximum of the client [MQTT-3.3.2-11]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('aliased', { properties: { topicAliasMaximum: 2 } });
      await client.subscribe('+');
      const topics = ['a', 'b', 'c', 'a', 'b', 'c', 'c', 'a'];
      for (const topic of topics) await client.publish(topic, '', { qos: 1 });
      const meanings = new Map<number, string>();
      const got = (await client.publishes()).map(({ topic, properties }) => {
        const alias = properties?.topicAlias;
        if (alias === undefined) return topic;
        expect([1, 2]).toContain(alias);
        if (topic !== '') meanings.set(alias, topic);
        return meanings.get(alias);
      });
      expect(got).toEqual(topics.map((topic) => world.scope + topic));
    },
  },
];

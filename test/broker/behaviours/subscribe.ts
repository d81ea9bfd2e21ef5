import { expect } from 'vitest';
import { request } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const subscribing: readonly Behaviour[] = [
  {
    name: 'answers SUBSCRIBE with the granted QoS for each filter, in order [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2]',
    run: async (world) => {
      const client = await world.client('subscriber');
      const suback = await client.subscribe([
        { filter: 'a', maximumQoS: 1 },
        { filter: 'b/+', maximumQoS: 0 },
        { filter: 'c/#', maximumQoS: 2 },
      ]);
      expect(suback.reasonCodes).toEqual([1, 0, 2]);
    },
  },
  {
    name: 'answers each SUBSCRIBE under its identifier [MQTT-2.2.1-6] [MQTT-3.8.4-1] [MQTT-3.8.4-2]',
    run: async (world) => {
      const client = await world.client('subscriber');
      const packetIds = [65_535, 1, 256, 4711];
      for (const packetId of packetIds) {
        const subscriptions = [request({ filter: `${world.scope}a/${packetId}` })];
        client.send({ type: 'subscribe', packetId, subscriptions });
      }
      for (const packetId of packetIds) {
        expect(await client.next('suback')).toMatchObject({ packetId, reasonCodes: [2] });
      }
    },
  },
  {
    name: 'takes several filters in one SUBSCRIBE as if each had come alone [MQTT-3.8.4-5]',
    run: async (world) => {
      const client = await world.client('collector');
      await client.subscribe([
        { filter: 'a', maximumQoS: 0 },
        { filter: 'b', maximumQoS: 2 },
        { filter: 'a', maximumQoS: 1 },
      ]);
      for (const topic of ['a', 'b', 'c']) await client.publish(topic, 'x', { qos: 2 });
      expect(await client.messages()).toEqual(['q1 a "x"', 'q2 b "x"']);
    },
  },
  {
    name: 'takes 500 filters in one SUBSCRIBE',
    run: async (world) => {
      const client = await world.client('collector');
      const filters = Array.from({ length: 500 }, (_, count) => `a/${count}/+`);
      expect((await client.subscribe(filters, { maximumQoS: 1 })).reasonCodes).toEqual(Array(500).fill(1));
      await client.publish('a/321/x', '!', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a/321/x "!"']);
    },
  },
  {
    name: 'replaces a subscription to the same filter [MQTT-3.8.4-3]',
    run: async (world) => {
      const client = await world.client('again');
      await client.subscribe('a', { maximumQoS: 2 });
      await client.subscribe('a', { maximumQoS: 0 });
      await client.publish('a', 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q0 a "x"']);
    },
  },
  {
    name: 'loses nothing when a subscription is replaced, and sends what is retained again [MQTT-3.8.4-4]',
    differs: { aedes: 'keeps no retained message for the session' },
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('a', 'retained', { qos: 1, retain: true });
      const client = await world.client('again', world.persistent);
      await client.subscribe('a', { maximumQoS: 1 });
      await sender.publish('a', 'x', { qos: 1 });
      expect(await client.messages({ acknowledge: false })).toEqual(['q1 a "retained" retain', 'q1 a "x"']);
      await client.subscribe('a', { maximumQoS: 0 });
      expect(await client.messages({ acknowledge: false })).toEqual(['q0 a "retained" retain']);
      await world.drop(client);
      const back = await world.client('again', world.persistent);
      expect(await back.messages()).toEqual(['q1 a "retained" retain dup', 'q1 a "x" dup']);
    },
  },
  {
    name: 'replaces the options of a subscription with the subscription',
    differs: { mosquitto: '2.0.11 keeps No Local of the first' },
    versions: [5],
    run: async (world) => {
      const client = await world.client('again');
      await client.subscribe('a', { noLocal: true, retainAsPublished: true });
      await client.subscribe('a');
      await client.publish('a', 'x', { qos: 1, retain: true });
      expect(await client.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'keeps a client’s own messages away from it with No Local [MQTT-3.8.3-3]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('deaf');
      await client.subscribe('a', { noLocal: true });
      await client.publish('a', 'mine', { qos: 1 });
      await (await world.client('other')).publish('a', 'theirs', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "theirs"']);
    },
  },
  {
    name: 'gives a client its own messages without No Local',
    run: async (world) => {
      const client = await world.client('echo');
      await client.subscribe('a');
      for (const qos of [0, 1, 2] as const) await client.publish('a', String(qos), { qos });
      expect((await client.messages()).sort()).toEqual(['q0 a "0"', 'q1 a "1"', 'q2 a "2"']);
    },
  },
  {
    name: 'keeps the subscriptions of two clients apart',
    run: async (world) => {
      const one = await world.client('one');
      const two = await world.client('two');
      await one.subscribe('a', { maximumQoS: 0 });
      await two.subscribe('a', { maximumQoS: 1 });
      await one.unsubscribe('a');
      await one.publish('a', 'x', { qos: 1 });
      expect(await one.messages()).toEqual([]);
      expect(await two.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'delivers nothing that was published before the subscription',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('a', 'early', { qos: 1 });
      const client = await world.client('late');
      await client.subscribe('a');
      await sender.publish('a', 'in time', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "in time"']);
    },
  },
];

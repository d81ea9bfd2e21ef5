import { expect } from 'vitest';
import type { Behaviour } from './behaviour.js';

export const overlapping: readonly Behaviour[] = [
  {
    name: 'sends a copy for each overlapping subscription, with its identifier and QoS [MQTT-3.3.4-3] [MQTT-3.3.4-5]',
    versions: [5],
    policy: { overlap: 'per-subscription' },
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe('s/+', { maximumQoS: 0, identifier: 1 });
      await client.subscribe('s/#', { maximumQoS: 1, identifier: 2 });
      await client.subscribe('s/x', { maximumQoS: 2 });
      await client.publish('s/x', '!', { qos: 1 });
      expect((await client.messages()).sort()).toEqual([
        'q0 s/x "!" sub=1',
        'q1 s/x "!"',
        'q1 s/x "!" sub=2',
      ]);
    },
  },
  {
    name: 'sends one copy for overlapping subscriptions, at the highest QoS with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]',
    versions: [5],
    policy: { overlap: 'once' },
    differs: { mosquitto: 'a copy for each subscription' },
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe('s/+', { maximumQoS: 0, identifier: 1 });
      await client.subscribe('s/#', { maximumQoS: 1, identifier: 2 });
      await client.publish('s/x', '!', { qos: 2 });
      expect(await client.messages()).toEqual(['q1 s/x "!" sub=1,2']);
    },
  },
  ...(['once', 'per-subscription'] as const).map(
    (overlap): Behaviour => ({
      name: `gets the message to overlapping subscriptions at the highest QoS, copies ${overlap} [MQTT-3.3.4-2]`,
      versions: [5],
      policy: { overlap },
      run: async (world) => {
        const client = await world.client('overlapper');
        await client.subscribe('s/+', { maximumQoS: 0 });
        await client.subscribe('s/#', { maximumQoS: 2 });
        await client.subscribe('+/x', { maximumQoS: 1 });
        await client.publish('s/x', '!', { qos: 2 });
        expect(await client.messages()).toContain('q2 s/x "!"');
      },
    }),
  ),
  {
    name: 'sends one copy for overlapping subscriptions on MQTT 3.1.1, at the highest QoS',
    differs: {
      mosquitto: 'one copy, at the QoS of the filter that it finds first',
      aedes: 'one copy, at the QoS of the message',
    },
    versions: [4],
    policy: { overlap: 'per-subscription' },
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe('s/+', { maximumQoS: 0 });
      await client.subscribe('s/#', { maximumQoS: 1 });
      await client.publish('s/x', '!', { qos: 2 });
      expect(await client.messages()).toEqual(['q1 s/x "!"']);
    },
  },
  {
    name: 'sends a retained message for each of two overlapping subscriptions',
    run: async (world) => {
      await (await world.client('sender')).publish('s/x', '!', { qos: 1, retain: true });
      const client = await world.client('overlapper');
      for (const filter of ['s/+', 's/#']) await client.subscribe(filter);
      expect(await client.messages()).toEqual(['q1 s/x "!" retain', 'q1 s/x "!" retain']);
    },
  },
  {
    name: 'keeps a client’s own message from the overlapping subscription with No Local only',
    versions: [5],
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe('s/+', { noLocal: true, identifier: 1 });
      await client.subscribe('s/#', { identifier: 2 });
      await client.publish('s/x', '!', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 s/x "!" sub=2']);
    },
  },
  {
    name: 'leaves the other overlapping subscription when one is unsubscribed',
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe(['s/+', 's/#']);
      await client.unsubscribe('s/+');
      await client.publish('s/x', '!', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 s/x "!"']);
    },
  },
];

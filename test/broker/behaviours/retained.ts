import { expect } from 'vitest';
import type { SubscriptionRequest } from '../../../src/packets/packet.js';
import type { Behaviour } from './behaviour.js';

const handling: readonly (readonly [
  name: string,
  retainHandling: SubscriptionRequest['retainHandling'],
  expected: readonly string[],
])[] = [
  ['sends retained messages at each SUBSCRIBE that asks for that [MQTT-3.3.1-9]', 'send', ['first', 'again']],
  [
    'sends retained messages to a new subscription only, if asked to [MQTT-3.3.1-10]',
    'send-if-new',
    ['first'],
  ],
  ['sends no retained messages to a subscription that wants none [MQTT-3.3.1-11]', 'never', []],
];

export const retained: readonly Behaviour[] = [
  {
    name: 'sends the last retained message to a new subscription, with RETAIN set [MQTT-3.3.1-5]',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'old', { qos: 1, retain: true });
      await sender.publish('r', 'new', { qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe('+', { maximumQoS: 1 });
      expect(await client.messages()).toEqual(['q1 r "new" retain']);
    },
  },
  {
    name: 'leaves the retained message alone when one without RETAIN comes, an empty one too [MQTT-3.3.1-8]',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'kept', { qos: 1, retain: true });
      await sender.publish('r', 'passing', { qos: 1 });
      await sender.publish('r', '', { qos: 1 });
      const client = await world.client('late');
      await client.subscribe('r', { maximumQoS: 1 });
      expect(await client.messages()).toEqual(['q1 r "kept" retain']);
    },
  },
  {
    name: 'forgets a retained message when an empty one comes [MQTT-3.3.1-6]',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'old', { qos: 1, retain: true });
      await sender.publish('r', '', { qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe('r');
      expect(await client.messages()).toEqual([]);
    },
  },
  {
    name: 'never stores an empty retained message [MQTT-3.3.1-7]',
    run: async (world) => {
      const sender = await world.client('sender');
      for (const qos of [0, 1, 2] as const) await sender.publish(`r/${qos}`, '', { qos, retain: true });
      const client = await world.client('late');
      await client.subscribe('r/+');
      expect(await client.messages()).toEqual([]);
    },
  },
  {
    name: 'passes the empty message that clears a retained one on, without RETAIN',
    run: async (world) => {
      const client = await world.client('standing');
      await client.subscribe('r');
      const sender = await world.client('sender');
      await sender.publish('r', 'x', { qos: 1, retain: true });
      await sender.publish('r', '', { qos: 1, retain: true });
      expect(await client.messages()).toEqual(['q1 r "x"', 'q1 r ""']);
    },
  },
  {
    name: 'forwards to standing subscriptions with RETAIN off [MQTT-3.3.1-12]',
    run: async (world) => {
      const client = await world.client('standing');
      await client.subscribe('r');
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      expect(await client.messages()).toEqual(['q1 r "x"']);
    },
  },
  {
    name: 'forwards RETAIN as it was published where the subscription asks for it [MQTT-3.3.1-13]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('standing');
      await client.subscribe('r', { retainAsPublished: true });
      const sender = await world.client('sender');
      await sender.publish('r', 'kept', { qos: 1, retain: true });
      await sender.publish('r', 'passing', { qos: 1 });
      await sender.publish('r', '', { qos: 1, retain: true });
      expect(await client.messages()).toEqual(['q1 r "kept" retain', 'q1 r "passing"', 'q1 r "" retain']);
    },
  },
  {
    name: 'sends a retained message with RETAIN set, whether the subscription wants it as published or not',
    versions: [5],
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      for (const retainAsPublished of [false, true]) {
        const client = await world.client('late');
        await client.subscribe('r', { retainAsPublished });
        expect(await client.messages()).toEqual(['q1 r "x" retain']);
      }
    },
  },
  ...handling.map(
    ([name, retainHandling, expected]): Behaviour => ({
      name,
      versions: [5],
      run: async (world) => {
        await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
        const client = await world.client('late');
        const got: string[] = [];
        for (const time of ['first', 'again']) {
          await client.subscribe('r', { retainHandling });
          if ((await client.messages()).length > 0) got.push(time);
        }
        expect(got).toEqual(expected);
      },
    }),
  ),
  {
    name: 'sends retained messages again when a client subscribes again',
    versions: [4],
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const client = await world.client('late');
      for (let count = 0; count < 2; count += 1) {
        await client.subscribe('r');
        expect(await client.messages()).toEqual(['q1 r "x" retain']);
      }
    },
  },
  ...([0, 1, 2] as const).flatMap((published) =>
    ([0, 1, 2] as const).map(
      (granted): Behaviour => ({
        name: `sends what was retained at QoS ${published} to a subscription of QoS ${granted} at the lower of both`,
        run: async (world) => {
          await (await world.client('sender')).publish('r', 'x', { qos: published, retain: true });
          const client = await world.client('late');
          await client.subscribe('r', { maximumQoS: granted });
          expect(await client.messages()).toEqual([`q${Math.min(published, granted)} r "x" retain`]);
        },
      }),
    ),
  ),
  {
    name: 'sends all retained messages that the filter matches, and no others',
    differs: { aedes: '+ finds no empty level' },
    run: async (world) => {
      const sender = await world.client('sender');
      const topics = ['r', 'r/', 'r/a', 'r/a/b', 'r/c', 'rr', 's/a'];
      for (const topic of topics) await sender.publish(topic, topic, { retain: true });
      const wanted = {
        'r/#': ['r', 'r/', 'r/a', 'r/a/b', 'r/c'],
        'r/+': ['r/', 'r/a', 'r/c'],
        '+/a': ['r/a', 's/a'],
        'r/a': ['r/a'],
        'r/x': [],
      };
      for (const [filter, expected] of Object.entries(wanted)) {
        const client = await world.client('late');
        await client.subscribe(filter);
        expect((await client.messages()).sort()).toEqual(
          expected.map((topic) => `q0 ${topic} "${topic}" retain`).sort(),
        );
      }
    },
  },
  {
    name: 'sends retained messages to a filter with a wildcard at the granted QoS, too [MQTT-3.8.4-8]',
    differs: { aedes: 'at the QoS of the message' },
    run: async (world) => {
      await (await world.client('sender')).publish('r/a', 'x', { qos: 2, retain: true });
      const client = await world.client('late');
      await client.subscribe('r/+', { maximumQoS: 0 });
      await client.subscribe('r/#', { maximumQoS: 1 });
      expect(await client.messages()).toEqual(['q0 r/a "x" retain', 'q1 r/a "x" retain']);
    },
  },
  {
    name: 'sends the retained messages of each filter of a SUBSCRIBE',
    run: async (world) => {
      const sender = await world.client('sender');
      for (const topic of ['r', 's', 't']) await sender.publish(topic, topic, { qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe(['r', 't']);
      expect((await client.messages()).sort()).toEqual(['q1 r "r" retain', 'q1 t "t" retain']);
    },
  },
  {
    name: 'keeps a retained message when the session of its publisher is gone',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'x', { qos: 1, retain: true });
      await sender.leave();
      await world.client('sender');
      const client = await world.client('late');
      await client.subscribe('r');
      expect(await client.messages()).toEqual(['q1 r "x" retain']);
    },
  },
  {
    name: 'retains what is published at QoS 0, too',
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { retain: true });
      const client = await world.client('late');
      await client.subscribe('r');
      expect(await client.messages()).toEqual(['q0 r "x" retain']);
    },
  },
  {
    name: 'retains a message of 500,000 bytes',
    run: async (world) => {
      const payload = Uint8Array.from({ length: 500_000 }, (_, index) => index % 251);
      await (await world.client('sender')).publish('r', '', { payload, qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe('r');
      const [packet] = await client.publishes();
      expect(packet?.retain).toBe(true);
      expect(Buffer.from(packet?.payload ?? []).equals(payload)).toBe(true);
    },
  },
  {
    name: 'sends a retained message that was not acknowledged again, RETAIN and all',
    differs: { aedes: 'keeps no retained message for the session' },
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('r');
      await first.publishes();
      await world.drop(first);
      const back = await world.client('forgetful', world.persistent);
      expect(await back.messages()).toEqual(['q1 r "x" retain dup']);
    },
  },
];

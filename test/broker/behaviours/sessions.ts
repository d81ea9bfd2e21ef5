import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const sessions: readonly Behaviour[] = [
  {
    name: 'resumes a session: it is present, and its subscriptions stand [MQTT-3.1.2-5] [MQTT-3.2.2-3] [MQTT-3.1.4-4]',
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe('a');
      await first.leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'keeper', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
      await again.publish('a', 'x', { qos: 1 });
      expect(await again.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'begins a session where there is none to resume, and says so [MQTT-3.1.2-6] [MQTT-3.2.2-3]',
    differs: { aedes: 'says so only of a session with subscriptions' },
    run: async (world) => {
      const client = await world.open();
      expect(await client.connect({ clientId: 'new', ...world.persistent })).toMatchObject({
        sessionPresent: false,
      });
      await client.leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'new', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
    },
  },
  {
    name: 'keeps a session whose connection was lost [MQTT-3.1.2-23]',
    run: async (world) => {
      const first = await world.client('lost', world.persistent);
      await first.subscribe('a');
      await world.drop(first);
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      const again = await world.open();
      expect(await again.connect({ clientId: 'lost', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
      expect(await again.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'keeps a session that never expires',
    versions: [5],
    run: async (world) => {
      const properties = { sessionExpiryInterval: 0xffffffff };
      await (await world.client('eternal', { properties })).leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'eternal', cleanStart: false })).toMatchObject({
        sessionPresent: true,
      });
    },
  },
  {
    name: 'forgets a session at a clean start [MQTT-3.1.2-4] [MQTT-3.1.4-4]',
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe('a');
      await first.leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'keeper' })).toMatchObject({ sessionPresent: false });
      await again.publish('a', 'x', { qos: 1 });
      expect(await again.messages()).toEqual([]);
    },
  },
  {
    name: 'forgets at a clean start what was queued and what was not acknowledged [MQTT-3.1.2-4]',
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe('a');
      const sender = await world.client('sender');
      await sender.publish('a', 'in flight', { qos: 1 });
      await first.next('publish');
      await world.drop(first);
      await sender.publish('a', 'queued', { qos: 1 });
      const again = await world.client('keeper');
      expect(await again.messages()).toEqual([]);
    },
  },
  {
    name: 'forgets at a clean start the QoS 2 messages that the client had not released [MQTT-3.1.2-4]',
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('a');
      const first = await world.client('sender', world.persistent);
      first.send(publishPacket(`${world.scope}a`, 'old', { qos: 2, packetId: 5 }));
      await first.next('pubrec');
      await world.drop(first);
      const again = await world.client('sender');
      again.send(publishPacket(`${world.scope}a`, 'new', { qos: 2, packetId: 5 }));
      await again.next('pubrec');
      again.send({ type: 'pubrel', packetId: 5, reasonCode: 0 });
      await again.next('pubcomp');
      // Whether the old one went out is another matter: a broker may deliver at PUBLISH or at PUBREL.
      expect(await receiver.messages()).toContain('q2 a "new"');
    },
  },
  {
    name: 'forgets a session without expiry at the end of its connection [MQTT-4.1.0-2]',
    run: async (world) => {
      await (await world.client('passer')).leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'passer', ...world.persistent })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'forgets a session without expiry when its connection is lost, too [MQTT-4.1.0-2]',
    run: async (world) => {
      const first = await world.client('passer');
      await first.subscribe('a');
      await world.drop(first);
      const again = await world.open();
      expect(await again.connect({ clientId: 'passer', ...world.persistent })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'takes the expiry of the latest CONNECT',
    versions: [5],
    run: async (world) => {
      await (await world.client('fading', world.persistent)).leave();
      await (await world.client('fading', { cleanStart: false })).leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'fading', cleanStart: false })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'sets the expiry of the session from DISCONNECT',
    versions: [5],
    run: async (world) => {
      const first = await world.client('quitter', world.persistent);
      first.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
      await first.rest();
      const again = await world.open();
      expect(await again.connect({ clientId: 'quitter', ...world.persistent })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'keeps a session that DISCONNECT gives a longer life',
    versions: [5],
    run: async (world) => {
      const first = await world.client('survivor', { properties: { sessionExpiryInterval: 1 } });
      first.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 300 } });
      await first.rest();
      const again = await world.open();
      expect(await again.connect({ clientId: 'survivor', ...world.persistent })).toMatchObject({
        sessionPresent: true,
      });
    },
  },
  {
    name: 'refuses an expiry in DISCONNECT for a session that had none: 0x82',
    versions: [5],
    run: async (world) => {
      const client = await world.client('cheater');
      client.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 5 } });
      expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
    },
  },
  {
    name: 'keeps QoS 1 and 2 messages for a session whose client is away, in order [MQTT-4.5.0-1]',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      const sender = await world.client('sender');
      await sender.publish('a', '1', { qos: 1 });
      await sender.publish('a', '2', { qos: 2 });
      await sender.publish('a', '3', { qos: 1 });
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual(['q1 a "1"', 'q2 a "2"', 'q1 a "3"']);
    },
  },
  {
    name: 'keeps 100 messages of several topics for a session, in the order in which they came',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('+');
      await away.leave();
      const sender = await world.client('sender');
      const topics = Array.from({ length: 100 }, (_, count) => ['a', 'b', 'c'][count % 3] ?? '');
      for (const [count, topic] of topics.entries()) await sender.publish(topic, String(count), { qos: 1 });
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual(topics.map((topic, count) => `q1 ${topic} "${count}"`));
    },
  },
  {
    name: 'keeps no QoS 0 message for a session whose client is away',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      await (await world.client('sender')).publish('a', 'x');
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual([]);
    },
  },
  {
    name: 'keeps nothing for a subscription of QoS 0 either',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a', { maximumQoS: 0 });
      await away.leave();
      await (await world.client('sender')).publish('a', 'x', { qos: 2 });
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual([]);
    },
  },
  {
    name: 'sends nothing again that was acknowledged before the connection ended',
    run: async (world) => {
      const first = await world.client('thorough', world.persistent);
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const qos of [1, 2] as const) await sender.publish('a', String(qos), { qos });
      expect(await first.messages()).toEqual(['q1 a "1"', 'q2 a "2"']);
      await world.drop(first);
      const back = await world.client('thorough', world.persistent);
      expect(await back.soFar()).toEqual([]);
    },
  },
  {
    name: 'sends no retained message again to a session that is resumed',
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const first = await world.client('keeper', world.persistent);
      await first.subscribe('r');
      expect(await first.messages()).toEqual(['q1 r "x" retain']);
      await first.leave();
      const back = await world.client('keeper', world.persistent);
      expect(await back.messages()).toEqual([]);
    },
  },
  {
    name: 'keeps the options of subscriptions with the session',
    versions: [5],
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe('a', { noLocal: true, retainAsPublished: true, maximumQoS: 1, identifier: 9 });
      await first.leave();
      const back = await world.client('keeper', world.persistent);
      await back.publish('a', 'mine', { qos: 2 });
      await (await world.client('sender')).publish('a', 'theirs', { qos: 2, retain: true });
      expect(await back.messages()).toEqual(['q1 a "theirs" retain sub=9']);
    },
  },
  {
    name: 'keeps the granted QoS of subscriptions with the session',
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe([
        { filter: 'a', maximumQoS: 0 },
        { filter: 'b', maximumQoS: 1 },
      ]);
      await first.leave();
      const back = await world.client('keeper', world.persistent);
      for (const topic of ['a', 'b']) await back.publish(topic, 'x', { qos: 2 });
      expect(await back.messages()).toEqual(['q0 a "x"', 'q1 b "x"']);
    },
  },
  {
    name: 'keeps what UNSUBSCRIBE took away out of the session',
    run: async (world) => {
      const first = await world.client('keeper', world.persistent);
      await first.subscribe(['a', 'b']);
      await first.unsubscribe('a');
      await first.leave();
      const sender = await world.client('sender');
      for (const topic of ['a', 'b']) await sender.publish(topic, 'x', { qos: 1 });
      const back = await world.client('keeper', world.persistent);
      expect(await back.messages()).toEqual(['q1 b "x"']);
    },
  },
];

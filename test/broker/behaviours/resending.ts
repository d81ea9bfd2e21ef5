import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const resending: readonly Behaviour[] = [
  {
    name: 'sends what was not acknowledged again on resuming: same identifiers, DUP, in order [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.3.2-3]',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2', '3']) await sender.publish('a', text, { qos: 1 });
      const before = await first.publishes();
      first.send({ type: 'puback', packetId: before[1]?.packetId ?? 0, reasonCode: 0 });
      await first.fence();
      await world.drop(first);
      const back = await world.client('forgetful', world.persistent);
      const after = await back.publishes();
      expect(after.map((packet) => back.text(packet))).toEqual(['q1 a "1" dup', 'q1 a "3" dup']);
      expect(after.map((packet) => packet.packetId)).toEqual([before[0]?.packetId, before[2]?.packetId]);
    },
  },
  {
    name: 'sends a QoS 2 PUBLISH without its PUBREC again: same identifier, DUP [MQTT-4.3.3-3] [MQTT-3.3.1-1]',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 2 });
      const { packetId } = await first.next('publish');
      await world.drop(first);
      const back = await world.client('forgetful', world.persistent);
      expect(await back.soFar()).toMatchObject([{ type: 'publish', packetId, qos: 2, duplicate: true }]);
    },
  },
  {
    name: 'sends PUBREL again on resuming, never the PUBLISH [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1]',
    run: async (world) => {
      const first = await world.client('halfway', world.persistent);
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 2 });
      const { packetId = 0 } = await first.next('publish');
      first.send({ type: 'pubrec', packetId, reasonCode: 0 });
      await first.next('pubrel');
      await world.drop(first);
      const back = await world.client('halfway', world.persistent);
      expect(await back.soFar()).toMatchObject([{ type: 'pubrel', packetId }]);
      back.send({ type: 'pubcomp', packetId, reasonCode: 0 });
      expect(await back.soFar()).toEqual([]);
    },
  },
  {
    name: 'sends PUBRELs again in the order in which the PUBRECs came',
    differs: {
      mosquitto: 'in the order in which the messages were published',
      aedes: 'in the order in which the messages were published',
    },
    run: async (world) => {
      const first = await world.client('halfway', world.persistent);
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 2 });
      const [one, two] = (await first.publishes()).map(({ packetId = 0 }) => packetId);
      for (const packetId of [two ?? 0, one ?? 0]) first.send({ type: 'pubrec', packetId, reasonCode: 0 });
      await first.fence();
      await world.drop(first);
      const back = await world.client('halfway', world.persistent);
      expect(await back.soFar()).toMatchObject([
        { type: 'pubrel', packetId: two },
        { type: 'pubrel', packetId: one },
      ]);
    },
  },
  {
    name: 'sends what is in flight again before what was queued meanwhile',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 1 });
      await first.publishes();
      await world.drop(first);
      for (const text of ['3', '4']) await sender.publish('a', text, { qos: 1 });
      const back = await world.client('forgetful', world.persistent);
      expect(await back.messages()).toEqual(['q1 a "1" dup', 'q1 a "2" dup', 'q1 a "3"', 'q1 a "4"']);
    },
  },
  {
    name: 'sends again as often as the connection is lost',
    differs: { aedes: 'without DUP' },
    run: async (world) => {
      const first = await world.client('forgetful', world.persistent);
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      await world.drop(first);
      for (let count = 0; count < 3; count += 1) {
        const back = await world.client('forgetful', world.persistent);
        expect(await back.messages({ acknowledge: false })).toEqual(['q1 a "x" dup']);
        await world.drop(back);
      }
      const last = await world.client('forgetful', world.persistent);
      expect(await last.messages()).toEqual(['q1 a "x" dup']);
    },
  },
  {
    name: 'sends nothing again while the connection lasts [MQTT-4.4.0-1]',
    run: async (world) => {
      const client = await world.client('slow', world.persistent);
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const qos of [1, 2] as const) await sender.publish('a', String(qos), { qos });
      expect(await client.messages({ acknowledge: false })).toEqual(['q1 a "1"', 'q2 a "2"']);
      await client.subscribe('b');
      await sender.publish('b', '3', { qos: 1 });
      expect(await client.messages({ acknowledge: false })).toEqual(['q1 b "3"']);
    },
  },
  {
    name: 'sends each message first without DUP, with an identifier that is not in use [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2]',
    run: async (world) => {
      const client = await world.client('collector');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (let count = 0; count < 16; count += 1) {
        await sender.publish('a', '', { qos: count % 2 === 0 ? 1 : 2 });
      }
      const packets = await client.publishes();
      expect(packets.map(({ duplicate }) => duplicate)).toEqual(Array(16).fill(false));
      const identifiers = new Set(packets.map(({ packetId }) => packetId));
      expect(identifiers.size).toBe(16);
      expect(identifiers).not.toContain(0);
    },
  },
  {
    name: 'does not pass a publisher’s DUP on [MQTT-3.3.1-3]',
    differs: { aedes: 'passes it on' },
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const qos of [1, 2] as const) await sender.publish('a', String(qos), { qos, duplicate: true });
      expect(await client.messages()).toEqual(['q1 a "1"', 'q2 a "2"']);
    },
  },
  ...([1, 2] as const).map(
    (qos): Behaviour => ({
      name: `takes a refusing ${qos === 1 ? 'PUBACK' : 'PUBREC'} for an acknowledgement: nothing is sent again [MQTT-4.4.0-2]`,
      versions: [5],
      run: async (world) => {
        const first = await world.client('refuser', world.persistent);
        await first.subscribe('a');
        await (await world.client('sender')).publish('a', 'x', { qos });
        const { packetId = 0 } = await first.next('publish');
        first.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode: 0x83 });
        await first.fence();
        await world.drop(first);
        const back = await world.client('refuser', world.persistent);
        expect(await back.soFar()).toEqual([]);
      },
    }),
  ),
  {
    name: 'knows an unreleased QoS 2 message of the client across connections [MQTT-4.3.3-10]',
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('a');
      const first = await world.client('resender', world.persistent);
      const packet = publishPacket(`${world.scope}a`, 'A', { qos: 2, packetId: 5 });
      first.send(packet);
      await first.next('pubrec');
      await world.drop(first);
      const back = await world.client('resender', world.persistent);
      back.send({ ...packet, duplicate: true });
      await back.next('pubrec');
      back.send({ type: 'pubrel', packetId: 5, reasonCode: 0 });
      await back.next('pubcomp');
      expect(await receiver.messages()).toEqual(['q2 a "A"']);
    },
  },
  {
    name: 'answers a PUBREL that comes on a new connection [MQTT-4.3.3-11]',
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('a');
      const first = await world.client('resender', world.persistent);
      first.send(publishPacket(`${world.scope}a`, 'A', { qos: 2, packetId: 5 }));
      await first.next('pubrec');
      await world.drop(first);
      const back = await world.client('resender', world.persistent);
      back.send({ type: 'pubrel', packetId: 5, reasonCode: 0 });
      expect(await back.next('pubcomp')).toMatchObject({ packetId: 5, reasonCode: 0 });
      expect(await receiver.messages()).toEqual(['q2 a "A"']);
    },
  },
];

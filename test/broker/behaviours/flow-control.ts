import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour, World } from './behaviour.js';

/** A client with room for this many unacknowledged messages, and a sender. */
async function slowAndSender(world: World, receiveMaximum: number) {
  const properties = { receiveMaximum, sessionExpiryInterval: 300 };
  const slow = await world.client('slow', { cleanStart: false, properties });
  await slow.subscribe('a');
  return { slow, sender: await world.client('sender') };
}

/** The client's Receive Maximum. MQTT 5.0, 4.9. */
export const flowControl: readonly Behaviour[] = [
  ...([1, 2] as const).map(
    (qos): Behaviour => ({
      name: `sends a client no more than its Receive Maximum before it acknowledges, QoS ${qos} [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2]`,
      versions: [5],
      run: async (world) => {
        const { slow, sender } = await slowAndSender(world, 2);
        for (const text of ['1', '2', '3', '4']) await sender.publish('a', text, { qos });
        const first = await slow.publishes();
        expect(first.map((packet) => slow.text(packet))).toEqual([`q${qos} a "1"`, `q${qos} a "2"`]);
        for (const { packetId = 0 } of first) {
          if (qos === 1) slow.send({ type: 'puback', packetId, reasonCode: 0 });
          else {
            slow.send({ type: 'pubrec', packetId, reasonCode: 0 });
            await slow.answer('pubrel');
            slow.send({ type: 'pubcomp', packetId, reasonCode: 0 });
          }
        }
        expect(await slow.messages()).toEqual([`q${qos} a "3"`, `q${qos} a "4"`]);
      },
    }),
  ),
  {
    name: 'sends all messages one by one to a client with a Receive Maximum of 1, in order [MQTT-3.3.4-9]',
    versions: [5],
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 1);
      const payloads = Array.from({ length: 10 }, (_, count) => String(count));
      for (const [index, payload] of payloads.entries()) {
        await sender.publish('a', payload, { qos: index % 2 === 0 ? 1 : 2 });
      }
      for (const payload of payloads) {
        const [packet, ...more] = await slow.publishes();
        expect([packet && slow.text(packet), more]).toEqual([`q${packet?.qos} a "${payload}"`, []]);
        const { qos, packetId = 0 } = packet ?? {};
        slow.send({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode: 0 });
        if (qos === 2) {
          await slow.next('pubrel');
          slow.send({ type: 'pubcomp', packetId, reasonCode: 0 });
        }
      }
      expect(await slow.soFar()).toEqual([]);
    },
  },
  {
    name: 'counts both halves of QoS 2 against the Receive Maximum [MQTT-4.9.0-2]',
    versions: [5],
    differs: { mosquitto: 'sends the next message before PUBCOMP' },
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 2);
      for (const text of ['1', '2', '3', '4']) await sender.publish('a', text, { qos: text === '2' ? 2 : 1 });
      const first = await slow.publishes();
      expect(first.map((packet) => slow.text(packet))).toEqual(['q1 a "1"', 'q2 a "2"']);
      slow.send({ type: 'puback', packetId: first[0]?.packetId ?? 0, reasonCode: 0 });
      expect(await slow.messages({ acknowledge: false })).toEqual(['q1 a "3"']);
      slow.send({ type: 'pubrec', packetId: first[1]?.packetId ?? 0, reasonCode: 0 });
      expect(await slow.soFar()).toMatchObject([{ type: 'pubrel' }]);
      slow.send({ type: 'pubcomp', packetId: first[1]?.packetId ?? 0, reasonCode: 0 });
      expect(await slow.messages()).toEqual(['q1 a "4"']);
    },
  },
  {
    name: 'gives a full window room again with a refusing PUBACK [MQTT-4.9.0-2]',
    versions: [5],
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 1);
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 1 });
      const { packetId = 0 } = await slow.next('publish');
      slow.send({ type: 'puback', packetId, reasonCode: 0x97 });
      expect(await slow.messages()).toEqual(['q1 a "2"']);
    },
  },
  {
    name: 'answers everything else while the window is full [MQTT-3.3.4-10] [MQTT-4.9.0-3]',
    versions: [5],
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 1);
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 1 });
      await slow.next('publish');
      expect((await slow.subscribe('b')).reasonCodes).toEqual([2]);
      expect((await slow.unsubscribe('b')).reasonCodes).toEqual([0]);
      for (const qos of [1, 2] as const) await slow.publish('c', '', { qos });
      slow.send({ type: 'pingreq' });
      await slow.next('pingresp');
    },
  },
  {
    name: 'sends QoS 0 while the window is full',
    versions: [5],
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 1);
      for (const qos of [1, 1, 0] as const) await sender.publish('a', `at ${qos}`, { qos });
      expect(await slow.messages({ acknowledge: false })).toEqual(['q1 a "at 1"', 'q0 a "at 0"']);
    },
  },
  {
    name: 'takes the Receive Maximum of each connection for itself [MQTT-4.9.0-1]',
    versions: [5],
    run: async (world) => {
      const { slow, sender } = await slowAndSender(world, 1);
      for (const text of ['1', '2', '3']) await sender.publish('a', text, { qos: 1 });
      expect(await slow.messages({ acknowledge: false })).toEqual(['q1 a "1"']);
      await world.drop(slow);
      const properties = { sessionExpiryInterval: 300, receiveMaximum: 2 };
      const back = await world.client('slow', { cleanStart: false, properties });
      expect(await back.messages({ acknowledge: false })).toEqual(['q1 a "1" dup', 'q1 a "2"']);
    },
  },
  {
    name: 'takes as many QoS 2 messages unreleased as it announced',
    versions: [5],
    run: async (world) => {
      const client = await world.open();
      const { properties } = await client.connect();
      const count = Math.min(properties?.receiveMaximum ?? 65_535, 100);
      for (let packetId = 1; packetId <= count; packetId += 1) {
        client.send(publishPacket(`${world.scope}a`, '', { qos: 2, packetId }));
      }
      for (let packetId = 1; packetId <= count; packetId += 1) {
        expect(await client.next('pubrec')).toMatchObject({ packetId });
      }
    },
  },
];

import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const qos2: readonly Behaviour[] = [
  {
    name: 'delivers a QoS 2 message once that is sent twice before its PUBREL [MQTT-4.3.3-10]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      const packet = publishPacket(`${world.scope}a`, 'A', { qos: 2, packetId: 9 });
      for (const duplicate of [false, true]) {
        sender.send({ ...packet, duplicate });
        expect(await sender.answer('pubrec')).toMatchObject({ packetId: 9 });
      }
      sender.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
      await sender.answer('pubcomp');
      expect(await client.messages()).toEqual(['q2 a "A"']);
    },
  },
  {
    name: 'delivers a QoS 2 message once, however often it is sent before its PUBREL [MQTT-4.3.3-10]',
    differs: { mosquitto: 'closes at the third' },
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      const packet = publishPacket(`${world.scope}a`, 'A', { qos: 2, packetId: 9 });
      for (const duplicate of [false, true, true]) {
        sender.send({ ...packet, duplicate });
        expect(await sender.answer('pubrec')).toMatchObject({ packetId: 9 });
      }
      sender.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
      await sender.answer('pubcomp');
      expect(await client.messages()).toEqual(['q2 a "A"']);
    },
  },
  {
    name: 'takes the identifier for a new message after PUBCOMP [MQTT-4.3.3-12]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 2, packetId: 9 });
      expect(await client.messages()).toEqual(['q2 a "1"', 'q2 a "2"']);
    },
  },
  {
    name: 'answers each PUBREL with a PUBCOMP, again if it comes again [MQTT-4.3.3-11]',
    run: async (world) => {
      const sender = await world.client('sender');
      sender.send(publishPacket(`${world.scope}a`, 'A', { qos: 2, packetId: 9 }));
      await sender.next('pubrec');
      for (let count = 0; count < 3; count += 1) {
        sender.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
        expect(await sender.next('pubcomp')).toMatchObject({ packetId: 9 });
      }
    },
  },
  {
    name: 'answers PUBREL for an unknown identifier with PUBCOMP 0x92',
    versions: [5],
    differs: { mosquitto: 'answers 0x00' },
    run: async (world) => {
      const client = await world.client('stranger');
      client.send({ type: 'pubrel', packetId: 77, reasonCode: 0 });
      expect(await client.answer('pubcomp')).toMatchObject({ packetId: 77, reasonCode: 0x92 });
    },
  },
  {
    name: 'answers PUBREL for an unknown identifier',
    run: async (world) => {
      const client = await world.client('stranger');
      client.send({ type: 'pubrel', packetId: 77, reasonCode: 0 });
      expect(await client.answer('pubcomp')).toMatchObject({ packetId: 77 });
    },
  },
  {
    name: 'keeps the QoS 2 messages of two clients with equal identifiers apart',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const senders = [await world.client('one'), await world.client('two')];
      for (const [index, sender] of senders.entries()) {
        sender.send(publishPacket(`${world.scope}a`, String(index), { qos: 2, packetId: 5 }));
        await sender.next('pubrec');
      }
      for (const sender of senders) {
        sender.send({ type: 'pubrel', packetId: 5, reasonCode: 0 });
        await sender.next('pubcomp');
      }
      expect((await client.messages()).sort()).toEqual(['q2 a "0"', 'q2 a "1"']);
    },
  },
  {
    name: 'keeps several QoS 2 messages of one client apart, whatever the order of their PUBRELs',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const packetId of [1, 2, 3]) {
        sender.send(publishPacket(`${world.scope}a`, String(packetId), { qos: 2, packetId }));
        await sender.next('pubrec');
      }
      for (const packetId of [3, 1, 2]) {
        sender.send({ type: 'pubrel', packetId, reasonCode: 0 });
        expect(await sender.next('pubcomp')).toMatchObject({ packetId });
      }
      expect((await client.messages()).sort()).toEqual(['q2 a "1"', 'q2 a "2"', 'q2 a "3"']);
    },
  },
  {
    name: 'answers PUBREC with PUBREL, under the identifier of the PUBLISH [MQTT-2.2.1-5] [MQTT-4.3.3-4]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 2 });
      for (const { packetId = 0 } of (await client.publishes()).reverse()) {
        client.send({ type: 'pubrec', packetId, reasonCode: 0 });
        expect(await client.next('pubrel')).toMatchObject({ packetId, reasonCode: 0 });
        client.send({ type: 'pubcomp', packetId, reasonCode: 0 });
      }
      expect(await client.soFar()).toEqual([]);
    },
  },
  {
    name: 'takes a refusing PUBREC for the end of the message [MQTT-4.4.0-2]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('refuser', { properties: { receiveMaximum: 1 } });
      await client.subscribe('a');
      const sender = await world.client('sender');
      await sender.publish('a', '1', { qos: 2 });
      await sender.publish('a', '2', { qos: 2 });
      const [packet] = await client.publishes();
      client.send({ type: 'pubrec', packetId: packet?.packetId ?? 0, reasonCode: 0x80 });
      expect(await client.messages()).toEqual(['q2 a "2"']);
    },
  },
];

import { expect } from 'vitest';
import { publishPacket } from '../../support/broker/raw-client.js';
import type { Behaviour } from './behaviour.js';

export const publishing: readonly Behaviour[] = [
  ...([0, 1, 2] as const).flatMap((published) =>
    ([0, 1, 2] as const).map(
      (granted): Behaviour => ({
        name: `delivers QoS ${published} on a subscription of QoS ${granted} at the lower of both [MQTT-3.8.4-8]`,
        run: async (world) => {
          const client = await world.client('receiver');
          await client.subscribe('a/b', { maximumQoS: granted });
          const sender = await world.client('sender');
          await sender.publish('a/b', 'text', { qos: published });
          expect(await client.messages()).toEqual([`q${Math.min(published, granted)} a/b "text"`]);
        },
      }),
    ),
  ),
  {
    name: 'answers a PUBLISH as its QoS demands, under its identifier [MQTT-3.3.4-1] [MQTT-2.2.1-5] [MQTT-4.3.2-4] [MQTT-4.3.3-8]',
    run: async (world) => {
      const client = await world.client('sender');
      const topic = `${world.scope}a`;
      client.send(publishPacket(topic, 'x'));
      expect(await client.soFar()).toEqual([]);
      for (const packetId of [65_535, 1, 4711]) {
        client.send(publishPacket(topic, 'x', { qos: 1, packetId }));
        expect(await client.soFar()).toMatchObject([{ type: 'puback', packetId }]);
        client.send(publishPacket(topic, 'x', { qos: 2, packetId }));
        expect(await client.soFar()).toMatchObject([{ type: 'pubrec', packetId }]);
        client.send({ type: 'pubrel', packetId, reasonCode: 0 });
        expect(await client.soFar()).toMatchObject([{ type: 'pubcomp', packetId, reasonCode: 0 }]);
      }
    },
  },
  {
    name: 'sends QoS 0 without DUP and without an identifier [MQTT-4.3.1-1] [MQTT-2.2.1-2]',
    differs: { aedes: 'passes the publisher’s DUP on' },
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a', { maximumQoS: 0 });
      await client.publish('a', 'x', { qos: 1, duplicate: true });
      const [packet] = await client.publishes();
      expect(packet).toMatchObject({ qos: 0, duplicate: false });
      expect(packet?.packetId).toBeUndefined();
    },
  },
  {
    name: 'says when nobody subscribed (0x10) and when somebody did (0x00)',
    versions: [5],
    run: async (world) => {
      const client = await world.client('asker');
      expect(await client.publish('a', '', { qos: 1 })).toBe(0x10);
      await client.subscribe('a');
      expect(await client.publish('a', '', { qos: 1 })).toBe(0);
    },
  },
  {
    name: 'says in PUBREC too when nobody subscribed (0x10)',
    versions: [5],
    differs: { mosquitto: 'answers 0x00 at QoS 2' },
    run: async (world) => {
      expect(await (await world.client('asker')).publish('a', '', { qos: 2 })).toBe(0x10);
    },
  },
  {
    name: 'takes a repeated identifier at QoS 1 for a new message, whatever DUP says [MQTT-4.3.2-5]',
    differs: { aedes: 'passes the publisher’s DUP on' },
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a', { maximumQoS: 1 });
      const sender = await world.client('sender');
      await sender.publish('a', 'x', { qos: 1, packetId: 7 });
      await sender.publish('a', 'x', { qos: 1, packetId: 7, duplicate: true });
      expect(await client.messages()).toEqual(['q1 a "x"', 'q1 a "x"']);
    },
  },
  ...([0, 1] as const).map(
    (qos): Behaviour => ({
      name: `keeps the order of the messages of a topic, QoS ${qos} [MQTT-4.6.0-5] [MQTT-4.6.0-6]`,
      run: async (world) => {
        const client = await world.client('receiver');
        await client.subscribe('a', { maximumQoS: 1 });
        const sender = await world.client('sender');
        for (let count = 0; count < 50; count += 1) {
          const packetId = qos === 0 ? undefined : count + 1;
          sender.send(
            publishPacket(`${world.scope}a`, String(count), {
              qos,
              ...(packetId !== undefined && { packetId }),
            }),
          );
        }
        await sender.fence();
        const got = await client.messages();
        expect(got).toEqual(Array.from({ length: 50 }, (_, count) => `q${qos} a "${count}"`));
      },
    }),
  ),
  {
    name: 'keeps the order of the messages of a topic, QoS 2 [MQTT-4.6.0-5] [MQTT-4.6.0-6]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (let count = 0; count < 15; count += 1) await sender.publish('a', String(count), { qos: 2 });
      expect(await client.messages()).toEqual(Array.from({ length: 15 }, (_, count) => `q2 a "${count}"`));
    },
  },
  {
    name: 'puts a message into the session of each subscriber, connected or not [MQTT-4.5.0-1]',
    run: async (world) => {
      const away = await world.client('away', world.persistent);
      await away.subscribe('a');
      await away.leave();
      const here = [];
      for (let count = 0; count < 20; count += 1) {
        const client = await world.client(`here-${count}`);
        await client.subscribe('a');
        here.push(client);
      }
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      for (const client of here) expect(await client.messages()).toEqual(['q1 a "x"']);
      expect(await (await world.client('away', world.persistent)).messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'passes an empty payload on',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      for (const qos of [0, 1, 2] as const) await client.publish('a', '', { qos });
      expect((await client.messages()).sort()).toEqual(['q0 a ""', 'q1 a ""', 'q2 a ""']);
    },
  },
  {
    name: 'passes every byte of a payload on',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const payload = Uint8Array.from({ length: 512 }, (_, index) => index);
      await client.publish('a', '', { payload, qos: 1 });
      const [packet] = await client.publishes();
      expect([...(packet?.payload ?? [])]).toEqual([...payload]);
    },
  },
  ...([0, 1, 2] as const).map(
    (qos): Behaviour => ({
      name: `passes a payload of 800,000 bytes on, QoS ${qos}`,
      run: async (world) => {
        const client = await world.client('receiver');
        await client.subscribe('a');
        const payload = Uint8Array.from({ length: 800_000 }, (_, index) => index % 251);
        await (await world.client('sender')).publish('a', '', { payload, qos });
        const [packet] = await client.publishes();
        expect(packet?.qos).toBe(qos);
        expect(Buffer.from(packet?.payload ?? []).equals(payload)).toBe(true);
      },
    }),
  ),
];

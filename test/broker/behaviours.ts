// How a broker behaves, as one table: the same rows run against FakeBroker and against real brokers. Where a real broker
// differs from the specification, the row says so, and its run there must fail.
import { expect } from 'vitest';
import type { BrokerPolicy } from '../../src/broker/index.js';
import type { Packet, ProtocolVersion, PublishPacket } from '../../src/packets/packet.js';
import type { RawClient } from '../support/broker/raw-client.js';

/** A broker, whichever it is, with the version of MQTT that the row is run in. */
export interface World {
  readonly version: ProtocolVersion;
  /** In front of all topics and client identifiers of this run, for packets that a row builds itself. */
  readonly scope: string;
  /** A connection on which nothing was said yet. */
  open(): Promise<RawClient>;
  /** A connected client. Its identifier is `clientId`; clean start and no keep-alive unless said otherwise. */
  client(clientId: string, options?: Parameters<RawClient['connect']>[0]): Promise<RawClient>;
}

export interface Behaviour {
  readonly name: string;
  /** Default: both. */
  readonly versions?: readonly ProtocolVersion[];
  /** What this real broker does instead. */
  readonly differs?: { readonly mosquitto?: string };
  /** What the fake has to be told to be like most real brokers in this. */
  readonly policy?: BrokerPolicy;
  readonly run: (world: World) => Promise<void>;
}

const persistent = (world: World) =>
  world.version === 5
    ? ({ cleanStart: false, properties: { sessionExpiryInterval: 300 } } as const)
    : ({ cleanStart: false } as const);

const publishes = (packets: readonly Packet[]): PublishPacket[] =>
  packets.filter((packet) => packet.type === 'publish');

/** Drops the connection and waits until the broker has noticed: its side of the connection is gone. */
async function dropNoticed(world: World, client: RawClient): Promise<void> {
  client.end();
  await client.rest();
  // Another client's exchange comes after the end of this one.
  await (await world.client('bystander')).fence();
}

export const behaviours: readonly Behaviour[] = [
  // ── CONNECT ───────────────────────────────────────────────────────────────
  {
    name: 'accepts a CONNECT with reason code 0 and no session [MQTT-3.1.4-5, 3.2.2-2]',
    run: async (world) => {
      const client = await world.open();
      expect(await client.connect()).toMatchObject({ reasonCode: 0, sessionPresent: false });
    },
  },
  {
    name: 'assigns a client identifier to who has none [MQTT-3.1.3-6, 3.1.3-7]',
    versions: [5],
    run: async (world) => {
      const one = await (await world.open()).connect({ clientId: '' });
      const other = await (await world.open()).connect({ clientId: '' });
      const name = one.properties?.assignedClientIdentifier;
      expect(name).toMatch(/./);
      expect(other.properties?.assignedClientIdentifier).not.toBe(name);
    },
  },
  {
    name: 'accepts an empty client identifier with a clean session',
    versions: [4],
    run: async (world) => {
      expect(await (await world.open()).connect({ clientId: '' })).toMatchObject({ reasonCode: 0 });
    },
  },
  {
    name: 'refuses an empty client identifier without a clean session, and closes [MQTT-3.1.3-8]',
    versions: [4],
    run: async (world) => {
      const client = await world.open();
      // Our own encoder would not write it.
      client.write(new Uint8Array([0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 0, 0, 0, 0, 0]));
      expect(await client.next('connack')).toMatchObject({ reasonCode: 2 });
      expect(await client.rest()).toEqual([]);
    },
  },
  {
    name: 'ends the first connection when a second one has its identifier [MQTT-3.1.4-3]',
    run: async (world) => {
      const first = await world.client('twin');
      const second = await world.client('twin');
      await first.rest();
      await second.fence();
    },
  },
  {
    name: 'tells the first connection that a second one took over: 0x8E [MQTT-3.1.4-3]',
    versions: [5],
    differs: { mosquitto: '2.0.11 closes without a DISCONNECT' },
    run: async (world) => {
      const first = await world.client('twin');
      await world.client('twin');
      expect(await first.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8e }]);
    },
  },
  {
    name: 'closes on a second CONNECT [MQTT-3.1.0-2]',
    run: async (world) => {
      const client = await world.client('eager');
      await expect(client.connect()).rejects.toThrow();
      await client.rest();
    },
  },
  {
    name: 'closes when the first packet is no CONNECT',
    run: async (world) => {
      const client = await world.open();
      client.send({ type: 'pingreq' });
      expect(await client.rest()).toEqual([]);
    },
  },
  {
    name: 'answers PINGREQ with PINGRESP [MQTT-3.12.4-1]',
    run: async (world) => {
      const client = await world.client('pinger');
      client.send({ type: 'pingreq' });
      await client.next('pingresp');
    },
  },
  // ── SUBSCRIBE, UNSUBSCRIBE ────────────────────────────────────────────────
  {
    name: 'answers SUBSCRIBE with a granted QoS for each filter, in order [MQTT-3.8.4-6, 3.9.3-1]',
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
    name: 'answers UNSUBSCRIBE for each filter, whether it was there or not [MQTT-3.10.4-5, 3.11.3-1]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe(['a', 'b']);
      const unsuback = await client.unsubscribe('b', 'c', 'a');
      expect(unsuback.reasonCodes).toEqual(world.version === 5 ? [0, 0x11, 0] : []);
    },
  },
  {
    name: 'delivers nothing more after UNSUBSCRIBE [MQTT-3.10.4-2]',
    run: async (world) => {
      const client = await world.client('leaver');
      await client.subscribe('a');
      await client.unsubscribe('a');
      await client.publish('a', 'late', { qos: 1 });
      expect(await client.messages()).toEqual([]);
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
  ...(
    [
      ['a/b', 'a/b', true],
      ['a/b', 'a/c', false],
      ['a/+', 'a/b', true],
      ['a/+', 'a/b/c', false],
      ['a/+', 'a', false],
      ['a/+', 'a/', true],
      ['+/b', 'a/b', true],
      ['a/#', 'a', true],
      ['a/#', 'a/b/c', true],
      ['a/#', 'ab', false],
      ['#', 'a/b', true],
      ['a/+/c', 'a//c', true],
      ['A/b', 'a/b', false],
    ] as const
  ).map(
    ([filter, topic, matches]): Behaviour => ({
      name: `${filter} ${matches ? 'gets' : 'does not get'} ${topic}`,
      run: async (world) => {
        const client = await world.client('matcher');
        await client.subscribe(filter);
        await client.publish(topic, '!');
        expect(await client.messages()).toEqual(matches ? [`q0 ${topic} "!"`] : []);
      },
    }),
  ),
  {
    name: 'keeps topics that begin with $ from filters that begin with a wildcard [MQTT-4.7.2-1]',
    run: async (world) => {
      const client = await world.client('dollar');
      const topic = `$${world.scope}x`;
      client.send(
        {
          type: 'subscribe',
          packetId: 1,
          subscriptions: ['#', '+/x'].map((filter) => ({
            filter,
            maximumQoS: 0,
            noLocal: false,
            retainAsPublished: false,
            retainHandling: 'send',
          })),
        },
        { type: 'publish', topic, payload: new Uint8Array(0), qos: 0, retain: false, duplicate: false },
      );
      await client.answer('suback');
      // Retained messages of other rows are on topics of their own.
      expect(publishes(await client.soFar()).filter((packet) => packet.topic === topic)).toEqual([]);
    },
  },
  // ── PUBLISH ───────────────────────────────────────────────────────────────
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
    name: 'delivers a QoS 2 message once, however often it is sent before its PUBREL [MQTT-4.3.3-10]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      const packet = {
        type: 'publish',
        topic: `${world.scope}a`,
        payload: new Uint8Array([65]),
        qos: 2,
        retain: false,
        packetId: 9,
      } as const;
      sender.send({ ...packet, duplicate: false });
      await sender.answer('pubrec');
      sender.send({ ...packet, duplicate: true });
      await sender.answer('pubrec');
      sender.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
      await sender.answer('pubcomp');
      expect(await client.messages()).toEqual(['q2 a "A"']);
      // After PUBCOMP the identifier means a new message [MQTT-4.3.3-12].
      sender.send({ ...packet, duplicate: false });
      await sender.answer('pubrec');
      sender.send({ type: 'pubrel', packetId: 9, reasonCode: 0 });
      await sender.answer('pubcomp');
      expect(await client.messages()).toEqual(['q2 a "A"']);
    },
  },
  {
    name: 'takes a repeated identifier at QoS 1 for a new message, whatever DUP says [MQTT-4.3.2-5]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a', { maximumQoS: 1 });
      const sender = await world.client('sender');
      await sender.publish('a', 'x', { qos: 1, packetId: 7 });
      await sender.publish('a', 'x', { qos: 1, packetId: 7, duplicate: true });
      expect(await client.messages()).toEqual(['q1 a "x"', 'q1 a "x"']);
    },
  },
  {
    name: 'answers PUBREL for an unknown identifier with PUBCOMP 0x92',
    run: async (world) => {
      const client = await world.client('stranger');
      client.send({ type: 'pubrel', packetId: 77, reasonCode: 0 });
      const pubcomp = await client.answer('pubcomp');
      expect(pubcomp).toMatchObject({ packetId: 77, reasonCode: world.version === 5 ? 0x92 : 0 });
    },
    differs: { mosquitto: 'answers 0x00' },
    versions: [5],
  },
  {
    name: 'keeps the order of messages of a topic and QoS [MQTT-4.6.0-5]',
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a', { maximumQoS: 1 });
      const sender = await world.client('sender');
      for (let count = 0; count < 50; count += 1) {
        sender.send({
          type: 'publish',
          topic: `${world.scope}a`,
          payload: new TextEncoder().encode(String(count)),
          qos: 1,
          packetId: count + 1,
          retain: false,
          duplicate: false,
        });
      }
      await sender.fence();
      expect(await client.messages()).toEqual(Array.from({ length: 50 }, (_, count) => `q1 a "${count}"`));
    },
  },
  {
    name: 'forwards the properties of a PUBLISH unchanged, user properties in order [MQTT-3.3.2-15 to -20]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('receiver');
      await client.subscribe('a');
      const sender = await world.client('sender');
      const properties = {
        payloadFormat: 'utf8',
        contentType: 'text/plain',
        responseTopic: 'answers',
        correlationData: new Uint8Array([1, 0, 255]),
        userProperties: [
          ['b', '1'],
          ['a', '2'],
          ['b', ''],
        ],
      } as const;
      await sender.publish('a', 'x', { qos: 1, properties });
      const [packet] = publishes(await client.soFar());
      expect(packet?.properties).toMatchObject({
        ...properties,
        correlationData: expect.objectContaining({ length: 3 }),
      });
      expect([...(packet?.properties?.correlationData ?? [])]).toEqual([1, 0, 255]);
    },
  },
  {
    name: 'sends a client no more than its Receive Maximum before it acknowledges [MQTT-3.3.4-9]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('slow', { properties: { receiveMaximum: 2 } });
      await client.subscribe('a', { maximumQoS: 1 });
      const sender = await world.client('sender');
      for (const text of ['1', '2', '3', '4']) await sender.publish('a', text, { qos: 1 });
      const first = publishes(await client.soFar());
      expect(first.map((packet) => client.text(packet))).toEqual(['q1 a "1"', 'q1 a "2"']);
      client.send({ type: 'puback', packetId: first[1]?.packetId ?? 0, reasonCode: 0 });
      expect(await client.messages()).toEqual(['q1 a "3"', 'q1 a "4"']);
    },
  },
  {
    name: 'counts both halves of QoS 2 against the Receive Maximum [MQTT-4.9.0-2]',
    versions: [5],
    differs: { mosquitto: 'sends the next message before PUBCOMP' },
    run: async (world) => {
      const client = await world.client('slow', { properties: { receiveMaximum: 2 } });
      await client.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2', '3', '4']) await sender.publish('a', text, { qos: text === '2' ? 2 : 1 });
      const first = publishes(await client.soFar());
      expect(first.map((packet) => client.text(packet))).toEqual(['q1 a "1"', 'q2 a "2"']);
      client.send({ type: 'puback', packetId: first[0]?.packetId ?? 0, reasonCode: 0 });
      expect(await client.messages({ acknowledge: false })).toEqual(['q1 a "3"']);
      client.send({ type: 'pubrec', packetId: first[1]?.packetId ?? 0, reasonCode: 0 });
      expect(await client.soFar()).toMatchObject([{ type: 'pubrel' }]);
      client.send({ type: 'pubcomp', packetId: first[1]?.packetId ?? 0, reasonCode: 0 });
      expect(await client.messages()).toEqual(['q1 a "4"']);
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
      const [packet] = publishes(await client.soFar());
      client.send({ type: 'pubrec', packetId: packet?.packetId ?? 0, reasonCode: 0x80 });
      expect(await client.messages()).toEqual(['q2 a "2"']);
    },
  },
  {
    name: 'never sends a packet above the client’s maximum packet size [MQTT-3.1.2-24, 3.1.2-25]',
    versions: [5],
    run: async (world) => {
      const client = await world.client('small', { properties: { maximumPacketSize: 100 } });
      await client.subscribe('a');
      const sender = await world.client('sender');
      await sender.publish('a', 'x'.repeat(200), { qos: 1 });
      await sender.publish('a', 'small', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "small"']);
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
  // ── Overlapping subscriptions ─────────────────────────────────────────────
  {
    name: 'sends a copy for each overlapping subscription, with its identifier and QoS [MQTT-3.3.4-5]',
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
    name: 'sends one copy for overlapping subscriptions, at the highest QoS with all identifiers [MQTT-3.3.4-2, -4]',
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
  {
    name: 'sends one copy for overlapping subscriptions on MQTT 3.1.1, at the highest QoS',
    versions: [4],
    policy: { overlap: 'per-subscription' },
    differs: { mosquitto: 'one copy, at the QoS of the filter that it finds first' },
    run: async (world) => {
      const client = await world.client('overlapper');
      await client.subscribe('s/+', { maximumQoS: 0 });
      await client.subscribe('s/#', { maximumQoS: 1 });
      await client.publish('s/x', '!', { qos: 2 });
      expect(await client.messages()).toEqual(['q1 s/x "!"']);
    },
  },
  // ── Retained messages ─────────────────────────────────────────────────────
  {
    name: 'sends the last retained message to a new subscription, with RETAIN set [MQTT-3.3.1-5]',
    run: async (world) => {
      const sender = await world.client('sender');
      await sender.publish('r', 'old', { qos: 1, retain: true });
      await sender.publish('r', 'new', { qos: 1, retain: true });
      await sender.publish('r', 'passing', { qos: 1 });
      const client = await world.client('late');
      await client.subscribe('+', { maximumQoS: 1 });
      expect(await client.messages()).toEqual(['q1 r "new" retain']);
    },
  },
  {
    name: 'forgets a retained message when an empty one comes [MQTT-3.3.1-6, 3.3.1-7]',
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
      expect(await client.messages()).toEqual(['q1 r "kept" retain', 'q1 r "passing"']);
    },
  },
  ...(
    [
      ['send', ['first', 'again']],
      ['send-if-new', ['first']],
      ['never', []],
    ] as const
  ).map(
    ([retainHandling, expected]): Behaviour => ({
      name: `retain handling '${retainHandling}' [MQTT-3.3.1-9 to -11]`,
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
    name: 'gives a retained message the identifier of the subscription that asked for it',
    versions: [5],
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const client = await world.client('late');
      await client.subscribe('r', { identifier: 7 });
      expect(await client.messages()).toEqual(['q1 r "x" retain sub=7']);
    },
  },
  // ── Sessions ──────────────────────────────────────────────────────────────
  {
    name: 'resumes a session: it is present, and its subscriptions stand [MQTT-3.1.2-5, 3.2.2-3]',
    run: async (world) => {
      const first = await world.client('keeper', persistent(world));
      await first.subscribe('a');
      await first.leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'keeper', ...persistent(world) })).toMatchObject({
        sessionPresent: true,
      });
      await again.publish('a', 'x', { qos: 1 });
      expect(await again.messages()).toEqual(['q1 a "x"']);
    },
  },
  {
    name: 'forgets a session at a clean start [MQTT-3.1.2-4]',
    run: async (world) => {
      const first = await world.client('keeper', persistent(world));
      await first.subscribe('a');
      await first.leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'keeper' })).toMatchObject({ sessionPresent: false });
      await again.publish('a', 'x', { qos: 1 });
      expect(await again.messages()).toEqual([]);
    },
  },
  {
    name: 'forgets a session without expiry at the end of its connection [MQTT-4.1.0-2]',
    run: async (world) => {
      await (await world.client('passer')).leave();
      const again = await world.open();
      expect(await again.connect({ clientId: 'passer', ...persistent(world) })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'keeps QoS 1 and 2 messages for a session whose client is away, in order [MQTT-4.5.0-1]',
    run: async (world) => {
      const away = await world.client('away', persistent(world));
      await away.subscribe('a');
      await away.leave();
      const sender = await world.client('sender');
      await sender.publish('a', '1', { qos: 1 });
      await sender.publish('a', '2', { qos: 2 });
      await sender.publish('a', '3', { qos: 1 });
      const back = await world.client('away', persistent(world));
      expect(await back.messages()).toEqual(['q1 a "1"', 'q2 a "2"', 'q1 a "3"']);
    },
  },
  {
    name: 'sends what was not acknowledged again on resuming: same identifiers, DUP, in order [MQTT-4.4.0-1, 3.3.1-1]',
    run: async (world) => {
      const first = await world.client('forgetful', persistent(world));
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2', '3']) await sender.publish('a', text, { qos: 1 });
      const before = publishes(await first.soFar());
      first.send({ type: 'puback', packetId: before[1]?.packetId ?? 0, reasonCode: 0 });
      await first.fence();
      await dropNoticed(world, first);
      const back = await world.client('forgetful', persistent(world));
      const after = publishes(await back.soFar());
      expect(after.map((packet) => back.text(packet))).toEqual(['q1 a "1" dup', 'q1 a "3" dup']);
      expect(after.map((packet) => packet.packetId)).toEqual([before[0]?.packetId, before[2]?.packetId]);
    },
  },
  {
    name: 'sends PUBREL again on resuming, never the PUBLISH [MQTT-4.3.3-6, 4.4.0-1]',
    run: async (world) => {
      const first = await world.client('halfway', persistent(world));
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 2 });
      const { packetId = 0 } = await first.next('publish');
      first.send({ type: 'pubrec', packetId, reasonCode: 0 });
      await first.next('pubrel');
      await dropNoticed(world, first);
      const back = await world.client('halfway', persistent(world));
      expect(await back.soFar()).toMatchObject([{ type: 'pubrel', packetId }]);
      back.send({ type: 'pubcomp', packetId, reasonCode: 0 });
      expect(await back.soFar()).toEqual([]);
    },
  },
  {
    name: 'sends PUBRELs again in the order in which the PUBRECs came',
    differs: { mosquitto: 'in the order in which the messages were published' },
    run: async (world) => {
      const first = await world.client('halfway', persistent(world));
      await first.subscribe('a');
      const sender = await world.client('sender');
      for (const text of ['1', '2']) await sender.publish('a', text, { qos: 2 });
      const [one, two] = publishes(await first.soFar()).map(({ packetId = 0 }) => packetId);
      for (const packetId of [two ?? 0, one ?? 0]) first.send({ type: 'pubrec', packetId, reasonCode: 0 });
      await first.fence();
      await dropNoticed(world, first);
      const back = await world.client('halfway', persistent(world));
      expect(await back.soFar()).toMatchObject([
        { type: 'pubrel', packetId: two },
        { type: 'pubrel', packetId: one },
      ]);
    },
  },
  {
    name: 'knows an unreleased QoS 2 message of the client across connections [MQTT-4.3.3-10]',
    run: async (world) => {
      const receiver = await world.client('receiver');
      await receiver.subscribe('a');
      const first = await world.client('resender', persistent(world));
      const packet = {
        type: 'publish',
        topic: `${world.scope}a`,
        payload: new Uint8Array([65]),
        qos: 2,
        retain: false,
        packetId: 5,
      } as const;
      first.send({ ...packet, duplicate: false });
      await first.next('pubrec');
      await dropNoticed(world, first);
      const back = await world.client('resender', persistent(world));
      back.send({ ...packet, duplicate: true });
      await back.next('pubrec');
      back.send({ type: 'pubrel', packetId: 5, reasonCode: 0 });
      await back.next('pubcomp');
      expect(await receiver.messages()).toEqual(['q2 a "A"']);
    },
  },
  {
    name: 'hands a session over to a second connection with everything unacknowledged',
    run: async (world) => {
      const first = await world.client('moving', persistent(world));
      await first.subscribe('a');
      await (await world.client('sender')).publish('a', 'x', { qos: 1 });
      await first.next('publish');
      const second = await world.client('moving', persistent(world));
      expect(await second.messages()).toEqual(['q1 a "x" dup']);
    },
  },
  {
    name: 'sets the expiry of the session from DISCONNECT',
    versions: [5],
    run: async (world) => {
      const first = await world.client('quitter', persistent(world));
      first.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 0 } });
      await first.rest();
      const again = await world.open();
      expect(await again.connect({ clientId: 'quitter', ...persistent(world) })).toMatchObject({
        sessionPresent: false,
      });
    },
  },
  {
    name: 'refuses an expiry in DISCONNECT for a session that had none',
    versions: [5],
    run: async (world) => {
      const client = await world.client('cheater');
      client.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 5 } });
      expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
    },
  },
  // ── Will ──────────────────────────────────────────────────────────────────
  ...(
    [
      ['a lost connection', true],
      ['a normal DISCONNECT', false],
      ['DISCONNECT with 0x04', true],
      ['a take-over', true],
      ['a protocol error', true],
    ] as const
  ).map(
    ([event, goesOut]): Behaviour => ({
      name: `${goesOut ? 'publishes' : 'discards'} the will after ${event} [MQTT-3.1.2-8, 3.14.4-3]`,
      versions: event === 'DISCONNECT with 0x04' ? [5] : [4, 5],
      run: async (world) => {
        const heir = await world.client('heir');
        await heir.subscribe('will');
        const mortal = await world.client('mortal', {
          will: { topic: 'will', payload: new TextEncoder().encode('gone'), qos: 1, retain: false },
        });
        if (event === 'a lost connection') await dropNoticed(world, mortal);
        if (event === 'a normal DISCONNECT') await mortal.leave();
        if (event === 'DISCONNECT with 0x04') mortal.send({ type: 'disconnect', reasonCode: 4 });
        if (event === 'a take-over') await world.client('mortal');
        // Type 15 with flags: malformed in both versions.
        if (event === 'a protocol error') mortal.write(new Uint8Array([0xff, 0x00]));
        await mortal.rest();
        await (await world.client('bystander')).fence();
        expect(await heir.messages()).toEqual(goesOut ? ['q1 will "gone"'] : []);
      },
    }),
  ),
  {
    name: 'retains a will that asks for it [MQTT-3.1.2-15]',
    run: async (world) => {
      const mortal = await world.client('mortal', {
        will: { topic: 'will', payload: new TextEncoder().encode('gone'), qos: 0, retain: true },
      });
      await dropNoticed(world, mortal);
      const heir = await world.client('heir');
      await heir.subscribe('will');
      expect(await heir.messages()).toEqual(['q0 will "gone" retain']);
    },
  },
  {
    name: 'cancels a delayed will when the client is back in time [MQTT-3.1.3-9]',
    versions: [5],
    run: async (world) => {
      const heir = await world.client('heir');
      await heir.subscribe('will');
      const mortal = await world.client('mortal', {
        cleanStart: false,
        properties: { sessionExpiryInterval: 300 },
        will: {
          topic: 'will',
          payload: new Uint8Array(0),
          qos: 1,
          retain: false,
          properties: { willDelayInterval: 100 },
        },
      });
      await dropNoticed(world, mortal);
      await world.client('mortal', { cleanStart: false });
      expect(await heir.messages()).toEqual([]);
    },
  },
  // ── Shared subscriptions ──────────────────────────────────────────────────
  {
    name: 'gives each message of a shared subscription to one member, in turn [MQTT-4.8.2-1]',
    run: async (world) => {
      const workers = [await world.client('w1'), await world.client('w2')];
      for (const worker of workers) await worker.subscribe('$share/group-1/jobs/+', { maximumQoS: 1 });
      const sender = await world.client('sender');
      for (const job of ['1', '2', '3', '4']) await sender.publish(`jobs/${job}`, '', { qos: 1 });
      const shares = await Promise.all(workers.map((worker) => worker.messages()));
      expect(shares.map((share) => share.length)).toEqual([2, 2]);
      expect(shares.flat().sort()).toEqual(['1', '2', '3', '4'].map((job) => `q1 jobs/${job} ""`));
    },
  },
  {
    name: 'sends a shared copy beside the copy of an ordinary subscription, each with its identifier',
    versions: [5],
    run: async (world) => {
      const client = await world.client('both');
      await client.subscribe('$share/g/a', { maximumQoS: 1, identifier: 1 });
      await client.subscribe('a', { maximumQoS: 1, identifier: 2 });
      await client.publish('a', 'x', { qos: 1 });
      expect((await client.messages()).sort()).toEqual(['q1 a "x" sub=1', 'q1 a "x" sub=2']);
    },
  },
  {
    name: 'sends no retained messages to a shared subscription',
    differs: { mosquitto: '2.0.11 sends them' },
    run: async (world) => {
      await (await world.client('sender')).publish('r', 'x', { qos: 1, retain: true });
      const client = await world.client('sharer');
      await client.subscribe('$share/g/r');
      expect(await client.messages()).toEqual([]);
    },
  },
];

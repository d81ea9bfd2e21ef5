// Every property of MQTT 5.0, 2.2.2.2, that a client sends or receives, and where the public API has it.
import { describe, expect, it } from 'vitest';
import { type Client, type ConnectOptions, connect, type Message } from '../../src/client/index.js';
import type { ConnackProperties, Packet, PacketType, UserProperties } from '../../src/packets/packet.js';
import { FakeBroker } from '../../src/testing/index.js';
import type { VirtualClock } from '../../src/time/index.js';
import { describeWithMosquitto } from '../support/mosquitto.js';
import { connackOf, type PeerConnection, publish, ScriptedPeer } from '../support/scripted-peer.js';

const userProperties: UserProperties = [
  ['b', '1'],
  ['a', '2'],
  ['b', '3'],
];
const said = { reasonString: 'because', userProperties };
const bytes = (text: string) => new TextEncoder().encode(text);
const published = {
  payloadFormat: 'utf8',
  messageExpiryInterval: 100,
  contentType: 'text/plain',
  responseTopic: 'answers',
  correlationData: Uint8Array.of(0xff, 0x00, 0x9c),
  userProperties,
} as const;

type Row = [
  name: string,
  options: ConnectOptions,
  type: PacketType,
  properties: object,
  act?: (client: Client, peer: PeerConnection) => unknown,
];

describe('out', () => {
  const rows: Row[] = [
    ['sessionExpiryInterval', { sessionExpiryInterval: 7 }, 'connect', { sessionExpiryInterval: 7 }],
    ['receiveMaximum', { receiveMaximum: 7 }, 'connect', { receiveMaximum: 7 }],
    ['maximumPacketSize', { maximumPacketSize: 700 }, 'connect', { maximumPacketSize: 700 }],
    ['topicAliasMaximum', { topicAliases: { inbound: 7 } }, 'connect', { topicAliasMaximum: 7 }],
    [
      'requestResponseInformation',
      { requestResponseInfo: true },
      'connect',
      { requestResponseInformation: true },
    ],
    [
      'requestProblemInformation',
      { requestProblemInfo: false },
      'connect',
      { requestProblemInformation: false },
    ],
    ['userProperties', { userProperties }, 'connect', { userProperties }],
    ['all of a message', {}, 'publish', published, (client) => client.publish('t', '', published)],
    [
      'subscriptionIdentifier, userProperties',
      {},
      'subscribe',
      { subscriptionIdentifier: 7, userProperties },
      (client) => client.subscribe('t', { id: 7, userProperties }),
    ],
    [
      'userProperties',
      {},
      'unsubscribe',
      { userProperties },
      (client) => client.unsubscribe('t', { userProperties }),
    ],
    ['reasonString, userProperties', {}, 'puback', said, (client, peer) => settle(client, peer, 1)],
    ['reasonString, userProperties', {}, 'pubrec', said, (client, peer) => settle(client, peer, 2)],
    [
      'all of it',
      {},
      'disconnect',
      { sessionExpiryInterval: 7, ...said },
      (client) => client.disconnect({ sessionExpiryInterval: 7, ...said }),
    ],
  ];
  it.each(rows)('%s with %o in %s', async (_, options, type, properties, act) => {
    const scripted = new ScriptedPeer();
    const connecting = connect(scripted.endpoint, { clientId: 'c', ...scripted.deterministic, ...options });
    const peer = await scripted.accept();
    const first = await peer.expect('connect');
    peer.send(connackOf(0));
    const client = await connecting;
    // What waits for an answer that never comes ends with the test.
    void Promise.resolve(act?.(client, peer)).catch(() => undefined);
    const packet: Packet = act ? await peer.expect(type) : first;
    expect(packet).toMatchObject({ type, properties });
  });

  it('all of a will', async () => {
    const scripted = new ScriptedPeer();
    const will = { topic: 'w', payload: 'gone', qos: 1 as const, retain: true, delay: 7, ...published };
    void connect(scripted.endpoint, { ...scripted.deterministic, will }).catch(() => undefined);
    const packet = await (await scripted.accept()).expect('connect');
    expect(packet.will).toEqual({
      topic: 'w',
      payload: bytes('gone'),
      qos: 1,
      retain: true,
      properties: { willDelayInterval: 7, ...published },
    });
  });
});

async function settle(client: Client, peer: PeerConnection, qos: 1 | 2): Promise<void> {
  peer.publish({ packetId: 1, qos });
  await (await client.messages().next()).value!.ack(said);
}

describe('in', () => {
  it('all of CONNACK', async () => {
    const properties: Required<
      Omit<ConnackProperties, 'serverReference' | 'authenticationMethod' | 'authenticationData'>
    > = {
      sessionExpiryInterval: 8,
      receiveMaximum: 9,
      maximumQoS: 1,
      retainAvailable: false,
      maximumPacketSize: 1_000,
      assignedClientIdentifier: 'given',
      topicAliasMaximum: 10,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
      serverKeepAlive: 11,
      responseInformation: 'prefix/',
      ...said,
    };
    const { client } = await new ScriptedPeer().connected({ clientId: '' }, { properties });
    expect(await client.connected()).toMatchObject({
      server: {
        sessionExpiryInterval: 8,
        receiveMaximum: 9,
        maximumQoS: 1,
        retain: false,
        maximumPacketSize: 1_000,
        clientId: 'given',
        topicAliasMaximum: 10,
        wildcards: false,
        subscriptionIdentifiers: false,
        shared: false,
        keepAlive: 11,
        responseInfo: 'prefix/',
        ...said,
      },
    });
  });

  it('a CONNACK that refuses, and DISCONNECT', async () => {
    const scripted = new ScriptedPeer();
    const refused = connect(scripted.endpoint, scripted.deterministic).catch((error: unknown) => error);
    const peer = await scripted.accept();
    await peer.expect('connect');
    peer.send(connackOf(0x9c, { serverReference: 'other', ...said }));
    expect(await refused).toMatchObject({
      disconnection: { reasonCode: 0x9c, serverReference: 'other', ...said },
    });

    const second = await new ScriptedPeer().connected();
    second.peer.send({
      type: 'disconnect',
      reasonCode: 0x9d,
      properties: { serverReference: 'other', ...said },
    });
    expect(await second.client.disconnected()).toMatchObject({
      reasonCode: 0x9d,
      serverReference: 'other',
      ...said,
    });
  });

  it('PUBLISH', async () => {
    const { client, peer } = await new ScriptedPeer().connected();
    peer.send(publish({ properties: { ...published, subscriptionIdentifiers: [1, 2] } }));
    const { value: message } = await client.messages().next();
    expect(message).toMatchObject({ ...published, subscriptionIdentifiers: [1, 2] });
  });

  it('the answers to a publish, granted and refused', async () => {
    const { client, peer } = await new ScriptedPeer().connected();
    const one = client.publish('t', '', { qos: 1 });
    const two = client.publish('t', '', { qos: 2 });
    const refused = client.publish('t', '', { qos: 1 }).catch((error: unknown) => error);
    await peer.received();
    peer.ack('puback', 1, 0x10, said);
    peer.ack('pubrec', 2, 0x10, said);
    peer.ack('pubcomp', 2);
    peer.ack('puback', 3, 0x97, said);
    expect(await one).toMatchObject({ matched: false, ...said });
    expect(await two).toMatchObject({ matched: false, ...said });
    expect(await refused).toMatchObject({ reasonCodes: [0x97], reasonString: 'because' });
  });

  it('SUBACK and UNSUBACK', async () => {
    const { client, peer } = await new ScriptedPeer().connected();
    const subscribing = client.subscribe(['a', 'b'], { partial: 'return' });
    peer.send({
      type: 'suback',
      packetId: (await peer.expect('subscribe')).packetId,
      reasonCodes: [1, 0x87],
      properties: said,
    });
    expect(await subscribing).toEqual([
      { filter: 'a', reasonCode: 1, qos: 1, ...said },
      { filter: 'b', reasonCode: 0x87, qos: undefined, ...said },
    ]);
    const unsubscribing = client.unsubscribe('a');
    peer.send({
      type: 'unsuback',
      packetId: (await peer.expect('unsubscribe')).packetId,
      reasonCodes: [0],
      properties: said,
    });
    expect(await unsubscribing).toEqual([{ filter: 'a', reasonCode: 0, qos: undefined, ...said }]);
  });
});

/** What has to be the same on every broker. */
function endToEnd(
  connected: (options?: ConnectOptions) => Promise<Client>,
  advance: (seconds: number) => Promise<void>,
): void {
  it('a message keeps its properties', async () => {
    await using client = await connected();
    await client.subscribe('properties', { id: 7 });
    await client.publish('properties', 'text', { qos: 1, ...published });
    expect(await next(client)).toMatchObject({ ...published, subscriptionIdentifiers: [7] });
  });

  it('a will comes after its delay, with its properties', async () => {
    await using watcher = await connected();
    await watcher.subscribe('wills/#');
    const will = { topic: 'wills/late', payload: 'gone', qos: 1 as const, delay: 1, ...published };
    const leaving = await connected({ clientId: 'leaves', will, sessionExpiryInterval: 60 });
    await leaving.disconnect({ withWill: true });
    await watcher.publish('wills/first', '', { qos: 1 });
    expect((await next(watcher)).topic).toBe('wills/first');
    await advance(1);
    expect(await next(watcher)).toMatchObject({ topic: 'wills/late', ...published });
  });

  it('retained messages come as retainHandling says, and keep their flag as retainAsPublished says', async () => {
    await using client = await connected();
    await client.publish('kept', 'old', { retain: true, qos: 1 });
    await client.subscribe({ filter: 'kept', retainHandling: 'never', retainAsPublished: true });
    await client.publish('kept', 'new', { retain: true, qos: 1 });
    const live = await next(client);
    expect([live.text(), live.retain]).toEqual(['new', true]);
    await client.subscribe({ filter: 'kept', retainHandling: 'send-if-new', retainAsPublished: true });
    await client.subscribe({ filter: 'kept', retainHandling: 'send' });
    const kept = await next(client);
    expect([kept.text(), kept.retain]).toEqual(['new', true]);
    await using other = await connected();
    await other.subscribe('kept');
    expect((await next(other)).retain).toBe(true);
    await client.publish('kept', '', { retain: true, qos: 1 });
    const cleared = await next(other);
    expect([cleared.text(), cleared.retain]).toEqual(['', false]);
  });

  it('noLocal keeps away what the client itself published; maximumQoS lowers', async () => {
    await using client = await connected();
    await using other = await connected();
    await client.subscribe({ filter: 'local', noLocal: true, maximumQoS: 1 });
    await client.publish('local', 'mine', { qos: 1 });
    await other.publish('local', 'theirs', { qos: 2 });
    const message = await next(client);
    expect([message.text(), message.qos]).toEqual(['theirs', 1]);
  });

  it('a shared subscription gives each message to one of its members', async () => {
    await using one = await connected();
    await using two = await connected();
    const streams = [await one.stream('$share/workers/jobs/+'), await two.stream('$share/workers/jobs/+')];
    const seen: string[] = [];
    const loops = streams.map(async (stream) => {
      for await (const message of stream) {
        void message.ack();
        seen.push(message.topic);
        if (seen.length === 6) for (const each of streams) void each.return();
      }
    });
    for (let n = 0; n < 6; n++) await one.publish(`jobs/${n}`, '', { qos: 1 });
    await Promise.all(loops);
    expect(seen.sort()).toEqual(Array.from({ length: 6 }, (_, n) => `jobs/${n}`));
  });

  it('DISCONNECT shortens the life of the session', async () => {
    const options = { clientId: 'short-lived', sessionExpiryInterval: 60 };
    await (await connected(options)).disconnect();
    const second = await connected(options);
    expect(second.state).toMatchObject({ sessionPresent: true });
    await second.disconnect({ sessionExpiryInterval: 0, ...said });
    await using third = await connected(options);
    expect(third.state).toMatchObject({ sessionPresent: false });
  });

  it('overlapping streams each get a message once', async () => {
    await using client = await connected();
    await using wide = await client.stream(['over/#', 'over/+']);
    await using narrow = await client.stream('over/lap');
    await client.publish('over/lap', '1', { qos: 1 });
    await client.publish('over/lap', '2', { qos: 1 });
    for (const stream of [wide, narrow]) {
      for (const payload of ['1', '2']) {
        const { value: message } = await stream.next();
        expect(message!.text()).toBe(payload);
        void message!.ack();
      }
    }
    expect(client.stats().bufferedIn).toBe(0);
  });

  it('a request gets its reply', async () => {
    await using client = await connected({ requestResponseInfo: true });
    await using server = await connected();
    await using requests = await server.stream('sum', { autoAck: 'on-next' });
    const serving = (async () => {
      for await (const { responseTopic, correlationData, payload } of requests) {
        const sum = payload.reduce((total, each) => total + each, 0);
        await server.publish(responseTopic!, String(sum), { correlationData: correlationData! });
      }
    })();
    const replies = await Promise.all([
      client.request('sum', Uint8Array.of(1, 2)),
      client.request('sum', Uint8Array.of(20, 30)),
    ]);
    expect(replies.map((reply) => reply.text())).toEqual(['3', '50']);
    await requests.return();
    await serving;
  });
}

describe('on the fake broker', () => {
  const broker = new FakeBroker({ capabilities: { topicAliasMaximum: 5 } });
  const clock = broker.clock as VirtualClock; // unless it is told otherwise
  endToEnd(
    (options) => connect(broker.endpoint, { clock, ...options }),
    (seconds) => clock.advance(seconds * 1_000),
  );
});

describeWithMosquitto('on mosquitto', (mosquitto) => {
  endToEnd(
    (options) => connect(mosquitto().url, options),
    async () => undefined,
  );
});

async function next(client: Client): Promise<Message> {
  const { value: message } = await client.messages().next();
  await message!.ack();
  return message!;
}

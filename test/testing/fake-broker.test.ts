import { describe, expect, it } from 'vitest';
import { encodePacket } from '../../src/packets/index.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { nextTurn, systemClock, VirtualClock } from '../../src/time/index.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { publishPacket } from '../support/broker/raw-client.js';

describe('publish', () => {
  it('shows each copy and what came back for it', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    await one.subscribe('a/+', { maximumQoS: 1, identifier: 7 });
    const two = await world.client('two');
    await two.subscribe('a/#', { maximumQoS: 2 });
    const three = await world.client('three');
    await three.subscribe('a/b', { maximumQoS: 0 });

    const delivery = world.broker.publish({ topic: 'a/b', payload: 'x', qos: 2 });
    expect(delivery.isSettled).toBe(false);
    const toOne = await one.next('publish');
    const properties = { reasonString: 'no such thing' };
    one.send({ type: 'puback', packetId: toOne.packetId ?? 0, reasonCode: 0x99, properties });
    await two.messages();
    await delivery.settled();

    expect([...delivery.copies].sort((a, b) => a.qos - b.qos)).toEqual([
      {
        clientId: 'three',
        qos: 0,
        retain: false,
        subscriptionIdentifiers: undefined,
        sent: 1,
        acks: [],
        end: 'sent',
      },
      {
        clientId: 'one',
        qos: 1,
        retain: false,
        subscriptionIdentifiers: [7],
        sent: 1,
        acks: [{ packet: 'puback', reasonCode: 0x99, reasonString: 'no such thing' }],
        end: 'acknowledged',
      },
      {
        clientId: 'two',
        qos: 2,
        retain: false,
        subscriptionIdentifiers: undefined,
        sent: 1,
        acks: [
          { packet: 'pubrec', reasonCode: 0 },
          { packet: 'pubcomp', reasonCode: 0 },
        ],
        end: 'acknowledged',
      },
    ]);
  });

  it('is settled at once where nobody gets the message', () => {
    const delivery = new FakeBroker().publish({ topic: 'a', payload: '', qos: 1 });
    expect([delivery.isSettled, delivery.copies]).toEqual([true, []]);
  });

  it('stays open over a drop and counts the second sending', async () => {
    await using world = new FakeWorld();
    const options = { properties: { sessionExpiryInterval: 100 } };
    const client = await world.client('one', options);
    await client.subscribe('a');
    const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos: 1 });
    await client.next('publish');
    await world.drop(client);
    expect(delivery.copies).toMatchObject([{ sent: 1, end: undefined }]);
    await (await world.client('one', { cleanStart: false, ...options })).messages();
    expect(delivery.copies).toMatchObject([{ sent: 2, end: 'acknowledged' }]);
  });

  it.each([
    ['offline', { qos: 0, expiry: 100 }],
    ['session-ended', { qos: 1, expiry: 0 }],
  ] as const)('says that a copy was lost: %s', async (end, { qos, expiry }) => {
    await using world = new FakeWorld();
    const client = await world.client('one', { properties: { sessionExpiryInterval: expiry } });
    await client.subscribe('a');
    if (end === 'offline') await world.drop(client);
    const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos });
    if (end === 'session-ended') await world.drop(client);
    await delivery.settled();
    expect(delivery.copies).toMatchObject([{ end }]);
  });

  it('says that a copy is larger than the client takes', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', { properties: { maximumPacketSize: 50 } });
    await client.subscribe('a');
    const delivery = world.broker.publish({ topic: 'a', payload: 'x'.repeat(100), qos: 1 });
    expect(delivery.copies).toMatchObject([{ sent: 0, end: 'too-large' }]);
    expect(world.broker.session('one')).toMatchObject({ queued: 0, inflight: 0 });
  });

  it.each([
    ['a wildcard in the topic', { topic: 'a/#', payload: '' }, /topic/i],
    ['an empty topic', { topic: '', payload: '' }, /topic/i],
    [
      'more than the broker takes',
      { topic: 'a', payload: 'x'.repeat(2_000_000) },
      'the broker takes 1048576.',
    ],
  ])('refuses %s with a sentence', (_name, message, sentence) => {
    expect(() => new FakeBroker().publish(message)).toThrow(sentence);
  });

  it('refuses what its capabilities exclude', () => {
    const broker = new FakeBroker({ capabilities: { maximumQoS: 1, retain: false } });
    expect(() => broker.publish({ topic: 'a', payload: '', qos: 2 })).toThrow('takes QoS 1 at most');
    expect(() => broker.publish({ topic: 'a', payload: '', retain: true })).toThrow('does not retain');
  });

  it('does not see later changes of the bytes that it was given', async () => {
    await using world = new FakeWorld();
    const payload = Buffer.from('before');
    world.broker.publish({ topic: 'a', payload, retain: true });
    payload.fill(0);
    expect(new TextDecoder().decode(world.broker.retained('a')?.payload)).toBe('before');
  });
});

describe('what a test sees', () => {
  it('shows sessions: subscriptions, what waits, what is in flight', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', {
      properties: { sessionExpiryInterval: 100, receiveMaximum: 1 },
    });
    await client.subscribe('a', { maximumQoS: 1 });
    await client.subscribe('b/#', { maximumQoS: 0, identifier: 3 });
    for (const payload of ['1', '2', '3']) world.broker.publish({ topic: 'a', payload, qos: 1 });
    expect(world.broker.session('one')).toEqual({
      connected: true,
      subscriptions: [
        { filter: 'a', qos: 1 },
        { filter: 'b/#', qos: 0, identifier: 3 },
      ],
      queued: 2,
      inflight: 1,
      queuedTopics: ['a', 'a'],
      inflightTopics: ['a'],
      dropped: 0,
    });
    await world.drop(client);
    expect(world.broker.session('one')).toMatchObject({ connected: false, queued: 2, inflight: 1 });
    expect(world.broker.session('nobody')).toBeUndefined();
  });

  it('lists sessions, subscriptions and retained messages, and what clients acknowledged', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one', { properties: { sessionExpiryInterval: 100 } });
    await one.subscribe('b/#', { maximumQoS: 2 });
    const two = await world.client('two');
    await two.subscribe('$share/g/a', { maximumQoS: 1 });
    expect([...world.broker.sessions.keys()]).toEqual(['one', 'two']);
    expect(world.broker.subscriptions).toEqual([
      { clientId: 'one', filter: 'b/#', qos: 2 },
      { clientId: 'two', filter: '$share/g/a', qos: 1 },
    ]);
    await two.publish('b/1', 'x', { qos: 1, retain: true });
    await two.publish('b/2', 'y'.repeat(100), { qos: 2, retain: true });
    expect(world.broker.retainedMessages.map(({ topic, qos }) => [topic, qos])).toEqual([
      ['b/1', 1],
      ['b/2', 2],
    ]);
    const [first, second] = [await one.next('publish'), await one.next('publish')];
    const properties = { reasonString: 'not mine' };
    one.send({ type: 'puback', packetId: first.packetId ?? 0, reasonCode: 0 });
    one.send({ type: 'pubrec', packetId: second.packetId ?? 0, reasonCode: 0x83, properties });
    await one.fence();
    expect(world.broker.acknowledgements).toEqual([
      { clientId: 'one', topic: 'b/1', qos: 1, packet: 'puback', reasonCode: 0 },
      { clientId: 'one', topic: 'b/2', qos: 2, packet: 'pubrec', reasonCode: 0x83, reasonString: 'not mine' },
    ]);
  });

  it('shows what clients published, wills too, but not its own messages', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', {
      will: { topic: 'will', payload: new Uint8Array([1]), qos: 0, retain: false },
    });
    await client.publish('a', 'x', { qos: 2, properties: { contentType: 'text/plain' } });
    world.broker.publish({ topic: 'b', payload: '' });
    await world.drop(client);
    expect(world.broker.published).toMatchObject([
      { clientId: 'one', topic: 'a', qos: 2, properties: { contentType: 'text/plain' } },
      { clientId: 'one', topic: 'will', qos: 0 },
    ]);
  });

  it('writes a transcript that is the same in every run', async () => {
    const run = async () => {
      await using world = new FakeWorld({ seed: 7 });
      const client = await world.open();
      await client.connect({ clientId: '', properties: { sessionExpiryInterval: 300, receiveMaximum: 10 } });
      await client.subscribe(
        [
          { filter: 'a/+', maximumQoS: 1 },
          { filter: 'b c', noLocal: true },
        ],
        { identifier: 4 },
      );
      world.broker.publish({
        topic: 'a/b',
        payload: 'hi "you"',
        qos: 1,
        properties: { userProperties: [['k', 'v']], messageExpiryInterval: 5 },
      });
      await client.messages();
      await client.publish('b c', 'x'.repeat(100), { qos: 2, retain: true });
      await client.unsubscribe('a/+');
      client.write(new Uint8Array([0, 0]));
      await client.rest();
      return world.broker.transcript();
    };
    const transcript = await run();
    expect(await run()).toBe(transcript);
    expect(transcript).toMatchInlineSnapshot(`
      "auto-0dobgvg8w0 C→B CONNECT v=5 clean=1 keepAlive=0 expiry=300 receiveMaximum=10
      auto-0dobgvg8w0 B→C CONNACK rc=0x00 present=0 assigned=auto-0dobgvg8w0 receiveMaximum=1000
      auto-0dobgvg8w0 C→B SUBSCRIBE id=1 a/+ q1, "b c" q2 noLocal sub=4
      auto-0dobgvg8w0 B→C SUBACK id=1 rc=0x01,0x02
      auto-0dobgvg8w0 B→C PUBLISH q1 id=1 a/b sub=4 expiry=5 k:v "hi \\"you\\""
      auto-0dobgvg8w0 C→B PINGREQ
      auto-0dobgvg8w0 B→C PINGRESP
      auto-0dobgvg8w0 C→B PUBACK id=1 rc=0x00
      auto-0dobgvg8w0 C→B PINGREQ
      auto-0dobgvg8w0 B→C PINGRESP
      auto-0dobgvg8w0 C→B PUBLISH q2 id=2 "b c" retain <100 bytes>
      auto-0dobgvg8w0 B→C PUBREC id=2 rc=0x10
      auto-0dobgvg8w0 C→B PUBREL id=2 rc=0x00
      auto-0dobgvg8w0 B→C PUBCOMP id=2 rc=0x00
      auto-0dobgvg8w0 C→B UNSUBSCRIBE id=3 a/+
      auto-0dobgvg8w0 B→C UNSUBACK id=3 rc=0x00
      auto-0dobgvg8w0 B→C DISCONNECT rc=0x81 reason="Packet type 0 is reserved in this version of MQTT (2.1.2)."
      auto-0dobgvg8w0 B→C closed"
    `);
  });

  it('keeps the newest lines of the transcript and says how many are gone', async () => {
    await using world = new FakeWorld({ memory: 2 });
    const client = await world.client('one');
    for (const topic of ['a', 'b', 'c', 'd']) await client.publish(topic, '', { qos: 1 });
    expect(world.broker.transcript().split('\n')).toEqual([
      '(8 earlier lines are not kept)',
      'one C→B PUBLISH q1 id=4 d ""',
      'one B→C PUBACK id=4 rc=0x10',
    ]);
    expect(world.broker.published.map(({ topic }) => topic)).toEqual(['c', 'd']);
  });

  it('has room for one line at least', () => {
    expect(() => new FakeBroker({ memory: 0 })).toThrow('memory is 0. Give a whole number from 1.');
  });

  it('lets a watcher see every packet until it stops', async () => {
    await using world = new FakeWorld();
    const seen: string[] = [];
    const stop = world.broker.watch(({ clientId, way, packet }) =>
      seen.push(`${clientId} ${way} ${packet.type}`),
    );
    const client = await world.client('one');
    stop();
    await client.fence();
    expect(seen).toEqual(['one C→B connect', 'one B→C connack']);
  });

  it('knows when nothing is on its way in memory', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    expect(world.broker.idle).toBe(true);
    client.send(publishPacket('a', '', { qos: 1, packetId: 1 }));
    expect(world.broker.idle).toBe(false);
    await world.broker.whenIdle();
    expect(client.take()).toMatchObject([{ type: 'puback' }]);
    client.send({ type: 'pingreq' });
    client.drop();
    await client.rest();
    await world.broker.whenIdle();
    expect(world.broker.idle).toBe(true);
  });
});

it.each([
  ['full', 0],
  ['closed', 1],
])('is idle again after a client that it did not let in: %s', async (name, connections) => {
  await using world = new FakeWorld({ limits: { connections } });
  if (name === 'closed') await world.broker.close();
  const client = await world.open();
  client.send({ type: 'pingreq' });
  await world.broker.whenIdle();
  await client.rest();
  client.send({ type: 'pingreq' });
  expect(world.broker.idle).toBe(true);
});

describe('its clock', () => {
  it('is a virtual one of its own, a real one, or the one that it is given', () => {
    const clock = new VirtualClock();
    expect(new FakeBroker().clock).toBeInstanceOf(VirtualClock);
    expect(new FakeBroker({ clock: 'real' }).clock).toBe(systemClock);
    expect(new FakeBroker({ clock }).clock).toBe(clock);
  });
});

describe('close', () => {
  it('says 0x8B to every client, sends no wills, and refuses who comes later', async () => {
    const world = new FakeWorld();
    const heir = await world.client('heir');
    await heir.subscribe('#');
    await world.client('mortal', {
      will: { topic: 'will', payload: new Uint8Array(0), qos: 0, retain: false },
    });
    await world.broker.close();
    expect(await heir.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8b }]);
    const late = await world.open();
    expect(await late.rest()).toEqual([]);
    await expect(world.broker.listen()).rejects.toThrow('The broker is closed');
    expect(world.clock.pendingTimers).toBe(0);
    await world.broker.close();
  });

  it('forgets everything: no delivery stays open', async () => {
    const world = new FakeWorld();
    const properties = { sessionExpiryInterval: 100 };
    const away = await world.client('away', { properties });
    const here = await world.client('here', { properties });
    await away.subscribe('$share/g/a');
    await here.subscribe('$share/g/a');
    await away.leave();
    const deliveries = ['1', '2'].map((payload) => world.broker.publish({ topic: 'a', payload, qos: 1 }));
    world.broker.publish({ topic: 'r', payload: 'x', retain: true });
    await here.leave();
    await world.broker.close();
    await Promise.all(deliveries.map((delivery) => delivery.settled()));
    // Nothing is passed on from member to member on the way out.
    expect(deliveries.map(({ copies }) => copies.map(({ end }) => end))).toEqual([
      ['session-ended'],
      ['session-ended'],
    ]);
    expect([world.broker.session('away'), world.broker.retained('r')]).toEqual([undefined, undefined]);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('shows in the transcript who was still silent', async () => {
    const world = new FakeWorld();
    const client = await world.open();
    await world.broker.close();
    await client.rest();
    expect(world.broker.transcript()).toBe('"" B→C closed');
  });

  it('ends a listener that was about to open', async () => {
    const broker = new FakeBroker();
    const listening = broker.listen();
    await broker.close();
    await expect(listening).rejects.toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
  });

  it('ends TCP clients that do not read, too', async () => {
    const broker = new FakeBroker();
    const { url } = await broker.listen();
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.pause();
    socket.write(new Uint8Array([0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 1, 0x61]));
    socket.write(new Uint8Array([0x82, 7, 0, 1, 0, 0, 1, 0x23, 0]));
    await new Promise<void>((resolve) => {
      const stop = broker.watch(({ packet }) => {
        if (packet.type !== 'suback') return;
        stop();
        resolve();
      });
    });
    for (let count = 0; count < 50; count += 1)
      broker.publish({ topic: 'a', payload: new Uint8Array(1_000_000) });
    await broker.close();
    socket.resume();
    await closed;
  });

  it('gives the port back', async () => {
    const broker = new FakeBroker();
    const listener = await broker.listen();
    const port = Number(new URL(listener.url).port);
    await expect(new FakeBroker().listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await listener.close();
    await using other = new FakeBroker();
    expect((await other.listen({ port })).url).toBe(`mqtt://127.0.0.1:${port}`);
    await broker.close();
  });
});

it('is idle although the broker wrote to a client that has not begun to read, and not when it begins', async () => {
  const broker = new FakeBroker();
  const connect = { clientId: 'c', cleanStart: true, keepAlive: 0, protocolVersion: 5 } as const;
  const unread = await broker.endpoint.connect();
  unread.write(encodePacket({ type: 'connect', ...connect }, 5));
  await nextTurn();
  expect(broker.session('c')?.connected).toBe(true);
  expect(broker.idle).toBe(true);
  unread.start(
    () => undefined,
    () => undefined,
  );
  expect(broker.idle).toBe(false);
  await broker.whenIdle();
  expect(broker.transcript()).toContain('c B→C CONNACK');
  await broker.close();
  expect(broker.idle).toBe(true);
});

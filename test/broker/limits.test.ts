import { expect, it } from 'vitest';
import { Broker } from '../../src/broker/index.js';
import { VirtualClock } from '../../src/time/index.js';
import { memoryTransportPair } from '../../src/transports/index.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { publishPacket, RawClient } from '../support/broker/raw-client.js';

it('keeps no more messages for a session than its queue holds, and counts the rest', async () => {
  await using world = new FakeWorld({ limits: { queuedMessages: 2 } });
  const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
  await away.subscribe('a');
  await away.leave();
  const deliveries = ['1', '2', '3'].map((payload) => world.broker.publish({ topic: 'a', payload, qos: 1 }));
  expect(world.broker.session('away')).toMatchObject({ queued: 2, dropped: 1 });
  expect(deliveries[2]?.copies).toMatchObject([{ end: 'queue-full' }]);
  const back = await world.client('away', { cleanStart: false });
  expect(await back.messages()).toEqual(['q1 a "1"', 'q1 a "2"']);
});

it('keeps no more bytes for a session than its queue holds', async () => {
  await using world = new FakeWorld({ limits: { queuedBytes: 250 } });
  const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
  await away.subscribe('a');
  await away.leave();
  for (let count = 0; count < 5; count += 1)
    world.broker.publish({ topic: 'a', payload: 'x'.repeat(100), qos: 1 });
  expect(world.broker.session('away')).toMatchObject({ queued: 2, dropped: 3 });
});

it('has no more bytes in flight to a client that never acknowledges: the rest waits, then is dropped', async () => {
  await using world = new FakeWorld({ limits: { queuedBytes: 250 } });
  const client = await world.client('greedy', { properties: { sessionExpiryInterval: 100 } });
  await client.subscribe('a');
  const publish = () => world.broker.publish({ topic: 'a', payload: 'x'.repeat(99), qos: 1 });
  for (let count = 0; count < 6; count += 1) publish();
  expect(world.broker.session('greedy')).toMatchObject({ inflight: 3, queued: 2, dropped: 1 });
  const { packetId = 0 } = await client.next('publish');
  client.send({ type: 'puback', packetId, reasonCode: 0 });
  await client.fence();
  expect(world.broker.session('greedy')).toMatchObject({ inflight: 3, queued: 1 });
  await world.drop(client);
  const back = await world.client('greedy', { cleanStart: false });
  expect(await back.messages()).toHaveLength(4);
  expect(world.broker.session('greedy')).toMatchObject({ inflight: 0, queued: 0 });
  for (let count = 0; count < 3; count += 1) publish();
  expect(world.broker.session('greedy')).toMatchObject({ inflight: 3, queued: 0 });
});

it('lets no expired message keep a fresh one out of the queue [MQTT-3.3.2-5]', async () => {
  await using world = new FakeWorld({ limits: { queuedMessages: 2 } });
  const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
  await away.subscribe('a');
  await away.leave();
  const publish = (payload: string, messageExpiryInterval?: number) =>
    world.broker.publish({
      topic: 'a',
      payload,
      qos: 1,
      properties: messageExpiryInterval === undefined ? undefined : { messageExpiryInterval },
    });
  const deliveries = [publish('long', 20), publish('short', 5)];
  expect(publish('too early').copies).toMatchObject([{ end: 'queue-full' }]);
  await world.clock.advance('5s');
  deliveries.push(publish('fresh'));
  expect(deliveries.map(({ copies }) => copies[0]?.end)).toEqual([undefined, 'expired', undefined]);
  await world.clock.advance('15s');
  publish('last');
  expect(world.broker.session('away')).toMatchObject({ queued: 2, dropped: 1 });
  const back = await world.client('away', { cleanStart: false });
  expect(await back.messages()).toEqual(['q1 a "fresh"', 'q1 a "last"']);
});

it.each([
  ['messages', { retainedMessages: 1 }],
  ['bytes', { retainedBytes: 10 }],
])('refuses to retain more %s than it has room for, with 0x97', async (_name, limits) => {
  await using world = new FakeWorld({ limits });
  const client = await world.client('hoarder');
  await client.subscribe('#');
  expect(await client.publish('a', '12345', { qos: 1, retain: true })).toBe(0);
  expect(await client.publish('b', '12345', { qos: 2, retain: true })).toBe(0x97);
  expect(await client.publish('b', '12345', { qos: 1, retain: true })).toBe(0x97);
  expect(await client.publish('a', '54321', { qos: 1, retain: true })).toBe(0);
  expect(await client.messages()).toEqual(['q1 a "12345"', 'q1 a "54321"']);
  client.send(publishPacket('b', '12345', { retain: true }));
  expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x97 }]);
  const old = await world.client('old', {}, 4);
  old.send(publishPacket('b', '12345', { qos: 1, packetId: 1, retain: true }));
  expect(await old.rest()).toEqual([]);
});

it('sends out a will that there is no room to retain', async () => {
  await using world = new FakeWorld({ limits: { retainedMessages: 0 } });
  const heir = await world.client('heir');
  await heir.subscribe('will', { retainAsPublished: true });
  const will = { topic: 'will', payload: new Uint8Array([65]), qos: 1, retain: true } as const;
  await world.drop(await world.client('mortal', { will }));
  expect(await heir.messages()).toEqual(['q1 will "A"']);
  expect(world.broker.published).toMatchObject([{ clientId: 'mortal', topic: 'will', retain: false }]);
});

it('makes room again when a retained message is cleared or expires', async () => {
  await using world = new FakeWorld({ limits: { retainedMessages: 1 } });
  const client = await world.client('tidy');
  await client.publish('a', 'x', { qos: 1, retain: true });
  await client.publish('a', '', { qos: 1, retain: true });
  const properties = { messageExpiryInterval: 5 };
  expect(await client.publish('b', 'x', { qos: 1, retain: true, properties })).toBe(0x10);
  expect(await client.publish('c', 'x', { qos: 1, retain: true })).toBe(0x97);
  await world.clock.advance('5s');
  expect(await client.publish('c', 'x', { qos: 1, retain: true })).toBe(0x10);
});

it('refuses one session too many, and lets the known ones in', async () => {
  await using world = new FakeWorld({ limits: { sessions: 1 } });
  await (await world.client('one', { properties: { sessionExpiryInterval: 100 } })).leave();
  expect(await (await world.open()).connect({ clientId: 'two' })).toMatchObject({ reasonCode: 0x97 });
  expect(await (await world.open(4)).connect({ clientId: 'two' })).toMatchObject({ reasonCode: 3 });
  expect(await (await world.open()).connect({ clientId: 'one' })).toMatchObject({ reasonCode: 0 });
});

it('refuses one subscription too many', async () => {
  await using world = new FakeWorld({ limits: { subscriptionsPerSession: 2 } });
  const client = await world.client('collector');
  expect((await client.subscribe(['a', 'b', 'c', 'a'])).reasonCodes).toEqual([2, 2, 0x97, 2]);
});

it('refuses a filter that there are no bytes for: its characters, and 100 for each level', async () => {
  await using world = new FakeWorld({ limits: { subscriptionBytesPerSession: 310 } });
  const bytes = () => world.broker.usage.sessions.map(({ subscriptionBytes }) => subscriptionBytes);
  const client = await world.client('collector');
  const { reasonCodes, properties } = await client.subscribe(['a/b', '12345678', '1234567', 'a/b', '+']);
  expect(reasonCodes).toEqual([2, 0x97, 2, 2, 0x97]);
  expect(properties?.reasonString).toBe('A session has 310 bytes of filters at most.');
  expect(bytes()).toEqual([310]);
  await client.unsubscribe('1234567', 'never there');
  expect(bytes()).toEqual([203]);
  expect((await client.subscribe(['$share/g/a', '+'])).reasonCodes).toEqual([0x97, 2]);
  expect(bytes()).toEqual([304]);

  const old = await world.client('of old', {}, 4);
  expect((await old.subscribe(['a/b/c/d', '#'])).reasonCodes).toEqual([0x80, 2]);
  expect(bytes()).toEqual([304, 101]);
});

it('closes one connection too many', async () => {
  await using world = new FakeWorld({ limits: { connections: 1 } });
  await world.client('one');
  const two = await world.open();
  expect(await two.rest()).toEqual([]);
});

it('holds messages back for a client that does not read, drops QoS 0 beyond the queue, and goes on when it reads', async () => {
  await using world = new FakeWorld({ limits: { queuedMessages: 3 } });
  const client = await world.client('stuck');
  await client.subscribe('#');
  client.pause();
  const payload = 'x'.repeat(50_000);
  for (let count = 0; count < 5; count += 1) world.broker.publish({ topic: `q0/${count}`, payload });
  world.broker.publish({ topic: 'q1', payload, qos: 1 });
  world.broker.publish({ topic: 'late', payload, qos: 0 });
  // Two filled the connection, three waited; the oldest of these made room for QoS 1; nothing makes room for QoS 0.
  expect(world.broker.session('stuck')).toMatchObject({ queued: 3, dropped: 2 });
  client.resume();
  const topics = (await client.messages()).map((message) => message.split(' ')[1]);
  expect(topics.sort()).toEqual(['q0/0', 'q0/1', 'q0/3', 'q0/4', 'q1']);
});

it('stops reading from a client that makes it answer and does not read the answers', async () => {
  const broker = new Broker({ clock: new VirtualClock() });
  const [mine, its] = memoryTransportPair();
  let paused = 0;
  const pause = its.pause.bind(its);
  its.pause = () => {
    paused += 1;
    pause();
  };
  broker.attach(its);
  const client = new RawClient(mine, 5);
  await client.connect();
  client.pause();
  // Each round asks for 2 KiB of answers: a megabyte of them waits before the broker has had enough.
  const pings = new Uint8Array(2048).map((_, index) => (index % 2 === 0 ? 0xc0 : 0));
  let asked = 0;
  while (asked < 1_000_000 && paused === 0) {
    client.write(pings);
    asked += pings.length / 2;
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(paused).toBeGreaterThan(0);
  client.resume();
  // Once the answers are read, the broker reads on: the question behind all of them is answered too.
  client.send(publishPacket('a', '', { qos: 1, packetId: 1 }));
  await client.answer('puback');
  expect(client.take()).toHaveLength(asked);
  await broker.close();
});

it('gives up what only waited for a slow connection when that connection ends', async () => {
  await using world = new FakeWorld();
  const client = await world.client('stuck', { properties: { sessionExpiryInterval: 100 } });
  await client.subscribe('#');
  client.pause();
  const deliveries = [1, 2, 3].map(() => world.broker.publish({ topic: 'a', payload: 'x'.repeat(70_000) }));
  expect(world.broker.session('stuck')).toMatchObject({ queued: 2 });
  client.drop();
  await Promise.all(deliveries.map((delivery) => delivery.settled()));
  expect(deliveries.map(({ copies }) => copies[0]?.end)).toEqual(['sent', 'offline', 'offline']);
  expect(world.broker.session('stuck')).toMatchObject({ queued: 0 });
});

it('passes what a leaving member of a shared group did not finish to the others [MQTT-4.8.2-5]', async () => {
  await using world = new FakeWorld();
  const first = await world.client('first', { properties: { receiveMaximum: 2 } });
  await first.subscribe('$share/g/#');
  const deliveries = ([1, 2, 1, 2] as const).map((qos, index) =>
    world.broker.publish({ topic: String(index), payload: '', qos }),
  );
  expect(await first.messages({ acknowledge: false })).toEqual(['q1 0 ""', 'q2 1 ""']);
  const second = await world.client('second');
  await second.subscribe('$share/g/#');
  await world.drop(first);
  // QoS 2 that was sent goes to nobody else; QoS 1 does, and so does what was never sent.
  expect(await second.messages()).toEqual(['q1 0 ""', 'q1 2 ""', 'q2 3 ""']);
  expect(deliveries.map(({ copies }) => copies.map(({ clientId, end }) => `${clientId} ${end}`))).toEqual([
    ['first reassigned', 'second acknowledged'],
    ['first session-ended'],
    ['first reassigned', 'second acknowledged'],
    ['first reassigned', 'second acknowledged'],
  ]);
});

it('passes nothing on that expired meanwhile, nor to a group without members', async () => {
  await using world = new FakeWorld();
  const first = await world.client('first', { properties: { sessionExpiryInterval: 10 } });
  await first.subscribe('$share/g/a');
  await first.leave();
  const properties = { messageExpiryInterval: 5 };
  const stale = world.broker.publish({ topic: 'a', payload: 'stale', qos: 1, properties });
  await world.clock.advance('8s');
  const second = await world.client('second');
  await second.subscribe('$share/g/a');
  await world.clock.advance('2s');
  expect(world.broker.session('first')).toBeUndefined();
  expect(await second.messages()).toEqual([]);
  expect(stale.copies).toMatchObject([{ clientId: 'first', end: 'expired' }]);
  const orphaned = world.broker.publish({ topic: 'a', payload: 'orphaned', qos: 1 });
  await world.drop(second);
  expect(orphaned.copies).toMatchObject([{ clientId: 'second', end: 'session-ended' }]);
});

it('gives shared messages to members that are connected before those that are not', async () => {
  await using world = new FakeWorld();
  const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
  await away.subscribe('$share/g/a');
  const here = await world.client('here');
  await here.subscribe('$share/g/a');
  await away.leave();
  for (const payload of ['1', '2']) world.broker.publish({ topic: 'a', payload, qos: 1 });
  expect(await here.messages()).toEqual(['q1 a "1"', 'q1 a "2"']);
  await here.leave();
  world.broker.publish({ topic: 'a', payload: '3', qos: 1 });
  const back = await world.client('away', { cleanStart: false });
  expect(await back.messages()).toEqual(['q1 a "3"']);
});

it('resends within a Receive Maximum that became smaller, in order', async () => {
  await using world = new FakeWorld();
  const properties = { sessionExpiryInterval: 100 };
  const first = await world.client('shrunk', { properties });
  await first.subscribe('a');
  for (const payload of ['1', '2', '3', '4']) world.broker.publish({ topic: 'a', payload, qos: 1 });
  await first.soFar();
  await world.drop(first);
  const back = await world.client('shrunk', {
    cleanStart: false,
    properties: { ...properties, receiveMaximum: 1 },
  });
  world.broker.publish({ topic: 'a', payload: '5', qos: 1 });
  expect(await back.messages()).toEqual([
    'q1 a "1" dup',
    'q1 a "2" dup',
    'q1 a "3" dup',
    'q1 a "4" dup',
    'q1 a "5"',
  ]);
});

it('goes on when a client acknowledges what was not sent again yet', async () => {
  await using world = new FakeWorld();
  const properties = { sessionExpiryInterval: 100 };
  const first = await world.client('hasty', { properties });
  await first.subscribe('a');
  for (const [payload, qos] of [
    ['1', 1],
    ['2', 1],
    ['3', 2],
  ] as const)
    world.broker.publish({ topic: 'a', payload, qos });
  await first.soFar();
  await world.drop(first);
  const back = await world.client('hasty', {
    cleanStart: false,
    properties: { ...properties, receiveMaximum: 1 },
  });
  const [sent] = await back.soFar();
  expect(sent).toMatchObject({ type: 'publish', packetId: 1, duplicate: true });
  // Two and three are not sent again: the window has room for one message.
  back.send({ type: 'puback', packetId: 2, reasonCode: 0 }, { type: 'pubrec', packetId: 3, reasonCode: 0 });
  expect(await back.soFar()).toMatchObject([{ type: 'pubrel', packetId: 3 }]);
  back.send({ type: 'puback', packetId: 1, reasonCode: 0 }, { type: 'pubcomp', packetId: 3, reasonCode: 0 });
  expect(await back.soFar()).toEqual([]);
  expect(world.broker.session('hasty')).toMatchObject({ queued: 0, inflight: 0 });
  for (const payload of ['4', '5']) world.broker.publish({ topic: 'a', payload, qos: 1 });
  expect(await back.messages()).toEqual(['q1 a "4"', 'q1 a "5"']);
});

it('makes room for bytes again when a retained message is replaced or cleared', async () => {
  await using world = new FakeWorld({ limits: { retainedBytes: 10 } });
  const client = await world.client('tidy');
  for (const payload of ['123456789', '987654321', '', '12345']) {
    expect(await client.publish('a', payload, { qos: 1, retain: true })).toBe(0x10);
  }
  expect(await client.publish('b', '1234', { qos: 1, retain: true })).toBe(0x97);
  expect(await client.publish('b', '123', { qos: 1, retain: true })).toBe(0x10);
});

it('leaves the reason string out where it would not fit, and closes where nothing fits [MQTT-3.14.2-3]', async () => {
  await using world = new FakeWorld();
  const small = await world.client('small', { properties: { maximumPacketSize: 40 } });
  small.write(new Uint8Array([0, 0]));
  expect(await small.rest()).toEqual([{ type: 'disconnect', reasonCode: 0x81 }]);
  const tiny = await world.open();
  await expect(tiny.connect({ clientId: 'tiny', properties: { maximumPacketSize: 4 } })).rejects.toThrow(
    'ended',
  );
  expect(world.broker.session('tiny')).toBeUndefined();
});

it('gives up a message that a resumed session has become too small for', async () => {
  await using world = new FakeWorld();
  const first = await world.client('shrunk', { properties: { sessionExpiryInterval: 100 } });
  await first.subscribe('a');
  const delivery = world.broker.publish({ topic: 'a', payload: 'x'.repeat(200), qos: 1 });
  await first.next('publish');
  await world.drop(first);
  const properties = { sessionExpiryInterval: 100, maximumPacketSize: 100 };
  const back = await world.client('shrunk', { cleanStart: false, properties });
  expect(await back.messages()).toEqual([]);
  expect(delivery.copies).toMatchObject([{ end: 'too-large' }]);
  expect(world.broker.session('shrunk')).toMatchObject({ queued: 0, inflight: 0 });
});

it('serves clients in memory by itself too', async () => {
  await using broker = new Broker({ clock: new VirtualClock() });
  const client = new RawClient(await broker.endpoint.connect(), 5);
  await client.connect();
  await client.subscribe('a');
  expect([
    broker.publish({ topic: 'a', payload: 'x' }),
    broker.publish({ topic: 'b', payload: 'x' }),
  ]).toEqual(['routed', 'nobody']);
  expect(await client.messages()).toEqual(['q0 a "x"']);
  await expect(broker.endpoint.connect({ signal: AbortSignal.abort() })).rejects.toThrow();
});

it('does not wait for ever for a client to close its end', async () => {
  const clock = new VirtualClock();
  await using broker = new Broker({ clock });
  const closings: (Error | undefined)[] = [];
  let receive = (_bytes: Uint8Array) => {};
  broker.attach({
    kind: 'custom',
    start: (onBytes) => {
      receive = onBytes;
    },
    write: () => true,
    onDrain: () => {},
    pause: () => {},
    resume: () => {},
    close: (error) => void closings.push(error),
  });
  receive(new Uint8Array([0, 0]));
  expect(closings).toEqual([undefined]);
  await clock.advance('5s');
  expect(closings).toEqual([undefined, new Error('The client did not close its end.')]);
});

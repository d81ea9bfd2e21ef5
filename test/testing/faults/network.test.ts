// Faults of connections as a whole: partitions, readers that are slow, brokers that end and come back.
import { describe, expect, it } from 'vitest';
import { FakeWorld } from '../../support/broker/fake-world.js';
import { publishPacket } from '../../support/broker/raw-client.js';

const lasting = { properties: { sessionExpiryInterval: 1_000 } };
const types = (packets: readonly { type: string }[]) => packets.map(({ type }) => type);

describe('a partition', () => {
  it('lets nothing through in either direction; then what was sent comes', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    await one.subscribe('a');
    const fault = world.broker.faults.partition('10s');
    one.send(publishPacket('b', 'x', { qos: 1, packetId: 9 }));
    world.broker.publish({ topic: 'a', payload: 'x' });
    await world.clock.advance(9_999);
    expect(one.take()).toEqual([]);
    expect(world.broker.published).toEqual([]);
    await world.clock.advance(1);
    expect(types(one.take())).toEqual(['publish', 'puback']);
    expect(fault.struck).toBe(2);
    expect(world.broker.transcript().split('\n').slice(4)).toEqual([
      '--- a partition of 10000 ms',
      'one B→C PUBLISH q0 a "x" (held by the partition)',
      '--- the partition is over',
      'one C→B PUBLISH q1 id=9 b "x" (held by the partition)',
      'one B→C PUBACK id=9 rc=0x10',
    ]);
  });

  it('hides the end of a connection', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one', lasting);
    world.broker.faults.partition('10s');
    one.drop();
    await world.clock.advance(9_999);
    expect(world.broker.session('one')).toMatchObject({ connected: true });
    await world.clock.advance(1);
    expect(world.broker.session('one')).toMatchObject({ connected: false });
  });

  it('lets the broker lose patience with a client, which hears of it afterwards', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one', { keepAlive: 2, ...lasting });
    world.broker.faults.partition('10s');
    await world.clock.advance(3_000);
    expect(world.broker.session('one')).toMatchObject({ connected: false });
    await world.clock.advance(6_999);
    expect(one.isClosed).toBe(false);
    await world.clock.advance(1);
    expect(one.isClosed).toBe(true);
  });

  it('lets a new connection hang until it is over, or its client gives up', async () => {
    await using world = new FakeWorld();
    const fault = world.broker.faults.partition('10s');
    const patient = world.client('patient');
    const giveUp = new AbortController();
    const hasty = world.broker.endpoint.connect({ signal: giveUp.signal });
    const refused = expect(hasty).rejects.toThrow('too long');
    await world.clock.advance(9_999);
    giveUp.abort(new Error('too long'));
    await refused;
    expect(world.broker.sessions.size).toBe(0);
    await world.clock.advance(1);
    await patient;
    expect([...world.broker.sessions.keys()]).toEqual(['patient']);
    expect(fault.struck).toBe(2);
  });

  it('lets a connection on TCP open and gives it no answer', async () => {
    const { connect } = await import('node:net');
    const { fromDuplex } = await import('../../../src/transports/index.js');
    const { RawClient } = await import('../../support/broker/raw-client.js');
    await using world = new FakeWorld();
    const { url } = await world.broker.listen();
    const fault = world.broker.faults.partition('10s');
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const client = new RawClient(fromDuplex(socket), 5);
    const connected = client.connect({ clientId: 'one' });
    await new Promise<void>((resolve) => {
      const looked = () => (fault.struck > 0 ? resolve() : void setImmediate(looked));
      looked();
    });
    expect(world.broker.sessions.size).toBe(0);
    await world.clock.advance('10s');
    expect(await connected).toMatchObject({ reasonCode: 0 });
  });

  it('is not cut short by a second one, and ends when it is removed', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    world.broker.faults.partition('10s');
    const second = world.broker.faults.partition('1s');
    one.send({ type: 'pingreq' });
    await world.clock.advance('2s');
    expect(one.take()).toEqual([]);
    second.remove();
    await world.clock.settle();
    expect(types(one.take())).toEqual(['pingresp']);
    expect(world.broker.transcript().match(/the partition is over/g)).toHaveLength(1);
  });

  it('holds nobody up when the broker closes', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    world.broker.faults.partition('10s');
    const late = world.open();
    await world.broker.close();
    expect(types(await one.rest())).toEqual(['disconnect']);
    expect(await (await late).rest()).toEqual([]);
    world.broker.faults.clear();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe('a slow reader', () => {
  it('on the broker’s side lets the client feel that it can’t write', async () => {
    await using world = new FakeWorld();
    const transport = await world.broker.endpoint.connect();
    const { RawClient } = await import('../../support/broker/raw-client.js');
    let drained = 0;
    transport.onDrain(() => {
      drained += 1;
    });
    const client = new RawClient(transport, 5);
    await client.connect({ clientId: 'one' });
    const fault = world.broker.faults.slow({ cmd: 'pingreq' }, '5s');
    client.send({ type: 'pingreq' });
    await world.clock.settle();
    const bytes = new Uint8Array(30_000);
    bytes.set([0x30, 0xad, 0xea, 0x01, 0, 1, 0x61, 0]); // PUBLISH at QoS 0 to "a", 29,997 bytes behind its header
    bytes[1] = (29_996 & 0x7f) | 0x80;
    bytes[2] = ((29_996 >> 7) & 0x7f) | 0x80;
    bytes[3] = 29_996 >> 14;
    bytes.set([0, 1, 0x61, 0], 4);
    expect([1, 2, 3].map(() => transport.write(bytes))).toEqual([true, true, false]);
    await world.clock.advance(4_999);
    expect([world.broker.published.length, drained]).toEqual([0, 0]);
    expect(world.broker.isHolding).toBe(true);
    await world.clock.advance(1);
    expect([world.broker.published.length, drained]).toEqual([3, 1]);
    expect(world.broker.isHolding).toBe(false);
    expect(fault.struck).toBe(1);
  });

  it('on the broker’s side makes a publish wait until it reads on', async () => {
    const { connect } = await import('topicwise/client');
    await using world = new FakeWorld();
    await using client = await connect(world.broker.endpoint, { clientId: 'one', clock: world.clock });
    world.broker.faults.slow({ cmd: 'publish', nth: 1 }, '5s');
    await client.publish('a', 'the last one that it reads');
    await world.clock.settle();
    let handedOver = 0;
    const publishes = [1, 2, 3].map(async () => {
      await client.publish('a', new Uint8Array(50_000));
      await world.clock.settle();
      handedOver += 1;
    });
    await world.clock.advance(4_999);
    expect([handedOver, client.stats().queuedOut, world.broker.published.length]).toEqual([2, 1, 1]);
    await world.clock.advance(1);
    await Promise.all(publishes);
    expect([client.stats().queuedOut, world.broker.published.length]).toEqual([0, 4]);
  });

  it('on the client’s side lets the broker’s queue for it grow, up to its limit', async () => {
    await using world = new FakeWorld({ limits: { queuedMessages: 3 } });
    const client = await world.client('one');
    await client.subscribe('a', { maximumQoS: 1 });
    world.broker.faults.slow({ cmd: 'publish', from: 'broker', nth: 1 }, '5s', { reader: 'client' });
    const deliveries = ['1', '2', '3', '4', '5', '6'].map((payload) =>
      world.broker.publish({ topic: 'a', payload, qos: 1 }),
    );
    await world.clock.settle();
    // The first is the last one that it reads; the second fills the connection; three wait; the sixth has no room.
    expect(types(client.take())).toEqual(['publish']);
    expect(world.broker.session('one')).toMatchObject({ inflight: 2, queued: 3, dropped: 1 });
    expect(deliveries[5]?.copies).toMatchObject([{ end: 'queue-full' }]);
    await world.clock.advance('5s');
    expect(types(client.take())).toEqual(Array(4).fill('publish'));
    expect(world.broker.session('one')).toMatchObject({ inflight: 5, queued: 0 });
  });

  it('reads on when the script is cleared', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    world.broker.faults.slow({ cmd: 'pingreq' }, '1h');
    client.send({ type: 'pingreq' });
    await world.clock.settle();
    client.send(publishPacket('a', 'x', { qos: 1, packetId: 1 }));
    await world.clock.settle();
    expect(types(client.take())).toEqual(['pingresp']);
    world.broker.faults.clear();
    await world.clock.settle();
    expect(types(client.take())).toEqual(['puback']);
  });
});

describe('restart', () => {
  it('drops every connection without a word and forgets everything; a listener stays', async () => {
    await using world = new FakeWorld();
    const { url } = await world.broker.listen();
    const one = await world.client('one', lasting);
    await one.subscribe('a');
    world.broker.publish({ topic: 'r', payload: 'x', retain: true });
    const silent = await world.open();
    await world.broker.restart();
    expect([await one.rest(), await silent.rest()]).toEqual([[], []]);
    expect([world.broker.sessions.size, world.broker.retainedMessages.length]).toEqual([0, 0]);
    const again = await world.open();
    expect(await again.connect({ clientId: 'one', cleanStart: false })).toMatchObject({
      sessionPresent: false,
    });
    const { connect } = await import('topicwise/client');
    await using client = await connect(url);
    expect(client.state.state).toBe('connected');
  });

  it('keeps sessions that outlive their connection, what is in flight, and what is retained', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one', lasting);
    await one.subscribe('a', { maximumQoS: 1 });
    await (await world.client('brief')).subscribe('a');
    world.broker.publish({ topic: 'r', payload: 'x', retain: true });
    const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos: 1 });
    await world.clock.settle();
    await world.broker.restart({ keepSessions: true });
    expect([...world.broker.sessions]).toMatchObject([['one', { connected: false, inflightTopics: ['a'] }]]);
    expect(world.broker.retained('r')).toBeDefined();
    const again = await world.client('one', { cleanStart: false, ...lasting });
    expect(await again.messages()).toEqual(['q1 a "x" dup']);
    expect(delivery.copies).toMatchObject([
      { clientId: 'one', sent: 2, end: 'acknowledged' },
      { clientId: 'brief', end: 'session-ended' },
    ]);
    expect(world.broker.transcript()).toContain('\n--- the broker restarts, sessions kept\none B→C closed\n');
  });

  it('hands nothing of a shared group over while all its members go', async () => {
    await using world = new FakeWorld();
    for (const name of ['one', 'other']) {
      await (await world.client(name, lasting)).subscribe('$share/g/a', { maximumQoS: 1 });
    }
    for (const payload of ['x', 'y']) world.broker.publish({ topic: 'a', payload, qos: 1 });
    await world.clock.settle();
    const inFlight = () => [...world.broker.sessions.values()].map(({ inflight }) => inflight);
    expect(inFlight()).toEqual([1, 1]);
    await world.broker.restart({ keepSessions: true });
    expect(inFlight()).toEqual([1, 1]);
  });

  it('lets time go on for the sessions that it keeps', async () => {
    await using world = new FakeWorld();
    await world.client('one', { properties: { sessionExpiryInterval: 10 } });
    await world.broker.restart({ keepSessions: true });
    await world.clock.advance(9_999);
    expect(world.broker.session('one')).toBeDefined();
    await world.clock.advance(1);
    expect(world.broker.session('one')).toBeUndefined();
  });

  it.each([true, false])('can say goodbye, and sends no will; sessions kept: %s', async (keepSessions) => {
    await using world = new FakeWorld();
    const heir = await world.client('heir', lasting);
    await heir.subscribe('will');
    const one = await world.client('one', {
      ...lasting,
      will: { topic: 'will', payload: new Uint8Array(0), qos: 1, retain: false },
    });
    await world.broker.restart({ keepSessions, goodbye: true });
    expect(await one.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8b }]);
    expect(types(await heir.rest())).toEqual(['disconnect']);
    expect(world.broker.published).toEqual([]);
    expect(world.broker.sessions.size).toBe(keepSessions ? 2 : 0);
  });

  it('is noticed after a partition, if there is one', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one', lasting);
    world.broker.faults.partition('10s');
    await world.broker.restart({ keepSessions: true });
    expect(world.broker.session('one')).toMatchObject({ connected: false });
    await world.clock.advance(9_999);
    expect(one.isClosed).toBe(false);
    await world.clock.advance(1);
    expect(one.isClosed).toBe(true);
  });

  it('takes back what the broker had to say and could not', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    world.broker.faults.delay({ cmd: 'pingresp' }, '1h');
    one.send({ type: 'pingreq' });
    await world.clock.settle();
    await world.broker.restart();
    expect(await one.rest()).toEqual([]);
    expect(world.broker.idle).toBe(true);
  });
});

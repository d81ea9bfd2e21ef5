// Each fault against raw clients: what the client gets, what the broker did, and what the transcript says.
import { describe, expect, it } from 'vitest';
import type { PacketMatch } from '../../../src/testing/index.js';
import { FakeWorld } from '../../support/broker/fake-world.js';
import { connectPacket, type RawClient } from '../../support/broker/raw-client.js';

const lasting = { properties: { sessionExpiryInterval: 100 } };
const publishAt = (qos: 0 | 1 | 2, packetId: number, topic = 'a') =>
  ({
    type: 'publish',
    topic,
    payload: new Uint8Array([120]),
    qos,
    retain: false,
    duplicate: false,
    ...(qos > 0 && { packetId }),
  }) as const;

/** The lines of the transcript that a fault has something to say about. */
function struckLines(world: FakeWorld): string[] {
  return world.broker
    .transcript()
    .split('\n')
    .filter((line) => line.endsWith(')'));
}

/** What a client has got by now. */
async function got(world: FakeWorld, client: RawClient): Promise<string[]> {
  await world.clock.settle();
  return client.take().map(({ type }) => type);
}

describe('lose', () => {
  it('keeps a packet of the client from the broker', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.lose({ cmd: 'publish', from: 'client', topic: 'a' });
    client.send(publishAt(1, 1));
    expect(await got(world, client)).toEqual([]);
    expect(world.broker.published).toEqual([]);
    client.send(publishAt(1, 2, 'b'));
    expect(await got(world, client)).toEqual(['puback']);
    expect(fault.struck).toBe(1);
    expect(struckLines(world)).toEqual(['one C→B PUBLISH q1 id=1 a "x" (lost)']);
  });

  it('keeps a packet of the broker from the client', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.lose({ cmd: 'puback', nth: 2 });
    client.send(publishAt(1, 1), publishAt(1, 2), publishAt(1, 3));
    await world.clock.settle();
    expect(client.take()).toMatchObject([{ packetId: 1 }, { packetId: 3 }]);
    expect(world.broker.published).toHaveLength(3);
    expect(fault.struck).toBe(1);
    expect(struckLines(world)).toEqual(['one B→C PUBACK id=2 rc=0x10 (lost)']);
  });

  it.each<[PacketMatch['cmd'], (client: RawClient) => void]>([
    ['pingreq', (client) => client.send({ type: 'pingreq' })],
    ['pingresp', (client) => client.send({ type: 'pingreq' })],
    ['suback', (client) => void client.subscribe('a').catch(() => undefined)],
    ['unsuback', (client) => void client.unsubscribe('a').catch(() => undefined)],
    ['pubrec', (client) => client.send(publishAt(2, 1))],
  ])('knows every packet: %s', async (cmd, act) => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.lose({ cmd });
    act(client);
    expect(await got(world, client)).toEqual([]);
    expect(fault.struck).toBe(1);
  });

  it('knows CONNACK, AUTH and DISCONNECT, too', async () => {
    await using world = new FakeWorld();
    const connack = world.broker.faults.lose({ cmd: 'connack' });
    const goodbye = world.broker.faults.lose({ cmd: 'disconnect', from: 'client' });
    const auth = world.broker.faults.lose({ cmd: 'auth' });
    const client = await world.open();
    client.send({
      type: 'connect',
      protocolVersion: 5,
      clientId: 'one',
      cleanStart: true,
      keepAlive: 0,
    });
    expect(await got(world, client)).toEqual([]);
    client.send({ type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'x' } });
    client.send({ type: 'disconnect', reasonCode: 0 });
    expect(await got(world, client)).toEqual([]);
    expect(world.broker.session('one')).toMatchObject({ connected: true });
    expect([connack, goodbye, auth].map(({ struck }) => struck)).toEqual([1, 1, 1]);
  });
});

describe('a match', () => {
  it.each<[string, PacketMatch, number]>([
    ['the type alone', { cmd: 'publish' }, 6],
    ['the sender', { cmd: 'publish', from: 'broker' }, 3],
    ['the client', { cmd: 'publish', clientId: 'two' }, 3],
    ['a topic', { cmd: 'publish', from: 'client', topic: 'a/1' }, 1],
    ['a filter', { cmd: 'publish', from: 'client', topic: 'a/+' }, 2],
    ['an acknowledgement by the topic of its message', { cmd: 'puback', from: 'client', topic: 'a/#' }, 2],
    ['the broker’s acknowledgement, too', { cmd: 'puback', from: 'broker', topic: 'b' }, 1],
    ['SUBSCRIBE by its filter', { cmd: 'subscribe', topic: '#' }, 1],
    ['SUBACK by the filter that it answers', { cmd: 'suback', topic: '#' }, 1],
    ['another filter than that', { cmd: 'suback', topic: 'a' }, 0],
    ['the nth', { cmd: 'publish', nth: 4 }, 1],
    ['an nth that never comes', { cmd: 'publish', nth: 7 }, 0],
  ])('is for %s', async (_what, when, times) => {
    await using world = new FakeWorld();
    const fault = world.broker.faults.delay(when, 0);
    const one = await world.client('one');
    const two = await world.client('two');
    await two.subscribe('#', { maximumQoS: 1 });
    for (const topic of ['a/1', 'a/2', 'b']) await one.publish(topic, 'x', { qos: 1 });
    await two.messages();
    expect(fault.struck).toBe(times);
    expect(world.broker.faults.unstruck).toEqual(times === 0 ? [fault] : []);
  });

  it('knows the topic behind an alias', async () => {
    await using world = new FakeWorld({ capabilities: { topicAliasMaximum: 5 } });
    const client = await world.client('one');
    const fault = world.broker.faults.lose({ cmd: 'publish', topic: 'long/name', nth: 2 });
    for (const topic of ['long/name', '', ''])
      client.send({ ...publishAt(0, 0, topic), properties: { topicAlias: 1 } });
    await client.fence();
    expect(fault.struck).toBe(1);
    expect(world.broker.published).toHaveLength(2);
  });
});

describe('disconnect', () => {
  it.each([
    ['before', [], 0],
    ['after', ['puback'], 1],
  ] as const)('ends the connection %s a packet, without a word', async (when, answers, published) => {
    await using world = new FakeWorld();
    const client = await world.client('one', {
      will: { topic: 'will', payload: new Uint8Array(0), qos: 0, retain: false },
    });
    const fault = world.broker.faults.disconnect({ cmd: 'publish', from: 'client' }, { when });
    client.send(publishAt(1, 1), { type: 'pingreq' });
    expect((await client.rest()).map(({ type }) => type)).toEqual(answers);
    expect(fault.struck).toBe(1);
    // The client is lost: its will goes out.
    expect(world.broker.published.map(({ topic }) => topic)).toEqual([...Array(published).fill('a'), 'will']);
    expect(world.broker.session('one')).toBeUndefined();
    expect(world.broker.transcript()).toMatch(/one B→C closed \(disconnected\)$/);
  });

  it('can strike an answer of the broker before it leaves', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', lasting);
    world.broker.faults.disconnect({ cmd: 'puback' });
    client.send(publishAt(1, 1));
    expect(await client.rest()).toEqual([]);
    expect(world.broker.published).toHaveLength(1);
    expect(struckLines(world)).toEqual([
      'one B→C PUBACK id=1 rc=0x10 (disconnected before)',
      'one B→C closed (disconnected)',
    ]);
  });

  it('says why on MQTT 5, and goes without a word on 3.1.1', async () => {
    await using world = new FakeWorld();
    world.broker.faults.disconnect(
      { cmd: 'pingreq' },
      { reasonCode: 0x98, reasonString: 'maintenance', when: 'after' },
    );
    const five = await world.client('five');
    five.send({ type: 'pingreq' });
    expect(await five.rest()).toMatchObject([
      { type: 'pingresp' },
      { type: 'disconnect', reasonCode: 0x98, properties: { reasonString: 'maintenance' } },
    ]);
    const four = await world.client('four', {}, 4);
    four.send({ type: 'pingreq' });
    expect(await four.rest()).toMatchObject([{ type: 'pingresp' }]);
  });
});

describe('refuse', () => {
  it('answers CONNECT with the code and ends the connection; the broker never saw it', async () => {
    await using world = new FakeWorld();
    const fault = world.broker.faults.refuse({ cmd: 'connect', nth: 1 }, 0x97, { reasonString: 'full' });
    const client = await world.open();
    expect(await client.connect({ clientId: 'one' })).toMatchObject({
      reasonCode: 0x97,
      properties: { reasonString: 'full' },
    });
    expect(await client.rest()).toEqual([]);
    expect(world.broker.sessions.size).toBe(0);
    expect(fault.struck).toBe(1);
    expect(world.broker.transcript()).toMatchInlineSnapshot(`
      "one C→B CONNECT v=5 clean=1 keepAlive=0 (refused)
      one B→C CONNACK rc=0x97 present=0 reason="full"
      one B→C closed (refused)"
    `);
    await world.client('one');
  });

  it.each([
    [
      'SUBSCRIBE',
      0x87,
      5,
      (client: RawClient) => client.subscribe(['a', 'b']),
      { reasonCodes: [0x87, 0x87] },
    ],
    ['SUBSCRIBE', 0x87, 4, (client: RawClient) => client.subscribe(['a']), { reasonCodes: [0x80] }],
    ['UNSUBSCRIBE', 0x83, 5, (client: RawClient) => client.unsubscribe('z'), { reasonCodes: [0x83] }],
  ] as const)(
    'answers %s with 0x%s on version %i and does not act on it',
    async (cmd, code, version, act, answer) => {
      await using world = new FakeWorld();
      const client = await world.client('one', {}, version);
      await client.subscribe('z');
      world.broker.faults.refuse({ cmd: cmd === 'SUBSCRIBE' ? 'subscribe' : 'unsubscribe' }, code);
      expect(await act(client)).toMatchObject(answer);
      expect(world.broker.subscriptions.map(({ filter }) => filter)).toEqual(['z']);
    },
  );

  it.each([1, 2] as const)('answers PUBLISH at QoS %i; nobody gets it', async (qos) => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.refuse({ cmd: 'publish', topic: 'a' }, 0x97);
    expect(await client.publish('a', 'x', { qos })).toBe(0x97);
    expect(world.broker.published).toEqual([]);
    // The identifier is free again.
    expect(await client.publish('b', 'x', { qos, packetId: 1 })).toBe(0x10);
    expect(fault.struck).toBe(1);
  });

  it.each([
    ['QoS 0', 5, 0],
    ['MQTT 3.1.1', 4, 1],
  ] as const)('lets by what can’t be refused, and does not count it: %s', async (_what, version, qos) => {
    await using world = new FakeWorld();
    const client = await world.client('one', {}, version);
    const fault = world.broker.faults.refuse({ cmd: 'publish' }, 0x97);
    await client.publish('a', 'x', { qos });
    expect(world.broker.published).toHaveLength(1);
    expect(fault.struck).toBe(0);
  });

  it.each([
    [0x87, 5],
    [0x86, 4],
    [0x97, 3],
  ])(
    'answers a CONNECT of MQTT 3.1.1 with the return code that says the same as %i',
    async (code, returnCode) => {
      await using world = new FakeWorld({ version: 4 });
      world.broker.faults.refuse({ cmd: 'connect' }, code);
      const client = await world.open(4);
      expect(await client.connect({ clientId: 'one' })).toMatchObject({ reasonCode: returnCode });
      await client.rest();
    },
  );

  it('sends an answer that other faults can strike', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    world.broker.faults.refuse({ cmd: 'subscribe' }, 0x80);
    world.broker.faults.lose({ cmd: 'suback' });
    void client.subscribe('a').catch(() => undefined);
    expect(await got(world, client)).toEqual([]);
    expect(struckLines(world)).toEqual([
      'one C→B SUBSCRIBE id=1 a q2 (refused)',
      'one B→C SUBACK id=1 rc=0x80 (lost)',
    ]);
  });
});

describe('duplicate', () => {
  it('delivers a packet of the client twice', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.duplicate({ cmd: 'publish' });
    client.send(publishAt(1, 1));
    expect(await got(world, client)).toEqual(['puback', 'puback']);
    expect(world.broker.published).toHaveLength(2);
    expect(fault.struck).toBe(1);
    expect(struckLines(world)).toEqual(['one C→B PUBLISH q1 id=1 a "x" (duplicate)']);
  });

  it('delivers a packet of the broker twice', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    world.broker.faults.duplicate({ cmd: 'pingresp' });
    client.send({ type: 'pingreq' });
    expect(await got(world, client)).toEqual(['pingresp', 'pingresp']);
    expect(struckLines(world)).toEqual(['one B→C PINGRESP (duplicate)']);
  });
});

describe('delay', () => {
  it('holds a packet for its time, and all that comes behind it in its direction', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const fault = world.broker.faults.delay({ cmd: 'puback', nth: 1 }, '5s');
    client.send(publishAt(1, 1), publishAt(1, 2), { type: 'pingreq' });
    await world.clock.advance(4_999);
    expect(client.take()).toEqual([]);
    expect(world.broker.published).toHaveLength(2);
    expect(world.broker.idle).toBe(false);
    await world.clock.advance(1);
    expect(client.take()).toMatchObject([
      { type: 'puback', packetId: 1 },
      { type: 'puback', packetId: 2 },
      { type: 'pingresp' },
    ]);
    expect(world.broker.idle).toBe(true);
    expect(fault.struck).toBe(1);
    expect(struckLines(world)).toEqual(['one B→C PUBACK id=1 rc=0x10 (delayed 5000 ms)']);
  });

  it('leaves the other direction and other connections alone', async () => {
    await using world = new FakeWorld();
    const one = await world.client('one');
    const two = await world.client('two');
    await one.subscribe('b');
    world.broker.faults.delay({ cmd: 'publish', from: 'client', topic: 'a' }, '5s');
    one.send(publishAt(1, 1, 'a'));
    await two.publish('b', 'x');
    expect(await got(world, one)).toEqual(['publish']);
    await world.clock.advance('5s');
    expect(await got(world, one)).toEqual(['puback']);
  });

  it.each(['client', 'broker'] as const)(
    'holds back the end of the connection by the %s, too',
    async (by) => {
      await using world = new FakeWorld();
      const client = await world.client('one', lasting);
      world.broker.faults.delay({ cmd: by === 'client' ? 'publish' : 'pingresp' }, '1s');
      if (by === 'client') {
        client.send(publishAt(1, 1));
        client.end();
      } else {
        client.send({ type: 'pingreq' });
        client.write(new Uint8Array([0, 0])); // no MQTT: the broker disconnects
      }
      await world.clock.advance(999);
      expect(world.broker.session('one')?.connected).toBe(by === 'client');
      expect(client.take()).toEqual([]);
      await world.clock.advance(1);
      const rest = (await client.rest()).map(({ type }) => type);
      expect(rest).toEqual(by === 'client' ? [] : ['pingresp', 'disconnect']);
      expect(world.broker.session('one')?.connected).toBe(false);
      expect(world.broker.published).toHaveLength(by === 'client' ? 1 : 0);
    },
  );
});

describe('corrupt', () => {
  it('changes one bit of a packet of the broker, chosen by the seed', async () => {
    const run = async (seed: number) => {
      await using world = new FakeWorld({ seed });
      const client = await world.client('one');
      await client.subscribe('a');
      world.broker.faults.corrupt({ cmd: 'publish', from: 'broker' });
      world.broker.publish({ topic: 'a', payload: 'x'.repeat(50) });
      await world.clock.settle();
      return struckLines(world)[0];
    };
    const runs = await Promise.all([1, 1, 2].map(run));
    expect(runs[0]).toMatch(/^one B→C PUBLISH q0 a "x{50}" \(corrupted: bit \d of byte \d+\)$/);
    expect(runs[1]).toBe(runs[0]);
    expect(runs[2]).not.toBe(runs[0]);
  });

  it('lets the client read what came of it', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    await client.subscribe('a');
    world.broker.faults.corrupt({ cmd: 'publish', from: 'broker' }, { at: 1_000 });
    world.broker.publish({ topic: 'a', payload: 'x' });
    const { payload } = await client.next('publish');
    // The last byte, one bit of it.
    const changed = (payload[0] ?? 0) ^ 'x'.charCodeAt(0);
    expect([1, 2, 4, 8, 16, 32, 64, 128]).toContain(changed);
  });

  it('shows what a client sent and what the broker read', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    world.broker.faults.corrupt({ cmd: 'publish' }, { at: 0 });
    client.send(publishAt(1, 1));
    await client.rest();
    const [sent, read] = world.broker.transcript().split('\n').slice(2);
    expect(sent).toMatch(/^one C→B PUBLISH q1 id=1 a "x" \(corrupted: bit \d of byte 0\)$/);
    expect(read).toMatch(/^one B→C DISCONNECT rc=0x8/);
  });
});

describe('cut', () => {
  it('ends the connection in the middle of a packet of the broker', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', lasting);
    await client.subscribe('a');
    const fault = world.broker.faults.cut({ cmd: 'publish', from: 'broker' }, { at: 3 });
    const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos: 1 });
    expect(await client.rest()).toEqual([]);
    expect(delivery.copies).toMatchObject([{ sent: 1, end: undefined }]);
    expect(world.broker.session('one')).toMatchObject({ connected: false, inflightTopics: ['a'] });
    expect(fault.struck).toBe(1);
    expect(struckLines(world)).toEqual([
      'one B→C PUBLISH q1 id=1 a "x" (cut after 3 of 9 bytes)',
      'one B→C closed (cut)',
    ]);
  });

  it('ends it in the middle of a packet of the client', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', lasting);
    world.broker.faults.cut({ cmd: 'publish' });
    client.send({ type: 'pingreq' }, publishAt(1, 1));
    expect(await client.rest()).toMatchObject([{ type: 'pingresp' }]);
    expect(world.broker.published).toEqual([]);
    expect(struckLines(world)[0]).toMatch(/PUBLISH q1 id=1 a "x" \(cut after [1-8] of 9 bytes\)$/);
  });

  it('never lets the whole packet through', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    world.broker.faults.cut({ cmd: 'pingresp' }, { at: 1_000 });
    client.send({ type: 'pingreq' });
    expect(await client.rest()).toEqual([]);
  });
});

describe('several faults of one packet', () => {
  it('all strike: a PUBACK that is lost before the connection ends', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one', lasting);
    const { faults } = world.broker;
    const struck = [
      faults.delay({ cmd: 'puback' }, '1s'),
      faults.delay({ cmd: 'puback' }, '2s'),
      faults.lose({ cmd: 'puback' }),
      faults.disconnect({ cmd: 'puback' }, { when: 'after' }),
    ];
    client.send(publishAt(1, 1));
    await world.clock.advance(2_999);
    expect(client.isClosed).toBe(false);
    await world.clock.advance(1);
    expect(await client.rest()).toEqual([]);
    expect(struck.map((fault) => fault.struck)).toEqual([1, 1, 1, 1]);
    expect(struckLines(world)).toEqual([
      'one B→C PUBACK id=1 rc=0x10 (delayed 3000 ms, lost)',
      'one B→C closed (disconnected)',
    ]);
  });
});

describe('the script', () => {
  it('lists its faults, and forgets one or all; what is held comes through', async () => {
    await using world = new FakeWorld();
    const { faults } = world.broker;
    const client = await world.client('one');
    const lost = faults.lose({ cmd: 'puback', topic: 'a', nth: 1 });
    faults.delay({ cmd: 'pingresp' }, '1m');
    expect(faults.scripted.map(({ description }) => description)).toEqual([
      "lose({ cmd: 'puback', topic: 'a', nth: 1 })",
      "delay({ cmd: 'pingresp' }, '1m')",
    ]);
    lost.remove();
    client.send(publishAt(1, 1), { type: 'pingreq' });
    expect(await got(world, client)).toEqual(['puback']);
    faults.clear();
    expect(await got(world, client)).toEqual(['pingresp']);
    client.send({ type: 'pingreq' });
    expect(await got(world, client)).toEqual(['pingresp']);
    expect(faults.scripted).toEqual([]);
    expect(lost.struck).toBe(0);
  });

  it('can be written while packets come, from inside a watcher', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const stop = world.broker.watch(({ packet }) => {
      if (packet.type === 'publish') world.broker.faults.lose({ cmd: 'puback', nth: 1 });
    });
    client.send(publishAt(1, 1));
    expect(await got(world, client)).toEqual([]);
    stop();
    client.send(publishAt(1, 2));
    expect(await got(world, client)).toEqual(['puback']);
    expect(struckLines(world)).toEqual(['one B→C PUBACK id=1 rc=0x10 (lost)']);
  });

  it('leaves a packet alone that had begun to come before', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const bytes = [0x32, 6, 0, 1, 0x61, 0, 1, 0];
    client.write(new Uint8Array(bytes.slice(0, 4)));
    await world.clock.settle();
    const fault = world.broker.faults.lose({ cmd: 'publish' });
    client.write(new Uint8Array([...bytes.slice(4), ...bytes.slice(0, 6)]));
    expect(await got(world, client)).toEqual(['puback']);
    client.write(new Uint8Array(bytes.slice(6)));
    expect(await got(world, client)).toEqual([]);
    expect([world.broker.published.length, fault.struck]).toEqual([1, 1]);
  });

  it('can be written while a client authenticates', async () => {
    const steps = [{ reasonCode: 0x18 }, { reasonCode: 0 }];
    await using world = new FakeWorld({
      authenticationMethods: { two: () => () => steps.shift() ?? { reasonCode: 0x80 } },
    });
    const client = await world.open();
    const properties = { authenticationMethod: 'two' };
    client.send(connectPacket(5, { clientId: '', properties }));
    await client.next('auth');
    const fault = world.broker.faults.lose({ cmd: 'auth', from: 'client', nth: 1 });
    client.send({ type: 'auth', reasonCode: 0x18, properties });
    expect(await got(world, client)).toEqual([]);
    client.send({ type: 'auth', reasonCode: 0x18, properties });
    expect(await got(world, client)).toEqual(['connack']);
    expect(fault.struck).toBe(1);
  });

  it('leaves bytes to the broker that are no MQTT', async () => {
    await using world = new FakeWorld();
    world.broker.faults.lose({ cmd: 'publish' });
    const client = await world.client('one');
    client.write(new Uint8Array([0, 0]));
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x81 }]);
    const large = await world.client('two');
    large.write(new Uint8Array([0x30, 0xff, 0xff, 0xff, 0x7f]));
    expect(await large.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x95 }]);
  });
});

it('strikes connections on TCP, too', async () => {
  const { connect } = await import('node:net');
  const { fromDuplex } = await import('../../../src/transports/index.js');
  const { RawClient } = await import('../../support/broker/raw-client.js');
  await using world = new FakeWorld();
  const { url } = await world.broker.listen();
  const client = new RawClient(fromDuplex(connect(Number(new URL(url).port), '127.0.0.1')), 5);
  await client.connect({ clientId: 'one', ...lasting });
  const faults = [
    world.broker.faults.lose({ cmd: 'puback', nth: 1 }),
    world.broker.faults.refuse({ cmd: 'subscribe' }, 0x87),
    world.broker.faults.cut({ cmd: 'pingresp' }, { at: 1 }),
  ];
  client.send(publishAt(1, 1), publishAt(1, 2));
  expect(await client.next('puback')).toMatchObject({ packetId: 2 });
  expect(await client.subscribe('a')).toMatchObject({ reasonCodes: [0x87] });
  client.send({ type: 'pingreq' });
  expect(await client.rest()).toEqual([]);
  expect(faults.map(({ struck }) => struck)).toEqual([1, 1, 1]);
});

describe('what is gone with the connection', () => {
  it('strikes no other fault, which waits for the next connection', async () => {
    await using world = new FakeWorld();
    const away = await world.client('one', lasting);
    await away.subscribe('a', { maximumQoS: 1 });
    await world.drop(away);
    for (const payload of ['x', 'y', 'z']) world.broker.publish({ topic: 'a', payload, qos: 1 });
    const { faults } = world.broker;
    const from = 'broker';
    const first = faults.disconnect({ cmd: 'publish', from, nth: 1 });
    const second = faults.lose({ cmd: 'publish', from, nth: 2 });
    const back = await world.open();
    await back.connect({ clientId: 'one', cleanStart: false, ...lasting });
    await back.rest();
    expect([first.struck, second.struck, faults.unstruck]).toEqual([1, 0, [second]]);
    expect(struckLines(world)).toEqual([
      'one B→C PUBLISH q1 id=1 a "x" (disconnected before)',
      'one B→C PUBLISH q1 id=2 a "y" (gone with the connection)',
      'one B→C PUBLISH q1 id=3 a "z" (gone with the connection)',
      'one B→C closed (disconnected)',
    ]);
    const again = await world.client('one', { cleanStart: false, ...lasting });
    expect(await again.messages()).toEqual(['q1 a "y" dup', 'q1 a "z" dup']);
    expect(second.struck).toBe(1);
  });

  it('strikes no other fault on the way of a client either', async () => {
    await using world = new FakeWorld();
    const client = await world.client('one');
    const first = world.broker.faults.disconnect({ cmd: 'publish', topic: 'a' });
    const second = world.broker.faults.lose({ cmd: 'publish', topic: 'b' });
    client.send(publishAt(1, 1), publishAt(1, 2, 'b'));
    await client.rest();
    expect([first.struck, second.struck]).toEqual([1, 0]);
    expect(world.broker.published).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { QoS } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import type { RawClient } from '../support/broker/raw-client.js';

const filter = '$share/g/jobs/+';
const persistent = { properties: { sessionExpiryInterval: 100 } };

/** Members of one group, in the order of their names. */
async function members(world: FakeWorld, names: readonly string[]): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (const name of names) {
    const client = await world.client(name, persistent);
    await client.subscribe(filter);
    clients.push(client);
  }
  return clients;
}

const publish = (world: FakeWorld, jobs: string, qos: QoS = 1) =>
  [...jobs].map((job) => world.broker.publish({ topic: `jobs/${job}`, payload: '', qos }));

/** The jobs that a member got, as one word. */
const jobs = (texts: readonly string[]) =>
  texts.map((text) => /jobs\/(.)/.exec(text)?.[1] + (text.endsWith(' dup') ? '!' : '')).join('');

describe('who gets a message of a shared subscription', () => {
  it('is each in turn; the seed says who begins, and the same seed says the same', async () => {
    const run = async (seed: number) => {
      await using world = new FakeWorld({ seed });
      const clients = await members(world, ['a', 'b', 'c']);
      publish(world, '123456');
      return await Promise.all(clients.map(async (client) => jobs(await client.messages())));
    };
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const runs = await Promise.all(seeds.map(run));
    expect(await Promise.all(seeds.map(run))).toEqual(runs);
    expect([...new Set(runs.map((shares) => shares.join(' ')))].sort()).toEqual([
      '14 25 36',
      '25 36 14',
      '36 14 25',
    ]);
  });

  it('gets it at its own granted QoS [MQTT-4.8.2-3]', async () => {
    await using world = new FakeWorld();
    const clients = await members(world, ['0', '1', '2']);
    for (const [qos, client] of clients.entries()) await client.subscribe(filter, { maximumQoS: qos as QoS });
    publish(world, 'abc', 2);
    const texts = await Promise.all(clients.map((client) => client.messages()));
    expect(texts.map(([text]) => text?.slice(0, 2))).toEqual(['q0', 'q1', 'q2']);
  });

  it('is one that is not connected only if nobody is; then it waits for it', async () => {
    await using world = new FakeWorld();
    const [a, b] = (await members(world, ['a', 'b'])) as [RawClient, RawClient];
    await a.leave();
    publish(world, '12');
    expect(jobs(await b.messages())).toBe('12');
    await b.leave();
    const [job] = publish(world, '3');
    expect(job?.copies).toHaveLength(1);
    const queued = ['a', 'b'].map((name) => world.broker.session(name)?.queued);
    expect(queued.sort()).toEqual([0, 1]);
    const names = world.broker.session('a')?.queued === 1 ? ['a', 'b'] : ['b', 'a'];
    const got: string[] = [];
    for (const name of names) {
      got.push(jobs(await (await world.client(name, { ...persistent, cleanStart: false })).messages()));
    }
    expect(got).toEqual(['3', '']);
  });
});

describe('a member of a shared subscription whose connection is gone', () => {
  /** Two members; the first has one message in flight of each kind, and others that wait. */
  async function atWork(world: FakeWorld, receiveMaximum = 2) {
    const first = await world.client('first', {
      properties: { sessionExpiryInterval: 100, receiveMaximum },
    });
    await first.subscribe(filter);
    const deliveries = [
      ...publish(world, '1', 1),
      ...publish(world, '2', 2),
      ...publish(world, '3', 1),
      ...publish(world, '4', 2),
    ];
    expect(jobs(await first.messages({ acknowledge: false }))).toBe('12');
    return { first, deliveries };
  }

  it('leaves what it did not finish to a connected one, but QoS 2 that was sent [MQTT-4.8.2-4]', async () => {
    await using world = new FakeWorld();
    const { first, deliveries } = await atWork(world);
    const [second] = (await members(world, ['second'])) as [RawClient];
    await world.drop(first);
    expect(jobs(await second.messages())).toBe('134');
    expect(deliveries.map(({ copies }) => copies.map(({ clientId, end }) => `${clientId} ${end}`))).toEqual([
      ['first reassigned', 'second acknowledged'],
      ['first undefined'],
      ['first reassigned', 'second acknowledged'],
      ['first reassigned', 'second acknowledged'],
    ]);
    const back = await world.client('first', { ...persistent, cleanStart: false });
    expect(jobs(await back.messages())).toBe('2!');
    expect(world.broker.session('first')).toMatchObject({ queued: 0, inflight: 0 });
  });

  it('keeps it where nobody else is connected, and gets it again', async () => {
    await using world = new FakeWorld();
    const { first } = await atWork(world);
    await (await members(world, ['second']))[0]?.leave();
    await world.drop(first);
    const back = await world.client('first', { ...persistent, cleanStart: false });
    expect(jobs(await back.messages())).toBe('1!2!34');
  });

  // [MQTT-4.8.2-5]
  it('leaves QoS 2 that was sent to nobody when its session ends', async () => {
    await using world = new FakeWorld();
    const { first, deliveries } = await atWork(world);
    const [second] = (await members(world, ['second'])) as [RawClient];
    await world.drop(first);
    await world.clock.advance('100s');
    expect(world.broker.session('first')).toBeUndefined();
    expect(jobs(await second.messages())).toBe('134');
    expect(deliveries[1]?.copies).toMatchObject([{ clientId: 'first', end: 'session-ended' }]);
  });

  it('leaves QoS 0 that waited for its slow connection to another, too', async () => {
    await using world = new FakeWorld();
    const [first] = (await members(world, ['first'])) as [RawClient];
    first.pause();
    world.broker.publish({ topic: 'jobs/0', payload: 'x'.repeat(70_000) });
    const [waiting] = publish(world, '1', 0);
    const [second] = (await members(world, ['second'])) as [RawClient];
    first.drop();
    await waiting?.settled();
    expect(jobs(await second.messages())).toBe('1');
  });

  it('passes nothing on that expired meanwhile', async () => {
    await using world = new FakeWorld();
    const first = await world.client('first', {
      properties: { sessionExpiryInterval: 100, receiveMaximum: 1 },
    });
    await first.subscribe(filter);
    const properties = { messageExpiryInterval: 5 };
    for (const job of '12') world.broker.publish({ topic: `jobs/${job}`, payload: '', qos: 1, properties });
    const [second] = (await members(world, ['second'])) as [RawClient];
    await world.clock.advance('5s');
    await world.drop(first);
    expect(jobs(await second.messages())).toBe('');
  });
});

describe('a member that unsubscribes', () => {
  it('leaves what it was not sent to the others, and finishes what it was sent [MQTT-3.10.4-3]', async () => {
    await using world = new FakeWorld();
    const first = await world.client('first', { properties: { receiveMaximum: 1 } });
    await first.subscribe([filter, '$share/other/jobs/+']);
    publish(world, '12');
    const [second] = (await members(world, ['second'])) as [RawClient];
    await first.unsubscribe(filter);
    expect(jobs(await second.messages())).toBe('2');
    // Of the other group it is still a member, and gets both.
    expect(
      jobs(await first.messages())
        .split('')
        .sort()
        .join(''),
    ).toBe('112');
  });

  it('keeps what waits for it if it was the last', async () => {
    await using world = new FakeWorld();
    const first = await world.client('first', { properties: { receiveMaximum: 1 } });
    await first.subscribe(filter);
    publish(world, '12');
    await first.unsubscribe(filter);
    publish(world, '3');
    expect(jobs(await first.messages())).toBe('12');
  });
});

// [MQTT-4.8.2-6]
it('a refused message goes to no other member', async () => {
  await using world = new FakeWorld();
  const [first] = (await members(world, ['first'])) as [RawClient];
  publish(world, '1', 1);
  publish(world, '2', 2);
  const [second] = (await members(world, ['second'])) as [RawClient];
  for (const packet of await first.soFar()) {
    if (packet.type !== 'publish' || packet.packetId === undefined) continue;
    const type = packet.qos === 1 ? 'puback' : 'pubrec';
    first.send({ type, packetId: packet.packetId, reasonCode: 0x80 });
  }
  await first.leave();
  expect(jobs(await second.messages())).toBe('');
});

import { expect } from 'vitest';
import type { RawClient } from '../../support/broker/raw-client.js';
import { hex } from '../../support/packets/cuttings.js';
import type { Behaviour, World } from './behaviour.js';

/** Members of the group `g` on `jobs/+`, at QoS 2. */
async function members(world: World, names: readonly string[], options = {}): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (const name of names) {
    const client = await world.client(name, options);
    await client.subscribe('$share/g/jobs/+');
    clients.push(client);
  }
  return clients;
}

async function publishJobs(world: World, jobs: readonly string[], qos: 1 | 2 = 1): Promise<void> {
  const sender = await world.client('sender');
  for (const job of jobs) await sender.publish(`jobs/${job}`, '', { qos });
}

const texts = (jobs: readonly string[], qos = 1) => jobs.map((job) => `q${qos} jobs/${job} ""`);

const grants = { mosquitto: 'grants it', aedes: 'takes it for an ordinary filter' };

export const shared: readonly Behaviour[] = [
  {
    name: 'gives each message of a shared subscription to one member, in turn [MQTT-4.8.2-1]',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const workers = await members(world, ['w1', 'w2']);
      const jobs = ['1', '2', '3', '4'];
      await publishJobs(world, jobs);
      const shares = await Promise.all(workers.map((worker) => worker.messages()));
      expect(shares.map((share) => share.length)).toEqual([2, 2]);
      expect(shares.flat().sort()).toEqual(texts(jobs));
    },
  },
  {
    name: 'gives every message to the only member of a group, in order',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [worker] = await members(world, ['alone']);
      const jobs = Array.from({ length: 15 }, (_, count) => String(count));
      await publishJobs(world, jobs);
      expect(await worker?.messages()).toEqual(texts(jobs));
    },
  },
  {
    name: 'gives each group a message of its own',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const one = await world.client('one');
      await one.subscribe('$share/g/jobs/+');
      const two = await world.client('two');
      await two.subscribe('$share/h/jobs/+');
      await publishJobs(world, ['1', '2']);
      expect(await one.messages()).toEqual(texts(['1', '2']));
      expect(await two.messages()).toEqual(texts(['1', '2']));
    },
  },
  {
    name: 'keeps groups of one name on different filters apart',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const one = await world.client('one');
      await one.subscribe('$share/g/a');
      const two = await world.client('two');
      await two.subscribe('$share/g/b');
      for (const topic of ['a', 'b', 'a', 'b']) await one.publish(topic, 'x', { qos: 1 });
      expect(await one.messages()).toEqual(['q1 a "x"', 'q1 a "x"']);
      expect(await two.messages()).toEqual(['q1 b "x"', 'q1 b "x"']);
    },
  },
  {
    name: 'delivers a shared message at the QoS that its member was granted [MQTT-4.8.2-3]',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const clients = [];
      for (const maximumQoS of [0, 1, 2] as const) {
        const client = await world.client(`qos-${maximumQoS}`);
        await client.subscribe('$share/g/a', { maximumQoS });
        clients.push(client);
      }
      const sender = await world.client('sender');
      for (let count = 0; count < 3; count += 1) await sender.publish('a', 'x', { qos: 2 });
      const shares = await Promise.all(clients.map((client) => client.messages()));
      expect(shares).toEqual([['q0 a "x"'], ['q1 a "x"'], ['q2 a "x"']]);
    },
  },
  {
    name: 'sends a shared copy beside the copy of an ordinary subscription',
    differs: { mosquitto: { 4: 'one copy for both' }, aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const client = await world.client('both');
      await client.subscribe('$share/g/a', { maximumQoS: 1 });
      await client.subscribe('a', { maximumQoS: 1 });
      await client.publish('a', 'x', { qos: 1 });
      expect(await client.messages()).toEqual(['q1 a "x"', 'q1 a "x"']);
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
  {
    name: 'gives everything to the other members when one unsubscribes by its whole filter',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [leaver, stayer] = await members(world, ['leaver', 'stayer']);
      const unsuback = await leaver?.unsubscribe('$share/g/jobs/+');
      if (world.version === 5) expect(unsuback?.reasonCodes).toEqual([0]);
      await publishJobs(world, ['1', '2', '3']);
      expect(await leaver?.messages()).toEqual([]);
      expect(await stayer?.messages()).toEqual(texts(['1', '2', '3']));
    },
  },
  {
    name: 'keeps a shared subscription whose filter is unsubscribed without its share name',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [worker] = await members(world, ['alone']);
      await worker?.unsubscribe('jobs/+');
      await publishJobs(world, ['1']);
      expect(await worker?.messages()).toEqual(texts(['1']));
    },
  },
  {
    name: 'gives everything to the other members when one is gone with its session',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [leaver, stayer] = await members(world, ['leaver', 'stayer']);
      await leaver?.leave();
      await world.noticed();
      await publishJobs(world, ['1', '2', '3']);
      expect(await stayer?.messages()).toEqual(texts(['1', '2', '3']));
    },
  },
  {
    name: 'keeps the messages of a group for a member that is away, if there is no other',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [away] = await members(world, ['away'], world.persistent);
      await away?.leave();
      await publishJobs(world, ['1', '2']);
      const back = await world.client('away', world.persistent);
      expect(await back.messages()).toEqual(texts(['1', '2']));
    },
  },
  {
    name: 'completes a QoS 2 delivery that was cut off with the same member [MQTT-4.8.2-4]',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const [first] = await members(world, ['first'], world.persistent);
      await publishJobs(world, ['1'], 2);
      const packetId = (await first?.publishes())?.[0]?.packetId;
      const [second] = await members(world, ['second'], world.persistent);
      if (first) await world.drop(first);
      const back = await world.client('first', world.persistent);
      expect(await back.soFar()).toMatchObject([{ type: 'publish', packetId, duplicate: true }]);
      expect(await second?.messages()).toEqual([]);
    },
  },
  ...([1, 2] as const).map(
    (qos): Behaviour => ({
      name: `gives a message that a member refuses with ${qos === 1 ? 'PUBACK' : 'PUBREC'} to no other [MQTT-4.8.2-6]`,
      versions: [5],
      run: async (world) => {
        const workers = await members(world, ['w1', 'w2']);
        await publishJobs(world, ['1'], qos);
        for (const worker of workers) {
          const [packet] = await worker.publishes();
          if (packet === undefined) continue;
          const type = qos === 1 ? 'puback' : 'pubrec';
          worker.send({ type, packetId: packet.packetId ?? 0, reasonCode: 0x80 });
          await worker.fence();
        }
        for (const worker of workers) expect(await worker.messages()).toEqual([]);
      },
    }),
  ),
  {
    name: 'takes anything but / + # for a share name [MQTT-4.8.2-2]',
    differs: { aedes: 'knows no shared subscriptions' },
    run: async (world) => {
      const clients = [];
      for (const [index, name] of ['g', '7', 'a b', '$share', '\u{1f9e6}', '!"%&()=?'].entries()) {
        const client = await world.client(`member-${index}`);
        await client.subscribe(`$share/${name}/a`);
        clients.push(client);
      }
      await (await world.client('sender')).publish('a', 'x');
      for (const client of clients) expect(await client.messages()).toEqual(['q0 a "x"']);
    },
  },
  ...(
    [
      ['refuses a shared filter with no share name [MQTT-4.8.2-1]', '$share//a', grants],
      ['refuses a shared filter with a + in its share name [MQTT-4.8.2-2]', '$share/g+/a', {}],
      ['refuses a shared filter with a # in its share name [MQTT-4.8.2-2]', '$share/g#/a', {}],
      ['refuses a shared filter with no filter [MQTT-4.8.2-2]', '$share/g/', grants],
      ['refuses a shared filter with no filter and no separator [MQTT-4.8.2-2]', '$share/g', grants],
    ] as const
  ).map(
    ([name, filter, differs]): Behaviour => ({
      name,
      differs,
      run: async (world) => {
        const client = await world.client('wrong');
        client.write(subscribeBytes(filter, world.version));
        // With SUBACK or by closing: the specification leaves that open.
        const suback = await client.answer('suback').catch(() => undefined);
        if (suback === undefined) await client.farewell();
        else expect(suback.reasonCodes[0]).toBeGreaterThanOrEqual(0x80);
      },
    }),
  ),
];

/** By hand: our own encoder would not write these filters. */
function subscribeBytes(filter: string, version: 4 | 5): Uint8Array {
  const properties = version === 5 ? '00' : '';
  const length = filter.length.toString(16).padStart(4, '0');
  const body = hex(`0001 ${properties} ${length} ${Buffer.from(filter).toString('hex')} 00`);
  return new Uint8Array([0x82, body.length, ...body]);
}

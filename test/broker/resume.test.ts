// Connections break at any point of any exchange: what was published arrives in order, at QoS 1 at least once, at QoS 2
// exactly once, in both directions. MQTT 5.0, 4.3 and 4.4.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Packet, ProtocolVersion, PublishPacket } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { acknowledgement, publishPacket, type RawClient } from '../support/broker/raw-client.js';

const text = (packet: PublishPacket) => new TextDecoder().decode(packet.payload);
const qos = fc.constantFrom(1, 2) as fc.Arbitrary<1 | 2>;
const version = fc.constantFrom(4, 5) as fc.Arbitrary<ProtocolVersion>;
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), qos }) },
  { weight: 3, arbitrary: fc.constant({ do: 'read' } as const) },
  // What was sent arrives, and is answered; the client has read none of it when the connection breaks.
  { weight: 3, arbitrary: fc.constant({ do: 'travel' } as const) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('answer' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('drop' as const),
      version,
      window: fc.constantFrom(1, 2, 65_535),
    }),
  },
);
const steps = fc.array(step, { maxLength: 60, size: 'max' });

/** Connects to a session that outlives its connections. */
function reconnect(world: FakeWorld, clientId: string, version: ProtocolVersion, receiveMaximum = 65_535) {
  const properties = { sessionExpiryInterval: 1000, receiveMaximum };
  return world.client(clientId, { cleanStart: false, ...(version === 5 && { properties }) }, version);
}

it('delivers to a client whose connections break', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await using world = new FakeWorld();
      let client = await reconnect(world, 'receiver', 5);
      await client.subscribe('#');
      const published = { 1: [] as string[], 2: [] as string[] };
      const received = { 1: [] as string[], 2: [] as string[] };
      // What the client keeps across connections: identifiers of QoS 2 messages that are not released.
      const unreleased = new Set<number>();
      let answers: Packet[] = [];
      const read = async () => {
        await world.clock.settle();
        for (const packet of client.take()) {
          if (packet.type === 'publish' && !(packet.qos === 2 && unreleased.has(packet.packetId ?? 0))) {
            received[packet.qos as 1 | 2].push(text(packet)); // nothing was published at QoS 0
            if (packet.qos === 2) unreleased.add(packet.packetId ?? 0);
          }
          if (packet.type === 'pubrel') unreleased.delete(packet.packetId);
          const answer = acknowledgement(packet);
          if (answer !== undefined) answers.push(answer);
        }
      };
      for (const next of list) {
        if (next.do === 'publish') {
          const payload = String(published[1].length + published[2].length);
          published[next.qos].push(payload);
          world.broker.publish({ topic: 'a', payload, qos: next.qos });
        } else if (next.do === 'read') await read();
        else if (next.do === 'travel') await world.clock.settle();
        else if (next.do === 'answer') client.send(...answers.splice(0, next.count));
        else {
          await world.drop(client);
          answers = [];
          client = await reconnect(world, 'receiver', next.version, next.window);
        }
      }
      // Two rounds for each message at most, one message at a time.
      for (let round = 0; round < 130; round += 1) {
        await read();
        client.send(...answers.splice(0));
      }
      expect(received[2]).toEqual(published[2]);
      expect([...new Set(received[1])]).toEqual(published[1]);
      expect(world.broker.session('receiver')).toMatchObject({ queued: 0, inflight: 0, dropped: 0 });
    }),
    { numRuns: 500 },
  );
});

it('takes from a client whose connections break', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      await using world = new FakeWorld();
      let client = await reconnect(world, 'sender', 5);
      const published = { 1: [] as string[], 2: [] as string[] };
      // What the client keeps across connections: packets without their acknowledgement, in order.
      const unfinished = new Map<number, Packet>();
      const read = async (from: RawClient) => {
        await world.clock.settle();
        for (const packet of from.take()) {
          if (packet.type === 'puback' || packet.type === 'pubcomp') unfinished.delete(packet.packetId);
          if (packet.type !== 'pubrec' || !unfinished.has(packet.packetId)) continue;
          const { packetId } = packet;
          unfinished.set(packetId, { type: 'pubrel', packetId, reasonCode: 0 });
          from.send({ type: 'pubrel', packetId, reasonCode: 0 });
        }
      };
      let packetId = 0;
      for (const next of list) {
        if (next.do === 'publish') {
          packetId += 1;
          published[next.qos].push(String(packetId));
          const packet = publishPacket('a', String(packetId), { qos: next.qos, packetId });
          unfinished.set(packetId, packet);
          client.send(packet);
        } else if (next.do === 'read') await read(client);
        else if (next.do === 'travel') await world.clock.settle();
        else if (next.do === 'drop') {
          await world.drop(client);
          client = await reconnect(world, 'sender', next.version);
          for (const packet of unfinished.values())
            client.send(packet.type === 'publish' ? { ...packet, duplicate: true } : packet);
        }
      }
      for (let round = 0; round < 3; round += 1) await read(client);
      expect(unfinished.size).toBe(0);
      const taken = (qos: 1 | 2) =>
        world.broker.published.flatMap((each) =>
          each.qos === qos ? [new TextDecoder().decode(each.payload)] : [],
        );
      expect(taken(2)).toEqual(published[2]);
      expect([...new Set(taken(1))]).toEqual(published[1]);
    }),
    { numRuns: 500 },
  );
});

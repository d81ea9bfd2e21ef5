import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Packet, PublishPacket } from '../../../../src/packets/packet.js';
import { once, type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must, named, type Peer } from '../../../support/scenarios/scene.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;

const topicOf = (packet: Packet) => (packet.type === 'publish' ? packet.topic : named(packet));

/** Answers whatever the client sends until it rests; what it sent. */
async function answerAll(peer: Peer): Promise<Packet[]> {
  const all: Packet[] = [];
  for (let packets = await peer.received(); packets.length > 0; packets = await peer.received()) {
    for (const packet of packets) {
      if (packet.type === 'publish' && packet.qos === 1) peer.ack('puback', packet.packetId!);
      if (packet.type === 'publish' && packet.qos === 2) peer.ack('pubrec', packet.packetId!);
      if (packet.type === 'pubrel') peer.ack('pubcomp', packet.packetId);
    }
    all.push(...packets);
  }
  return all;
}

export const resending: readonly Scenario[] = [
  // [MQTT-3.3.1-1] [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-4.6.0-4] [MQTT-3.1.2-23]
  scenario(
    26,
    'Session resumed: PUBLISH with DUP, same identifiers and order, PUBRELs in order, new ones after',
    async (scene) => {
      const { client, peer } = await scene.connected({ offlineQueue: true });
      for (const topic of ['a', 'b', 'c']) client.publish(topic, '', topic === 'b' ? qos2 : qos1);
      client.publish('x', '', qos2);
      client.publish('y', '', qos2);
      const sent = (await peer.received()) as PublishPacket[]; // five publishes
      const [x, y] = [sent[3]!.packetId!, sent[4]!.packetId!];
      peer.ack('pubrec', y);
      peer.ack('pubrec', x);
      await peer.received();
      peer.cut();
      const next = await scene.next();
      await next.expect('connect');
      next.accept(true);
      client.publish('new', '', qos1);
      const resent: Packet[] = [];
      for (let packets = await next.received(); packets.length > 0; packets = await next.received()) {
        for (const packet of packets) {
          if (packet.type === 'publish' && packet.qos === 1) next.ack('puback', packet.packetId!);
          if (packet.type === 'publish' && packet.qos === 2) next.ack('pubrec', packet.packetId!, 0x97);
          if (packet.type === 'pubrel') next.ack('pubcomp', packet.packetId);
        }
        resent.push(...packets);
      }
      const publishes = resent.filter((packet) => packet.type === 'publish');
      const order = publishes.map(({ topic }) => topic).join(' ');
      must(order === 'a b c new', `publishes ${order || 'nothing'} instead of a b c new`);
      for (const [n, packet] of publishes.slice(0, 3).entries()) {
        must(packet.duplicate, 'resends without DUP');
        must(packet.packetId === sent[n]!.packetId, 'resends under another identifier');
      }
      const released = resent.flatMap((packet) => (packet.type === 'pubrel' ? [packet.packetId] : []));
      must(released.join() === `${y},${x}`, 'does not resend the PUBRELs in the order of the PUBRECs');
    },
  ),

  scenario(27, 'A resend that waits for its answer blocks nothing beyond the window', async (scene) => {
    const { client, peer } = await scene.connected();
    client.publish('old', '', qos1);
    await peer.expect('publish');
    peer.cut();
    const { peer: again } = await scene.reconnected(true);
    await again.expect('publish', { topic: 'old' });
    client.publish('new', '', qos1);
    client.subscribe([{ filter: 'a' }]);
    const sent = (await again.received()).map(topicOf);
    must(sent.includes('new'), 'holds the next publish back until the resend is acknowledged');
    must(sent.includes('SUBSCRIBE'), 'holds SUBSCRIBE back until the resend is acknowledged');
  }),

  scenario(
    28,
    'More under way than the new receive maximum: only so many are resent, the rest as answers come',
    async (scene) => {
      const { client, peer } = await scene.connected();
      const calls = ['a', 'b', 'c'].map((topic) => client.publish(topic, '', qos1));
      must((await peer.received()).length === 3, 'does not send three publishes');
      peer.cut();
      const { peer: again } = await scene.reconnected(true, { receiveMaximum: 1 });
      for (const topic of ['a', 'b', 'c']) {
        const { packetId } = await again.expect('publish', { topic, duplicate: true });
        await again.expectNothing();
        again.ack('puback', packetId!);
      }
      await scene.settle();
      must(
        calls.every(({ state }) => state === 'resolved'),
        'the publishes never settle',
      );
    },
  ),

  // [MQTT-3.2.2-17] [MQTT-3.2.2-18] [MQTT-3.3.2-7] [MQTT-3.3.2-9]
  scenario(
    29,
    'A resent PUBLISH has its topic in full; aliases are those of the new connection',
    async (scene) => {
      const { client, peer } = await scene.connected({ outboundAliases: true }, { topicAliasMaximum: 5 });
      client.publish('long/topic', '', qos1);
      client.publish('long/topic', '', qos1);
      const first = await peer.expect('publish', { topic: 'long/topic' });
      must(first.properties?.topicAlias !== undefined, 'uses no alias');
      await peer.expect('publish', { topic: '' });
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      const resent = await answerAll(again);
      client.publish('long/topic', '', qos1);
      resent.push(...(await answerAll(again)));
      must(resent.length === 3, `sends ${resent.length} packets instead of 3`);
      for (const packet of resent) {
        must(topicOf(packet) === 'long/topic', 'sends no topic');
        must(
          packet.type === 'publish' && packet.properties?.topicAlias === undefined,
          'uses an alias, of which the server wants none',
        );
      }
    },
  ),

  scenario(
    30,
    'Dropped during the resend, twice: one copy under way, no slot or identifier lost',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      const publishing = client.publish('t', '', qos1);
      const { packetId } = await peer.expect('publish');
      peer.cut();
      for (const _ of [1, 2]) {
        const { peer: again } = await scene.reconnected(true, { receiveMaximum: 1 });
        await again.expect('publish', { packetId: packetId!, duplicate: true });
        await again.expectNothing();
        again.cut();
      }
      const { peer: last } = await scene.reconnected(true, { receiveMaximum: 1 });
      await last.expect('publish', { packetId: packetId!, duplicate: true });
      await last.expectNothing();
      last.ack('puback', packetId!);
      await scene.settle();
      must(publishing.state === 'resolved', 'the publish never settles');
      client.publish('next', '', qos1);
      await last.expect('publish', { topic: 'next', duplicate: false });
    },
  ),

  // [MQTT-4.4.0-1] [MQTT-4.1.0-1] [MQTT-4.3.2-3] [MQTT-4.3.3-3] [MQTT-4.3.3-5]
  once(31, 'Nothing is resent on the living connection, ever', async (scene) => {
    const { client, peer } = await scene.connected({ keepAlive: 60 });
    client.publish('a', '', qos1);
    client.publish('b', '', qos2);
    await peer.expect('publish');
    const { packetId } = await peer.expect('publish');
    peer.ack('pubrec', packetId!);
    await peer.expect('pubrel');
    for (let minutes = 0; minutes < 120; minutes++) {
      await scene.advance(30_000);
      for (const packet of await peer.received()) {
        must(packet.type === 'pingreq', `sends ${named(packet)} again`);
        peer.send({ type: 'pingresp' });
      }
    }
    must(!peer.isClosed, 'closes');
  }),

  {
    ...once(
      32,
      'Restart with a durable store: PUBLISH, PUBREL and received QoS 2 identifiers are still there',
      async (scene) => {
        const store = mkdtempSync(join(tmpdir(), 'topicwise-scenario-'));
        try {
          const first = await scene.connected({ store, acknowledge: 'by hand' });
          first.client.publish('a', '', qos1);
          first.client.publish('b', '', qos2);
          const a = await first.peer.expect('publish');
          const b = await first.peer.expect('publish');
          first.peer.ack('pubrec', b.packetId!);
          await first.peer.expect('pubrel');
          const incoming = {
            type: 'publish',
            topic: 'in',
            payload: new Uint8Array(),
            qos: 2,
            retain: false,
            duplicate: false,
            packetId: 7,
          } as const;
          first.peer.send(incoming);
          await scene.rest(() => first.client.inbox.length > 0);
          first.client.inbox[0]!.ack();
          await first.peer.expect('pubrec', { packetId: 7 });
          first.peer.cut();
          const closing = first.client.close();
          await scene.rest(() => closing.state !== 'pending');

          const second = await scene.connected({ store, acknowledge: 'by hand' }, undefined, true);
          const resent = await second.peer.received();
          if (resent.length < 2) resent.push(...(await second.peer.received()));
          resent.sort((one, other) => (one.type < other.type ? -1 : 1)); // which comes first is the client's choice
          must(
            resent.map(named).join() === 'PUBLISH (DUP),PUBREL',
            `resends ${resent.map(named).join() || 'nothing'}`,
          );
          must(
            resent.every((packet, n) => 'packetId' in packet && packet.packetId === [a, b][n]!.packetId),
            'resends under other identifiers',
          );
          second.peer.send({ ...incoming, duplicate: true });
          await second.peer.expect('pubrec', { packetId: 7 });
          must(second.client.inbox.length === 0, 'delivers a QoS 2 message twice');
        } finally {
          rmSync(store, { recursive: true, force: true });
        }
      },
    ),
    notForMqttJs: 'its package has no durable store',
  },
];

import { once, type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must, type Scene } from '../../../support/scenarios/scene.js';
import { textOf } from '../../../support/scripted-peer.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;

const wrongAnswer = (qos: 1 | 2, type: 'puback' | 'pubcomp' | 'suback') => async (scene: Scene) => {
  const { client, peer } = await scene.connected();
  client.publish('t', '', { qos });
  const { packetId } = await peer.expect('publish');
  if (type === 'suback') peer.suback(packetId!, 0);
  else peer.ack(type, packetId!);
  await peer.expectDisconnect(0x82);
};

export const publishing: readonly Scenario[] = [
  // [MQTT-3.3.4-7] [MQTT-4.9.0-2]
  scenario(
    11,
    'Receive maximum 1, three QoS 1 at once: one on the wire at a time, in order',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      const calls = ['a', 'b', 'c'].map((text) => client.publish('t', text, qos1));
      for (const text of ['a', 'b', 'c']) {
        const packet = await peer.expect('publish');
        must(textOf(packet) === text, 'sends them out of order');
        const more = await peer.received();
        must(more.length === 0, `sends ${more.length + 1} at once`);
        peer.ack('puback', packet.packetId!);
      }
      await scene.settle();
      must(
        calls.every(({ state }) => state === 'resolved'),
        'the publishes never settle',
      );
    },
  ),

  // [MQTT-3.3.4-8] [MQTT-4.9.0-3] [MQTT-3.1.2-20]
  scenario(
    12,
    'A full window delays neither QoS 0, SUBSCRIBE, acknowledgements nor PINGREQ',
    async (scene) => {
      const { client, peer } = await scene.connected({ keepAlive: 10 }, { receiveMaximum: 1 });
      client.publish('t', '', qos1);
      client.publish('held', '', qos1);
      await peer.expect('publish');
      await peer.expectNothing('sends a second QoS 1 PUBLISH into a window of 1');
      client.publish('zero');
      await peer.expect('publish', { topic: 'zero' });
      client.subscribe([{ filter: 'a' }]);
      const { packetId } = await peer.expect('subscribe');
      peer.suback(packetId, 0);
      peer.send({
        type: 'publish',
        topic: 'in',
        payload: new Uint8Array(),
        qos: 1,
        retain: false,
        duplicate: false,
        packetId: 9,
      });
      await peer.expect('puback', { packetId: 9 });
      await scene.advance(10_000);
      await peer.expect('pingreq');
    },
  ),

  // [MQTT-4.9.0-1]
  scenario(
    13,
    'A slot is freed by PUBACK, PUBCOMP and a refusing PUBREC, by nothing else, and never twice',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      client.publish('a', '', qos1);
      client.publish('b', '', qos2);
      client.publish('c', '', qos2);
      client.publish('d', '', qos1);
      client.publish('e', '', qos1);
      const a = await peer.expect('publish', { topic: 'a' });
      await peer.expectNothing('sends more than a window of 1 allows');
      peer.ack('puback', a.packetId!, 0x87);
      const b = await peer.expect('publish', { topic: 'b' });
      peer.ack('pubrec', b.packetId!, 0x97);
      const c = await peer.expect('publish', { topic: 'c' });
      peer.ack('pubrec', c.packetId!);
      await peer.expect('pubrel');
      await peer.expectNothing();
      peer.ack('pubcomp', c.packetId!);
      peer.ack('pubcomp', c.packetId!);
      await peer.expect('publish', { topic: 'd' });
      await peer.expectNothing();
      peer.cut();
      const { peer: again } = await scene.reconnected(true, { receiveMaximum: 2 });
      const resent = await again.received();
      must(resent.length === 2, 'does not start the next connection with a fresh quota');
    },
  ),

  // [MQTT-4.4.0-2]
  scenario(
    14,
    'A refused PUBREC: no PUBREL, identifier free, rejects; PUBREC again: PUBREL 0x92',
    async (scene) => {
      const { client, peer } = await scene.connected();
      const publishing = client.publish('t', '', qos2);
      const { packetId } = await peer.expect('publish');
      peer.ack('pubrec', packetId!, 0x97);
      await peer.expectNothing();
      must(
        publishing.state === 'rejected' && publishing.reasonCode === 0x97,
        'the publish does not reject with 0x97',
      );
      peer.ack('pubrec', packetId!);
      await peer.expect(
        'pubrel',
        { packetId: packetId!, reasonCode: 0x92 },
        'leaves the second PUBREC unanswered',
      );
    },
  ),

  // [MQTT-2.2.1-5] [MQTT-4.3.3-4] [MQTT-4.3.3-6]
  scenario(15, 'PUBREC twice before PUBCOMP: PUBREL twice, PUBLISH never again', async (scene) => {
    const { client, peer } = await scene.connected();
    const publishing = client.publish('t', '', qos2);
    const { packetId } = await peer.expect('publish');
    peer.ack('pubrec', packetId!);
    peer.ack('pubrec', packetId!);
    await peer.expect('pubrel', { packetId: packetId! });
    await peer.expect('pubrel', { packetId: packetId! });
    peer.ack('pubcomp', packetId!);
    await peer.expectNothing();
    must(publishing.state === 'resolved', 'the publish never settles');
  }),

  scenario(16, 'PUBREC for an unknown identifier: PUBREL 0x92, connection stays', async (scene) => {
    const { peer } = await scene.connected();
    peer.ack('pubrec', 7);
    await peer.expect('pubrel', { packetId: 7, reasonCode: 0x92 }, 'leaves it unanswered');
    must(!peer.isClosed, 'closes');
  }),

  scenario(17, 'PUBACK for nothing, or twice in one segment: ignored, client alive', async (scene) => {
    const { client, peer } = await scene.connected();
    const first = client.publish('t', '', qos1);
    const { packetId } = await peer.expect('publish');
    const puback = { type: 'puback', packetId: packetId!, reasonCode: 0 } as const;
    peer.send(puback, puback, { ...puback, packetId: packetId === 99 ? 98 : 99 });
    await scene.settle();
    must(first.state === 'resolved', 'the publish never settles');
    const second = client.publish('t', '', qos1);
    peer.ack('puback', (await peer.expect('publish')).packetId!);
    await scene.settle();
    must(second.state === 'resolved', 'the next publish never settles');
  }),

  scenario(
    18,
    'PUBACK for QoS 2, PUBCOMP before PUBREL, SUBACK for a publish: DISCONNECT 0x82',
    wrongAnswer(2, 'puback'),
    wrongAnswer(2, 'pubcomp'),
    wrongAnswer(1, 'suback'),
  ),

  scenario(19, 'PUBCOMP 0x92 after resuming: the publish resolves', async (scene) => {
    const { client, peer } = await scene.connected();
    const publishing = client.publish('t', '', qos2);
    const { packetId } = await peer.expect('publish');
    peer.ack('pubrec', packetId!);
    await peer.expect('pubrel');
    peer.cut();
    const { peer: again } = await scene.reconnected(true);
    await again.expect('pubrel', { packetId: packetId! });
    again.ack('pubcomp', packetId!, 0x92);
    await scene.settle();
    must(publishing.state !== 'pending', 'the publish never settles');
    must(publishing.state === 'resolved', 'the publish rejects');
  }),

  // [MQTT-2.2.1-3] [MQTT-4.3.2-1] [MQTT-4.3.3-1]
  once(
    20,
    'All identifiers in use: no reuse; SUBSCRIBE shares them; the server’s are others',
    async (scene) => {
      const { client, peer } = await scene.connected();
      for (let n = 0; n < 65_536; n++) client.publish('t', '', qos1);
      const sent = await peer.received();
      const ids = new Set(sent.map((packet) => 'packetId' in packet && packet.packetId));
      must(ids.size === sent.length, 'uses an identifier that is in use');
      must(sent.length === 65_535, `sends ${sent.length} publishes`);
      client.subscribe([{ filter: 'a' }]);
      await peer.expectNothing();
      peer.send({
        type: 'publish',
        topic: 'in',
        payload: new Uint8Array(),
        qos: 1,
        retain: false,
        duplicate: false,
        packetId: 5,
      });
      await peer.expect('puback', { packetId: 5 });
      peer.ack('puback', 40_000);
      const { packetId } = await peer.expect('publish');
      must(packetId === 40_000, 'uses an identifier that is in use');
    },
  ),

  scenario(
    21,
    'Aborted before it left: nothing sent; after: rejects, slot taken until the answer',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      const [onWire, waiting] = [new AbortController(), new AbortController()];
      const sent = client.publish('sent', '', { ...qos1, signal: onWire.signal });
      const held = client.publish('held', '', { ...qos1, signal: waiting.signal });
      client.publish('last', '', qos1);
      const { packetId } = await peer.expect('publish', { topic: 'sent' });
      await peer.expectNothing('sends all three at once, into a window of 1');
      waiting.abort(new Error('aborted'));
      onWire.abort(new Error('aborted'));
      await scene.settle();
      must(sent.state === 'rejected' && held.state === 'rejected', 'the publishes never settle');
      const early = await peer.received();
      must(early.length === 0, 'sends the publish that was taken back, or the next one before the answer');
      peer.ack('puback', packetId!);
      await peer.expect('publish', { topic: 'last' });
    },
  ),

  scenario(
    22,
    'Publishes that wait for a slot when the connection drops settle after it is back',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      const calls = ['a', 'b'].map((topic) => client.publish(topic, '', qos1));
      await peer.expect('publish', { topic: 'a' });
      peer.cut();
      const { peer: again } = await scene.reconnected(true, { receiveMaximum: 1 });
      for (const call of calls) {
        const packet = (await again.received())[0];
        if (packet?.type === 'publish') again.ack('puback', packet.packetId!);
        await scene.settle();
        must(call.state !== 'pending', 'a publish never settles');
      }
    },
  ),

  // [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15]
  scenario(23, 'What the server cannot take is refused here: no packet, no identifier', async (scene) => {
    const { client, peer } = await scene.connected(
      {},
      { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 100 },
    );
    const refusals = [
      client.publish('t', 'x'.repeat(100)),
      client.publish('t', '', qos2),
      client.publish('t', '', { retain: true }),
    ];
    await scene.settle();
    const sent = await peer.received();
    must(sent.length === 0, `sends ${sent.length} of 3 packets that the server excluded`);
    must(
      refusals.every(({ state }) => state === 'rejected'),
      'the publishes do not reject',
    );
    client.publish('t', '', qos1);
    await peer.expect('publish');
  }),

  scenario(
    24,
    'A topic with a wildcard, NUL, lone surrogate or 65,536 bytes: refused, connection stays',
    async (scene) => {
      const { client, peer } = await scene.connected();
      for (const topic of ['a/#', 'a/+/b', 'a\0b', 'a\ud800b', 'x'.repeat(65_536)]) {
        const shown = JSON.stringify(topic.slice(0, 8));
        const refused = client.publish(topic, '', qos1);
        const sent = await peer.received();
        must(sent.length === 0, `sends ${shown}`);
        must(refused.state === 'rejected', `publish(${shown}) never settles`);
      }
      client.publish('fine', '', qos1);
      await peer.expect('publish', { topic: 'fine' });
    },
  ),

  // [MQTT-4.3.3-7]
  once(
    25,
    'Message expiry: time spent offline is deducted; nothing expires once sent',
    async (scene) => {
      const { client, peer } = await scene.connected({ offlineQueue: true });
      peer.cut();
      await scene.settle();
      const before = scene.clock.now();
      client.publish('t', '', { ...qos1, messageExpiryInterval: 100 });
      const next = await scene.next();
      await next.expect('connect');
      await scene.advance(20_000);
      next.accept(true);
      const { properties } = await next.expect('publish');
      const left = properties?.messageExpiryInterval ?? 0;
      const waited = Math.floor((scene.clock.now() - before) / 1000);
      must(left <= 100 - waited + 1 && left > 0, `says ${left} s after ${waited} s of 100 s offline`);
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const publishing = client.publish('t', '', { ...qos2, messageExpiryInterval: 1 });
      const { packetId } = await peer.expect('publish');
      await scene.advance(5_000);
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      await again.expect('publish', { packetId: packetId!, duplicate: true });
      again.ack('pubrec', packetId!);
      await again.expect('pubrel');
      again.ack('pubcomp', packetId!);
      await scene.settle();
      must(publishing.state === 'resolved', 'the publish never settles');
    },
  ),
];

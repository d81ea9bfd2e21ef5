import { once, type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must, type Scene } from '../../../support/scenarios/scene.js';
import { connackOf, publish } from '../../../support/scripted-peer.js';

const refused = (bytes: number[], reasonCode: number) => async (scene: Scene) => {
  const { client, peer } = await scene.opening();
  peer.sendBytes(...bytes);
  await peer.expectDisconnect(reasonCode);
  must(client.connecting.state === 'rejected', 'connecting never settles');
};

export const handshake: readonly Scenario[] = [
  scenario(1, 'Another packet than CONNACK first: DISCONNECT 0x82, closed', async (scene) => {
    const { client, peer } = await scene.opening();
    peer.send(publish({ packetId: 1 }), connackOf(0));
    await scene.settle();
    must(client.inbox.length === 0, 'delivers the message');
    await peer.expectDisconnect(0x82);
    must(client.connecting.state === 'rejected', 'connecting never settles');
  }),

  once(
    2,
    'No CONNACK within the connect timeout, or given up by the caller: socket closed in every phase',
    async (scene) => {
      const { client, peer } = await scene.opening({ connectTimeout: 500 });
      await scene.advance(499);
      must(!peer.isClosed, 'gives up too early');
      await scene.advance(1);
      must(client.connecting.state === 'rejected', 'connecting never settles');
      await peer.expectClosed();
    },
    async (scene) => {
      const { client, peer } = await scene.opening();
      client.abort();
      await scene.settle();
      must(client.connecting.state === 'rejected', 'connecting never settles when given up');
      await peer.expectClosed();
      await scene.noFurtherConnection('connects again after it was given up');
    },
  ),

  // [MQTT-4.13.2-1]
  scenario(
    3,
    'CONNACK of 0x80 or above: code visible; fatal codes stop, others back off; one of 3.1.1 is understood',
    async (scene) => {
      const { client, peer } = await scene.opening();
      peer.send(connackOf(0x86, { reasonString: 'no' }));
      await scene.settle();
      must(client.connecting.state === 'rejected', 'connecting never settles');
      must(client.connecting.reasonCode === 0x86, 'the code is not visible');
      await peer.expectClosed();
      await scene.noFurtherConnection('tries again after 0x86');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      peer.cut();
      const busy = await scene.next('does not connect again');
      await busy.expect('connect');
      busy.send(connackOf(0x89));
      await busy.expectClosed();
      const banned = await scene.next('gives up after CONNACK 0x89 (server busy)');
      await banned.expect('connect');
      banned.send(connackOf(0x8a));
      await banned.expectClosed();
      await scene.noFurtherConnection('tries again after 0x8A');
      must(client.isOver, 'does not say that it gave up');
    },
    async (scene) => {
      const { client, peer } = await scene.opening();
      peer.sendBytes(0x20, 0x02, 0x00, 0x01);
      await scene.settle();
      must(client.connecting.state === 'rejected', 'connecting never settles after a CONNACK of 3.1.1');
      must(peer.isClosed, 'stays connected after a CONNACK of 3.1.1');
    },
  ),

  scenario(4, 'A second CONNACK: DISCONNECT 0x82, closed', async (scene) => {
    const { peer } = await scene.connected();
    peer.accept();
    await peer.expectDisconnect(0x82);
  }),

  // [MQTT-3.1.2-4] [MQTT-3.2.2-4]
  scenario(
    5,
    'Session present after a clean start, or with an error code: protocol error, closed',
    async (scene) => {
      const { client, peer } = await scene.opening({ cleanStart: true });
      peer.accept(true);
      await scene.settle();
      must(client.connecting.state !== 'resolved', 'takes the session that should be gone');
      await peer.expectDisconnect(0x82);
    },
    async (scene) => {
      const { client, peer } = await scene.opening();
      peer.sendBytes(0x20, 0x03, 0x01, 0x87, 0x00);
      await scene.settle();
      must(client.connecting.state === 'rejected', 'connecting never settles');
      must(peer.isClosed, 'stays connected');
    },
  ),

  scenario(6, 'Session present, nothing known here: taken, identifiers do not start at 1', async (scene) => {
    const { client, peer } = await scene.connected({}, undefined, true);
    const publishing = client.publish('t', '', { qos: 1 });
    const { packetId } = await peer.expect('publish');
    must(packetId !== 1, 'starts at 1');
    peer.ack('puback', packetId!);
    await scene.settle();
    must(publishing.state === 'resolved', 'the publish never settles');
  }),

  // [MQTT-3.2.2-5] [MQTT-3.3.1-3]
  scenario(
    7,
    'Session lost with publishes under way: nothing resent; they reject, or are published anew',
    async (scene) => {
      const { client, peer } = await scene.connected();
      const one = client.publish('t', 'one', { qos: 1 });
      const two = client.publish('t', 'two', { qos: 2 });
      await peer.expect('publish');
      const { packetId } = await peer.expect('publish');
      peer.ack('pubrec', packetId!);
      await peer.expect('pubrel');
      peer.cut();
      const { peer: again } = await scene.reconnected(false);
      await again.expectNothing('resends into a session that is gone');
      must(one.state === 'rejected' && two.state === 'rejected', 'the publishes never settle');
    },
    async (scene) => {
      const { client, peer } = await scene.connected({ republish: true });
      const one = client.publish('t', 'one', { qos: 1 });
      await peer.expect('publish');
      peer.cut();
      const { peer: again } = await scene.reconnected(false);
      const { packetId } = await again.expect('publish', { duplicate: false });
      again.ack('puback', packetId!);
      await scene.settle();
      must(one.state === 'resolved', 'the publish never settles');
    },
  ),

  // [MQTT-3.1.2-21] [MQTT-3.2.2-21] [MQTT-3.1.3-2]
  once(
    8,
    'Assigned client identifier kept; server keep-alive overrides both ways and stays out of the next CONNECT',
    async (scene) => {
      const { peer } = await scene.connected(
        { clientId: '', cleanStart: true },
        { assignedClientIdentifier: 'yours' },
      );
      peer.cut();
      const { connect } = await scene.reconnected(true);
      must(connect.clientId === 'yours', `comes back as ${JSON.stringify(connect.clientId)}`);
    },
    async (scene) => {
      const { peer } = await scene.connected({ keepAlive: 60 }, { serverKeepAlive: 8 });
      await scene.advance(8_000);
      await peer.expect('pingreq');
      peer.cut();
      const { connect } = await scene.reconnected(true);
      must(connect.keepAlive === 60, `asks for ${connect.keepAlive} s next time`);
    },
    async (scene) => {
      const { peer } = await scene.connected({ keepAlive: 10 }, { serverKeepAlive: 100 });
      await scene.advance(60_000);
      must(!peer.isClosed, 'closes although the server allows 100 s');
      await peer.expectNothing();
    },
    async (scene) => {
      const { peer } = await scene.connected({ keepAlive: 10 }, { serverKeepAlive: 0 });
      await scene.advance(600_000);
      must(!peer.isClosed, 'closes although the server turned keep-alive off');
      await peer.expectNothing();
    },
  ),

  scenario(
    9,
    'CONNACK with a receive maximum of 0, a property twice, a maximum QoS of 2: DISCONNECT 0x82',
    refused([0x20, 0x06, 0x00, 0x00, 0x03, 0x21, 0x00, 0x00], 0x82),
    refused([0x20, 0x07, 0x00, 0x00, 0x04, 0x24, 0x01, 0x24, 0x00], 0x82),
    refused([0x20, 0x05, 0x00, 0x00, 0x02, 0x24, 0x02], 0x82),
  ),

  // [MQTT-3.1.2-30] [MQTT-4.12.0-3] [MQTT-4.12.0-5] [MQTT-4.12.0-7] [MQTT-4.12.1-1]
  scenario(
    10,
    'AUTH: challenges answered, wrong method refused with 0x82, re-authentication beside what is under way',
    async (scene) => {
      const { client, peer } = await scene.opening({ authenticationMethod: 'm' });
      for (const step of ['1', '2']) {
        peer.send({
          type: 'auth',
          reasonCode: 0x18,
          properties: { authenticationMethod: 'm', authenticationData: Buffer.from(step) },
        });
        const { reasonCode, properties } = await peer.expect('auth');
        must(reasonCode === 0x18 && properties?.authenticationMethod === 'm', 'answers with another AUTH');
        const data = Buffer.from(properties.authenticationData ?? []).toString();
        must(data === `answer-to-${step}`, 'does not answer the challenge');
      }
      peer.accept(false, { authenticationMethod: 'm' });
      await scene.settle();
      must(client.connecting.state === 'resolved', 'does not connect');
    },
    async (scene) => {
      const { peer } = await scene.opening({ authenticationMethod: 'm' });
      peer.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'other' } });
      await peer.expectDisconnect(0x82);
    },
    async (scene) => {
      const { peer } = await scene.opening();
      peer.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } });
      await peer.expectDisconnect(0x82);
    },
    async (scene) => {
      const { client, peer } = await scene.opening({ authenticationMethod: 'm' });
      peer.accept(false, { authenticationMethod: 'm' });
      await scene.settle();
      const publishing = client.publish('t', '', { qos: 1 });
      const { packetId } = await peer.expect('publish');
      const renewing = client.reauthenticate();
      await peer.expect('auth', { reasonCode: 0x19 });
      peer.send({ type: 'auth', reasonCode: 0, properties: { authenticationMethod: 'm' } });
      peer.ack('puback', packetId!);
      await scene.settle();
      must(renewing.state === 'resolved', 're-authentication never settles');
      must(publishing.state === 'resolved', 'the publish under way is lost');
    },
  ),
];

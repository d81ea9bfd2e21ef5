import { getEventListeners } from 'node:events';
import { once, type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must, type Scene } from '../../../support/scenarios/scene.js';
import { connackOf, publish } from '../../../support/scripted-peer.js';

const qos1 = { qos: 1 } as const;

const malformed = (what: string, bytes: number[], reasonCode: number) => async (scene: Scene) => {
  const { client, peer } = await scene.connected({ maximumPacketSize: 1_000 });
  peer.sendBytes(...bytes, 0x30, 0x04, 0x00, 0x01, 0x74, 0x00);
  await scene.settle();
  must(client.inbox.length === 0, `${what}: goes on parsing`);
  try {
    await peer.expectDisconnect(reasonCode);
  } catch (error) {
    must(false, `${what}: ${(error as Error).message}`); // a Fact
  }
};

export const liveness: readonly Scenario[] = [
  once(
    52,
    'A server that stops answering, or reading: closed within 1.5 keep-alives, said so; traffic of ours hides nothing',
    async (scene) => {
      const { client, peer } = await scene.connected({ keepAlive: 10 });
      for (let seconds = 0; seconds < 16; seconds++) {
        if (peer.isClosed) break;
        client.publish('t');
        await scene.advance(1_000);
      }
      const sent = await peer.received();
      must(peer.isClosed, 'publishing at QoS 0 hides that the server is silent');
      must(
        sent.some(({ type }) => type === 'pingreq'),
        'sends no PINGREQ',
      );
    },
    async (scene) => {
      const { client, peer } = await scene.connected({ keepAlive: 10 });
      await scene.advance(16_000);
      await peer.expect('pingreq');
      must(client.told.includes(0x8d), 'does not say that the server was silent');
      const sent = await peer.received();
      must(peer.isClosed, 'stays connected');
      must(sent.at(-1)?.type === 'disconnect', 'closes without DISCONNECT');
    },
    async (scene) => {
      const { client, peer } = await scene.connected({ keepAlive: 10 });
      peer.stopReading();
      client.publish('t', new Uint8Array(200_000));
      await scene.advance(16_000);
      must(client.told.includes(0x8d) || peer.isClosed, 'a full send buffer keeps a dead connection open');
    },
  ),

  scenario(53, 'PINGRESP that nobody asked for: ignored', async (scene) => {
    const { client, peer } = await scene.connected();
    peer.send({ type: 'pingresp' }, { type: 'pingresp' });
    client.publish('t', '', qos1);
    await peer.expect('publish');
    must(!peer.isClosed, 'closes');
  }),

  scenario(
    54,
    'DISCONNECT from the server: nothing sent afterwards, even if the socket stays open; closed',
    async (scene) => {
      const { client, peer } = await scene.connected();
      peer.send({ type: 'disconnect', reasonCode: 0x8b });
      await scene.settle();
      client.publish('late');
      const sent = await peer.received();
      must(sent.length === 0, 'goes on publishing');
      must(peer.isClosed, 'stays connected');
    },
  ),

  once(55, 'DISCONNECT 0x8E (taken over): no reconnect, code visible', async (scene) => {
    const { client, peer } = await scene.connected();
    peer.send({ type: 'disconnect', reasonCode: 0x8e });
    peer.end();
    await scene.noFurtherConnection('connects again and takes the session back');
    must(client.told.includes(0x8e), 'does not say why');
    must(client.isOver, 'does not say that it gave up');
  }),

  once(
    56,
    'Use another server, with a reference: goes there; without: stops',
    async (scene) => {
      let arrived = false;
      const serverReference = await scene.serve(() => {
        arrived = true;
      });
      let visits = 0;
      const address = await scene.serve((send, end) => {
        visits++;
        send(connackOf(0), { type: 'disconnect', reasonCode: 0x9c, properties: { serverReference } });
        end();
      });
      scene.open({ address });
      await scene.until(() => arrived || visits > 1, { time: true });
      must(visits === 1, 'comes back to the server that sent it away');
      must(arrived, 'does not go where it is sent');
    },
    async (scene) => {
      const { peer } = await scene.connected();
      peer.send({ type: 'disconnect', reasonCode: 0x9d });
      await peer.expectClosed();
      await scene.noFurtherConnection('comes back to a server that has moved');
    },
  ),

  once(
    57,
    'A server that accepts and hangs up: the delay grows, CONNACK does not reset it',
    async (scene) => {
      const { peer } = await scene.connected();
      peer.cut();
      const delays: number[] = [];
      for (let n = 0; n < 12; n++) {
        const from = scene.clock.now();
        const next = await scene.next();
        delays.push(scene.clock.now() - from);
        next.accept(true);
        await scene.settle();
        next.cut();
      }
      const sum = (part: number[]) => part.reduce((total, delay) => total + delay, 0);
      must(
        sum(delays.slice(6)) > 2 * sum(delays.slice(0, 6)),
        `waits ${delays[1]} ms the second time and ${delays.at(-1)} ms the ${delays.length}th`,
      );
    },
  ),

  // [MQTT-4.13.2-1]
  scenario(
    58,
    'Malformed: DISCONNECT with its code, closed, nothing behind it parsed, however the bytes are cut',
    malformed('reserved packet type', [0xf8, 0x00], 0x81),
    malformed('packet that only clients send', [0x82, 0x06, 0, 1, 0, 0, 1, 0x61], 0x82),
    malformed('wrong flags', [0x41, 0x02, 0, 1], 0x81),
    malformed('remaining length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], 0x81),
    malformed('packet above the maximum size', [0x30, 0x80, 0x80, 0x01], 0x95),
    malformed('text that is no UTF-8', [0x30, 0x05, 0x00, 0x02, 0xc3, 0x28, 0x00], 0x81),
  ),

  scenario(
    59,
    'The stream ends in the middle of a packet: half of it is dropped, the next connection parses cleanly',
    async (scene) => {
      const { client, peer } = await scene.connected();
      peer.sendBytes(0x30, 0x20, 0x00, 0x01);
      peer.end();
      const { peer: again } = await scene.reconnected(true);
      await again.received();
      again.send(publish({ topic: 'whole' }));
      await scene.settle();
      must(client.inbox.map(({ topic }) => topic).join() === 'whole', 'does not deliver the next message');
    },
  ),

  once(
    60,
    'close() in every state, twice and at once: everything settles, no timer or connection is left',
    async (scene) => {
      const { client, peer } = await scene.connected({}, { receiveMaximum: 1 });
      const calls = [
        client.publish('a', '', qos1),
        client.publish('b', '', { qos: 2 }),
        client.subscribe([{ filter: 'c' }]),
        client.unsubscribe(['d']),
      ];
      const closes = [client.close(), client.close(), client.disconnect()];
      await scene.advance(60_000);
      must(
        closes.every(({ state }) => state !== 'pending'),
        'close() never settles',
      );
      must(
        calls.every(({ state }) => state !== 'pending'),
        'requests under way never settle',
      );
      must(scene.clock.pendingTimers === 0, 'leaves timers');
      must(peer.isClosed, 'leaves the connection open');
      await scene.noFurtherConnection();
    },
    async (scene) => {
      const { client, peer } = await scene.opening();
      client.close();
      await scene.advance(60_000);
      must(client.connecting.state !== 'pending', 'connecting never settles');
      must(peer.isClosed && scene.clock.pendingTimers === 0, 'leaves the connection or timers');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const publishing = client.publish('t', '', qos1);
      await peer.received();
      peer.cut();
      await scene.settle();
      const closing = client.close();
      await scene.advance(60_000);
      must(closing.state !== 'pending', 'close() while it waits to connect again never settles');
      must(publishing.state !== 'pending', 'a publish under way never settles');
      must(scene.clock.pendingTimers === 0, 'leaves timers');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const publishing = client.publish('t', '', qos1);
      await peer.received();
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      await again.received();
      const leaving = client.disconnect();
      await scene.advance(60_000);
      must(leaving.state !== 'pending', 'leaving in order never settles while an answer is missing');
      must(publishing.state !== 'pending', 'a publish under way never settles');
    },
  ),

  // [MQTT-3.14.4-2]
  once(
    61,
    'Leaving in order: requests finish or time out, then DISCONNECT and the end; no longer session than CONNECT asked for',
    async (scene) => {
      const { client, peer } = await scene.connected();
      const publishing = client.publish('t', '', qos1);
      const { packetId } = await peer.expect('publish');
      const leaving = client.disconnect();
      const late = client.publish('late', '', qos1);
      await peer.expectNothing();
      peer.ack('puback', packetId!);
      await scene.advance(1_000);
      must(publishing.state === 'resolved', 'does not wait for the answer');
      must(late.state === 'rejected', 'takes a request while it leaves');
      await peer.expectDisconnect(0);
      must(leaving.state === 'resolved', 'leaving never settles');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      client.publish('t', '', qos1);
      await peer.expect('publish');
      const leaving = client.disconnect();
      await scene.advance(60_000);
      must(leaving.state !== 'pending', 'waits for ever for a missing answer');
    },
    async (scene) => {
      const { client, peer } = await scene.connected({ sessionExpiryInterval: 0 });
      const leaving = client.disconnect({ sessionExpiryInterval: 10 });
      await scene.settle();
      must(
        (await peer.received()).length === 0,
        'asks for a session that CONNECT gave up, which is a protocol error',
      );
      must(leaving.state === 'rejected', 'leaving never settles');
    },
  ),

  once(62, 'No listener anywhere: no failure ends the process', async (scene) => {
    const crashes = await scene.crashesOf(async () => {
      const refused = await scene.opening({ unobserved: true });
      refused.peer.send(connackOf(0x87));
      await scene.settle();
      const nonsense = await scene.connected({ unobserved: true });
      nonsense.peer.sendBytes(0xf0, 0x00);
      await scene.settle();
      const silent = await scene.connected({ unobserved: true, keepAlive: 5 });
      silent.peer.stopReading();
      await scene.advance(10_000);
    });
    must(crashes === 0, 'an error that nobody listens to ends the process (uncaughtException)');
  }),

  once(
    63,
    'Cycles of connecting and many messages: no listener, timer or map grows (in full: `npm run soak`)',
    async (scene) => {
      const { signal } = new AbortController();
      for (let n = 0; n < 100; n++) {
        const { client, peer } = await scene.connected();
        for (let m = 0; m < 10; m++) {
          const publishing = client.publish('t', '', { ...qos1, signal });
          peer.ack('puback', (await peer.expect('publish')).packetId!);
          await scene.settle();
          must(publishing.state === 'resolved', 'a publish never settles');
        }
        client.disconnect();
        await scene.advance(100);
        must(peer.isClosed, 'stays connected');
        must(scene.clock.pendingTimers === 0, 'leaves timers');
      }
      must(getEventListeners(signal, 'abort').length === 0, 'leaves listeners on a signal');
    },
  ),
];

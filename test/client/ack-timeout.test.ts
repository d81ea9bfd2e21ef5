// A server that keeps the connection alive and leaves something unanswered: with ackTimeout the connection ends, and the next one sends it again.
import { describe, expect, it } from 'vitest';
import { AnswerWatch } from '../../src/client/answer-watch.js';
import { type ConnectOptions, connect } from '../../src/client/index.js';
import type { UnsubscribeRequest } from '../../src/session/subscriptions.js';
import type { Clock } from '../../src/time/index.js';
import { HeldStore } from '../support/held-store.js';
import { type PeerConnection, ScriptedPeer } from '../support/scripted-peer.js';

const ackTimeout = 4_000;

async function watched(options: ConnectOptions = {}, sessionPresent = false) {
  const script = new ScriptedPeer();
  const connected = await script.connected(
    { ackTimeout, keepAlive: 0, reconnect: true, random: () => 0, ...options },
    { sessionPresent },
  );
  return { script, ...connected };
}

async function ended(peer: PeerConnection): Promise<void> {
  await peer.expect('disconnect', { reasonCode: 0x80 });
  await peer.expectClosed();
}

describe.each([
  ['PUBLISH', 'PUBLISH 1 for "t"', (client) => client.publish('t', '', { qos: 1 })],
  ['SUBSCRIBE', 'SUBSCRIBE 1', (client) => client.subscribe('t')],
  ['UNSUBSCRIBE', 'UNSUBSCRIBE 1', (client) => client.unsubscribe('t')],
] as [string, string, (client: Awaited<ReturnType<typeof connect>>) => Promise<unknown>][])(
  'an unanswered %s',
  (_, named, ask) => {
    it('ends the connection between one and one and a half timeouts later, and is sent again on the next one', async () => {
      const { client, peer, clock, script } = await watched();
      const asking = ask(client);
      asking.catch(() => undefined);
      const [asked] = await peer.received();
      const disconnected = client.disconnected();
      await clock.advance(ackTimeout - 1);
      await peer.expectNothing();
      await clock.advance(ackTimeout / 2);
      await ended(peer);
      expect(await disconnected).toMatchObject({
        by: 'client',
        reasonCode: 0x80,
        cause: {
          kind: 'ack-timeout',
          message: `The server did not answer ${named} within the ackTimeout of 4000 ms.`,
        },
      });
      const next = await script.accept();
      await next.expect('connect');
      next.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
      await next.expect(asked!.type);
      await client.close();
    });
  },
);

it('gives each half of QoS 2 its own time', async () => {
  const { client, peer, clock } = await watched();
  const publishing = client.publish('t', '', { qos: 2 });
  publishing.catch(() => undefined);
  await peer.expect('publish');
  await clock.advance(3_900);
  peer.ack('pubrec', 1);
  await peer.expect('pubrel');
  await clock.advance(3_900);
  await peer.expectNothing();
  await clock.advance(2_100);
  await ended(peer);
  await client.close();
});

it('a process that stood still gives the server time again, whose answer it may not have read yet', () => {
  const world = { now: 0, tickAt: (_: number) => {} };
  const clock: Clock = {
    now: () => world.now,
    setTimer: (_, callback) => {
      world.tickAt = (at) => {
        world.now = at;
        callback();
      };
      return () => undefined;
    },
  };
  const request = { packet: { packetId: 1 } } as UnsubscribeRequest; // nothing else of it is looked at
  const unanswered = [{ kind: 'unsubscribe', request, isRepeated: false } as const];
  const overdue: number[] = [];
  new AnswerWatch(clock, 1_000, {
    unanswered: () => unanswered,
    overdue: () => overdue.push(world.now),
  });
  for (const at of [250, 500, 5_000, 5_250]) world.tickAt(at);
  expect(overdue).toEqual([]);
  world.tickAt(5_500); // 1,000 ms since the first tick, without the 4,250 in which nobody ran
  expect(overdue).toEqual([5_500]);
});

it('does not wait for what has not left, or was answered and waits for the store', async () => {
  const store = new HeldStore();
  const { client, peer, clock } = await watched({ sessionStore: store, sendMaximum: 1 }, true);
  await peer.expectNothing();
  store.settleAll();
  const subscribing = client.subscribe('t');
  peer.send({
    type: 'suback',
    packetId: (await peer.expect('subscribe')).packetId,
    reasonCodes: [0],
  });
  const publishing = Promise.allSettled([
    client.publish('stored first', '', { qos: 1 }),
    client.publish('waits for a slot', '', { qos: 1 }),
  ]);
  await clock.advance(3 * ackTimeout);
  expect(client.state).toMatchObject({ state: 'connected' });
  store.letGo();
  await subscribing;
  await client.close();
  await publishing;
});

it('without it, the server may take for ever', async () => {
  const { client, peer, clock } = await watched({ ackTimeout: null });
  const publishing = client.publish('t', '', { qos: 1 });
  await peer.expect('publish');
  await clock.advance('240h');
  peer.ack('puback', 1);
  expect(await publishing).toMatchObject({ packetId: 1 });
  await client.close();
});

it('leaves no timer behind', async () => {
  const { client, clock } = await watched();
  const closing = client.close();
  await clock.advance(2_000);
  await closing;
  expect(clock.pendingTimers).toBe(0);
});

it('must be a number of milliseconds, or null', async () => {
  const { endpoint, deterministic } = new ScriptedPeer();
  await expect(connect(endpoint, { ...deterministic, ackTimeout: 0 })).rejects.toThrow(
    'ackTimeout must be a number of milliseconds from 1 on, not 0.',
  );
});

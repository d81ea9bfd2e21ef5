// Stores and transports of the user's own that throw, or never answer: nobody waits for them for ever. And where redirections must not lead.
import { expect, it } from 'vitest';
import { type ConnectOptions, connect } from '../../src/client/index.js';
import { ReconnectPolicy, type ReconnectSettings } from '../../src/client/reconnect.js';
import { encodePacket } from '../../src/packets/index.js';
import type { Disconnection } from '../../src/session/disconnection.js';
import type { StoredSession } from '../../src/session/session-store.js';
import { MemorySessionStore } from '../../src/stores/index.js';
import { sleep, VirtualClock } from '../../src/time/index.js';
import type { Transport } from '../../src/transports/index.js';
import { HeldStore } from '../support/held-store.js';
import { connackOf, ScriptedPeer } from '../support/scripted-peer.js';

const settings: ReconnectSettings = {
  minDelay: 250,
  maxDelay: 30_000,
  maxAttempts: Number.POSITIVE_INFINITY,
  initial: true,
  followRedirects: true,
};
const network: Disconnection = { by: 'network', cause: new Error('gone') };

function policyOf(endpoints: string[], changed: Partial<ReconnectSettings> = {}): ReconnectPolicy {
  return new ReconnectPolicy(endpoints, {}, { ...settings, ...changed }, 5, () => 0.5);
}

function sentTo(serverReference: string, reasonCode: 0x9c | 0x9d = 0x9c): Disconnection {
  return { by: 'server', packet: 'disconnect', reasonCode, serverReference };
}

it.each([0x9c, 0x9d] as const)(
  'code %i never leads from an encrypted connection to a plain one, over detours neither',
  (code) => {
    const policy = policyOf(['mqtt://a', 'mqtt://spare']);
    expect(policy.after(sentTo('mqtts://b', code), 0)).toEqual({ stop: false, delay: 0 });
    expect(policy.target.where).toBe('mqtts://b:8883');
    policy.after(sentTo('mqtt://c', code), 0);
    expect(policy.target.where).not.toContain('//c');
    const secure = policyOf(['mqtts://a']);
    secure.after(sentTo('ws://c/mqtt', code), 0);
    expect(secure.target.where).toBe('mqtts://a:8883');
    secure.after(sentTo('c:1883', code), 0);
    expect(secure.target.where).toBe('mqtts://c:1883');
  },
);

it('a first attempt that was sent to a dead server goes on with the other endpoints', () => {
  const policy = policyOf(['mqtt://a', 'mqtt://spare'], { initial: false });
  const refused: Disconnection = {
    by: 'server',
    packet: 'connack',
    reasonCode: 0x9c,
    serverReference: 'dead',
  };
  expect(policy.after(refused, undefined)).toEqual({ stop: false, delay: 0 });
  expect(policy.target.where).toContain('dead');
  expect(policy.after(network, undefined).stop).toBe(false);
  expect(policy.target.where).toContain('spare');
  expect(policy.after(network, undefined).stop).toBe(true);
});

/** `connect` with a store that answers `load` when the test says so, if ever. */
async function loading(options: ConnectOptions = {}) {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  let answer: (session: StoredSession) => void = () => undefined;
  store.load = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const settings = { clientId: 'c', ...script.deterministic, sessionStore: store, ...options };
  const outcome = connect(script.endpoint, settings).catch((error: unknown) => error);
  await script.clock.settle();
  return { script, store, outcome, answer: () => answer(store.stored) };
}

it('rejects when a store does not say within connectTimeout what it has', async () => {
  const { script, store, outcome, answer } = await loading({ connectTimeout: 2_000 });
  await script.clock.advance(2_000);
  expect(await outcome).toMatchObject({
    kind: 'store',
    message:
      'The session was not read from its store (it did not answer within 2000 ms). Check the session store.',
  });
  answer();
  await script.clock.settle();
  expect([script.attempts, store.closed, script.clock.pendingTimers]).toEqual([0, 1, 0]);
});

it('gives up at once when the signal aborts while the store is read, and closes the store behind it', async () => {
  const abort = new AbortController();
  const { script, store, outcome, answer } = await loading({ signal: abort.signal });
  abort.abort(new Error('enough'));
  expect(await outcome).toEqual(new Error('enough'));
  expect([store.closed, script.clock.pendingTimers]).toEqual([0, 0]); // a store is closed when its calls have settled
  answer();
  await script.clock.settle();
  expect([script.attempts, store.closed]).toEqual([0, 1]);
});

it('says that a store does not close, and does not wait for it for ever', async () => {
  const scripted = new ScriptedPeer();
  const store = new MemorySessionStore();
  store.close = () => new Promise(() => undefined);
  const { client } = await scripted.connected({ sessionStore: store });
  let result: unknown;
  void client.close().catch((error) => {
    result = error;
  });
  await scripted.clock.advance(30_000);
  expect(result).toMatchObject({ kind: 'store' });
  expect(scripted.clock.pendingTimers).toBe(0);
});

function transportThat(broken: Partial<Transport>): Transport {
  return {
    kind: 'custom',
    start: () => undefined,
    write: () => true,
    onDrain: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
    ...broken,
  };
}

it('a transport that throws where it should start is a failed attempt', async () => {
  const clock = new VirtualClock();
  const transport = transportThat({
    start: () => {
      throw new Error('no start');
    },
  });
  let result: unknown;
  void connect({ connect: async () => transport }, { clock }).catch((error) => {
    result = error;
  });
  await clock.advance(10_000);
  expect(result).toMatchObject({ kind: 'connect' });
});

it('a transport that never says that it is gone does not keep the client', async () => {
  const clock = new VirtualClock();
  const transport = transportThat({
    write: () => {
      throw new Error('no write');
    },
  });
  let result: unknown;
  void connect({ connect: async () => transport }, { clock }).catch((error) => {
    result = error;
  });
  await clock.advance(10_000);
  expect(result).toMatchObject({ kind: 'connect' });
  expect(clock.pendingTimers).toBe(0);
});

/** Attempts whose transport throws when it is closed; `thrown` counts how often it did. */
function unclosable(start: Transport['start'] = () => undefined) {
  const world = { thrown: 0 };
  const transport = transportThat({
    start,
    close: () => {
      world.thrown++;
      throw new Error('not open');
    },
  });
  return { world, transport };
}

it('a transport that throws when it is closed keeps nobody else who waits for the signal', async () => {
  const clock = new VirtualClock();
  const { world, transport } = unclosable();
  const abort = new AbortController();
  const { signal } = abort;
  const waits = [
    connect({ connect: async () => transport }, { clock, signal }),
    sleep(clock, 60_000, signal),
  ];
  const outcomes = Promise.allSettled(waits);
  await clock.settle(); // CONNECT has left
  abort.abort(new Error('enough'));
  await clock.advance('2s');
  const enough = { status: 'rejected', reason: new Error('enough') };
  expect(await outcomes).toEqual([enough, enough]);
  expect([world.thrown, clock.pendingTimers]).toEqual([1, 0]);
});

it('a transport that throws when it is closed is given up as any other while it opens', async () => {
  for (let microtasks = 0; microtasks < 10; microtasks++) {
    const clock = new VirtualClock();
    const { world, transport } = unclosable();
    const abort = new AbortController();
    const abortLater = (left: number) =>
      queueMicrotask(() => (left === 0 ? abort.abort(new Error('enough')) : abortLater(left - 1)));
    const endpoint = {
      connect: async () => {
        abortLater(microtasks);
        return transport;
      },
    };
    const outcome = connect(endpoint, { clock, signal: abort.signal }).catch((error: unknown) => error);
    await clock.advance('2s');
    expect([await outcome, world.thrown]).toEqual([new Error('enough'), 1]);
  }
});

it('close() settles everything although the transport throws when it is closed', async () => {
  const clock = new VirtualClock();
  const connack = encodePacket(connackOf(0), 5);
  const { world, transport } = unclosable((onBytes) => queueMicrotask(() => onBytes(connack)));
  const client = await connect({ connect: async () => transport }, { clock });
  const publishing = expect(client.publish('t', '', { qos: 1 })).rejects.toMatchObject({ kind: 'closed' });
  const closing = client.close();
  await clock.advance('2s');
  await Promise.all([publishing, closing]);
  expect([client.state.state, world.thrown, clock.pendingTimers]).toEqual(['closed', 2, 0]);
});

it('close() waits for no transport that was cut long ago, and never said that it is gone', async () => {
  const script = new ScriptedPeer();
  const silent = transportThat({});
  const endpoint = { connect: async () => (script.clock.now() === 0 ? silent : script.dial()) };
  const connecting = connect(endpoint, {
    ...script.deterministic,
    reconnect: { initial: true },
    clientId: 'c',
  });
  await script.clock.advance(31_000); // connectTimeout is over, and the wait for the next attempt
  const peer = await script.accept();
  await peer.expect('connect');
  peer.send(connackOf(0));
  const client = await connecting;
  let isClosed = false;
  void client.close().then(() => {
    isClosed = true;
  });
  await peer.expect('disconnect');
  peer.end();
  await script.clock.settle();
  expect([isClosed, script.clock.pendingTimers]).toEqual([true, 0]);
});

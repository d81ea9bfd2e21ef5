// When and where a client connects again. What it then does with its session is in scenarios/resuming.test.ts.
import { describe, expect, it } from 'vitest';
import {
  type Client,
  ConnectError,
  ConnectionLostError,
  type ConnectOptions,
  connect,
  type Disconnection,
  type ReconnectOptions,
  type Transport,
} from '../../src/client/index.js';
import { ReconnectPolicy, type ReconnectSettings } from '../../src/client/reconnect.js';
import { connackOf, everyCut, type PeerConnection, ScriptedPeer } from '../support/scripted-peer.js';

const accepted = { type: 'connack', sessionPresent: true, reasonCode: 0 } as const;
const cut: Disconnection = { by: 'network', cause: new Error('cut') };
const server = (
  packet: 'connack' | 'disconnect',
  reasonCode: number,
  serverReference?: string,
): Disconnection => ({
  by: 'server',
  packet,
  reasonCode,
  ...(serverReference !== undefined && { serverReference }),
});

function policyOf(endpoints: readonly string[], options: ReconnectOptions = {}, random = () => 1) {
  const defaults: ReconnectSettings = {
    minDelay: 250,
    maxDelay: 30_000,
    maxAttempts: Number.POSITIVE_INFINITY,
    initial: false,
    followRedirects: true,
  };
  return new ReconnectPolicy(endpoints, {}, { ...defaults, ...options }, 5, random);
}

describe('the policy', () => {
  it('comes back at once after a connection that lasted, and waits longer after each attempt that fails', () => {
    const policy = policyOf(['mqtt://a']);
    expect(policy.after(cut, 30_000)).toEqual({ stop: false, delay: 0 });
    expect(policy.attempt).toBe(1);
    expect([1, 2, 3].map(() => policy.after(cut, undefined))).toMatchObject([
      { delay: 500 },
      { delay: 1_000 },
      { delay: 2_000 },
    ]);
    expect(policy.attempt).toBe(4);
    expect(policy.after(cut, 40_000)).toEqual({ stop: false, delay: 0 });
    expect(policy.after(cut, undefined)).toMatchObject({ delay: 500 });
  });

  it('57: lets the waits grow for a server that accepts and then ends the connection', () => {
    const policy = policyOf(['mqtt://a']);
    const delays = [1, 2, 3, 4].map(() => policy.after(server('disconnect', 0x8b), 100));
    expect(delays).toMatchObject([{ delay: 500 }, { delay: 1_000 }, { delay: 2_000 }, { delay: 4_000 }]);
  });

  it.each([
    [server('disconnect', 0x8e)],
    [server('disconnect', 0x87)],
    [server('connack', 0x86)],
    [server('connack', 0x8a)],
    [{ by: 'client', reasonCode: 0 } as Disconnection],
  ])('stops after %j', (disconnection) => {
    const policy = policyOf(['mqtt://a']);
    policy.after(cut, 1);
    expect(policy.after(disconnection, undefined)).toEqual({ stop: true });
  });

  it.each([
    [server('disconnect', 0x8b)],
    [server('disconnect', 0x00)],
    [server('connack', 0x89)],
    [{ by: 'client', reasonCode: 0x82, cause: new Error('nonsense') } as Disconnection],
    [{ by: 'network', cause: Object.assign(new Error('no name'), { code: 'ENOTFOUND' }) } as Disconnection],
  ])('tries again after %j', (disconnection) => {
    const policy = policyOf(['mqtt://a']);
    policy.after(cut, 1);
    expect(policy.after(disconnection, undefined)).toMatchObject({ stop: false });
  });

  it('gives up after as many attempts as it may make', () => {
    const policy = policyOf(['mqtt://a'], { maxAttempts: 2 });
    expect(policy.after(cut, 30_000)).toMatchObject({ stop: false });
    expect(policy.after(cut, undefined)).toMatchObject({ stop: false });
    expect(policy.after(cut, undefined)).toEqual({ stop: true });
  });

  it('gives every endpoint its turn before it waits', () => {
    const policy = policyOf(['mqtt://a', 'mqtt://b', 'mqtt://c']);
    const seen: string[] = [policy.target.where];
    for (const _ of [1, 2, 3, 4]) {
      const next = policy.after(cut, seen.length === 1 ? 1 : undefined);
      seen.push(`${next.stop || next.delay} ${policy.target.where}`);
    }
    expect(seen).toEqual([
      'mqtt://a:1883',
      '0 mqtt://b:1883',
      '0 mqtt://c:1883',
      '500 mqtt://a:1883',
      '0 mqtt://b:1883',
    ]);
  });

  it('stays with an endpoint whose connection lasted', () => {
    const policy = policyOf(['mqtt://a', 'mqtt://b']);
    policy.after(cut, undefined);
    expect(policy.target.where).toBe('mqtt://b:1883');
    policy.after(cut, 60_000);
    expect(policy.target.where).toBe('mqtt://b:1883');
  });

  it('56: goes where a server sends it, for the next connection', () => {
    const policy = policyOf(['mqtts://a']);
    expect(policy.after(server('disconnect', 0x9c, 'b:8884'), 60_000)).toEqual({ stop: false, delay: 0 });
    expect(policy.target.where).toBe('mqtts://b:8884');
    policy.after(cut, 60_000);
    expect(policy.target.where).toBe('mqtts://a:8883');
  });

  it('56: stays where a server has moved to', () => {
    const policy = policyOf(['mqtt://a']);
    policy.after(server('connack', 0x9d, 'b'), undefined);
    policy.after(cut, 60_000);
    expect(policy.target.where).toBe('mqtt://b:1883');
  });

  it('56: follows five redirections in a row, then waits where it began', () => {
    const policy = policyOf(['mqtt://a']);
    for (const name of ['b', 'c', 'd', 'e', 'f']) {
      expect(policy.after(server('connack', 0x9c, name), undefined)).toEqual({ stop: false, delay: 0 });
      expect(policy.target.where).toBe(`mqtt://${name}:1883`);
    }
    expect(policy.after(server('connack', 0x9c, 'g'), 1)).toMatchObject({ stop: false, delay: 500 });
    expect(policy.target.where).toBe('mqtt://a:1883');
  });

  it.each([
    ['no reference', undefined, {}],
    ['one that leads to an open connection', 'mqtt://b', {}],
    ['one that is not wanted', 'b', { followRedirects: false }],
  ])('56: with %s it waits at a busy server, and leaves one that has moved', (_, reference, options) => {
    const policy = policyOf(['mqtts://a'], options);
    policy.after(cut, 1);
    expect(policy.after(server('disconnect', 0x9c, reference), 1)).toMatchObject({ stop: false });
    expect(policy.target.where).toBe('mqtts://a:8883');
    expect(policy.after(server('disconnect', 0x9d, reference), 1)).toEqual({ stop: true });
  });

  it('lets the user decide, with the number of the attempt that would follow', () => {
    const seen: unknown[] = [];
    const policy = policyOf(['mqtt://a'], {
      decide: ({ by }, attempt) => {
        seen.push([by, attempt]);
        if (attempt === 2) return { delay: 7, endpoint: 'mqtt://b' };
        return attempt === 3 ? 'stop' : 'default';
      },
    });
    expect(policy.after(cut, 60_000)).toMatchObject({ delay: 0 });
    expect(policy.after(cut, undefined)).toEqual({ stop: false, delay: 7 });
    expect(policy.target.where).toBe('mqtt://b:1883');
    expect(policy.after(cut, undefined)).toEqual({ stop: true });
    expect(seen).toEqual([
      ['network', 1],
      ['network', 2],
      ['network', 3],
    ]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
    ],
    ['returns no delay', () => ({ delay: Number.NaN })],
    ['returns no endpoint', () => ({ delay: 0, endpoint: 'nowhere' })],
  ] as const)('stops if decide() %s, and says so', (_, decide) => {
    expect(policyOf(['mqtt://a'], { decide }).after(cut, 1)).toMatchObject({
      stop: true,
      cause: expect.any(Error),
    });
  });
});

describe('a client', () => {
  /** Lets the next connection in. */
  async function accept(script: ScriptedPeer, packet = accepted as Parameters<PeerConnection['send']>[0]) {
    const peer = await script.accept();
    const sent = await peer.expect('connect');
    peer.send(packet);
    await script.clock.settle();
    return { peer, connect: sent };
  }
  const comingBack = (options: ConnectOptions = {}) => ({ reconnect: true, ...options });

  everyCut((cutting) => {
    it('says all that it does, in order: waiting with the reason, connecting, connected', async () => {
      const { client, peer, clock } = await new ScriptedPeer(cutting).connected(
        comingBack({ random: () => 0 }),
      );
      const states: unknown[] = [];
      const watching = (async () => {
        for await (const state of client.states()) states.push(state);
      })();
      await clock.settle();
      peer.cut();
      await peer.received();
      expect(client.state).toEqual({
        state: 'waiting',
        retryAt: clock.now() + 250,
        last: { by: 'network', cause: expect.any(Error) },
      });
      await client.close();
      await watching;
      expect(states).toMatchObject([
        { state: 'connected', connectionId: 1 },
        { state: 'waiting' },
        { state: 'closed', last: { by: 'client', reasonCode: 0 } },
      ]);
    });
  });

  it('comes back: connected() waits for it, disconnected() tells of the drop, stats() counts', async () => {
    const script = new ScriptedPeer();
    const { client, peer, clock } = await script.connected(comingBack());
    await clock.advance('1m');
    const gone = client.disconnected();
    peer.cut();
    expect(await gone).toMatchObject({ by: 'network' });
    expect(await client.disconnected()).toMatchObject({ by: 'network' });
    const connected = client.connected();
    const { connect: second } = await accept(script);
    expect(second.cleanStart).toBe(false);
    expect(await connected).toMatchObject({ connectionId: 2, sessionPresent: true });
    expect(client.stats()).toMatchObject({ reconnects: 1 });
    await client.close();
  });

  it('gives up a wait for the connection with the signal, and with the end of the client', async () => {
    const { client, peer } = await new ScriptedPeer().connected(comingBack());
    peer.cut();
    await peer.received();
    const abort = new AbortController();
    const aborted = client.connected({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const ended = client.connected();
    await client.close();
    await expect(ended).rejects.toMatchObject({ kind: 'closed' });
  });

  it('without reconnect ends with the first connection', async () => {
    const script = new ScriptedPeer();
    const { client, peer, clock } = await script.connected({ reconnect: false });
    peer.cut();
    expect(await client.disconnected()).toMatchObject({ by: 'network' });
    expect(client.state).toMatchObject({ state: 'closed' });
    await clock.advance('5m');
    expect(script.attempts).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('55: stops when another client took its session over', async () => {
    const script = new ScriptedPeer();
    const { client, peer, clock } = await script.connected(comingBack());
    const publishing = client.publish('t', '', { qos: 1 });
    await peer.expect('publish');
    peer.send({ type: 'disconnect', reasonCode: 0x8e, properties: { reasonString: 'another one' } });
    const error = await publishing.catch((error) => error);
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error).toMatchObject({ disconnection: { reasonCode: 0x8e }, maybeDelivered: true });
    expect(client.state).toMatchObject({ state: 'closed', last: { reasonCode: 0x8e } });
    await clock.advance('5m');
    expect(script.attempts).toBe(1);
  });

  it('rejects a first connection that fails, and waits for it if it is told to', async () => {
    const script = new ScriptedPeer();
    const options = { clientId: 'c', ...script.deterministic };
    const failing = connect(script.endpoint, { ...options, reconnect: {} });
    const failed = expect(failing).rejects.toBeInstanceOf(ConnectError);
    await accept(script, connackOf(0x88));
    await failed;

    const waiting = connect(script.endpoint, { ...options, reconnect: { initial: true } });
    await accept(script, connackOf(0x88));
    await script.clock.advance('500ms');
    await accept(script);
    const client = await waiting;
    expect(client.state).toMatchObject({ state: 'connected', connectionId: 1 });
    expect(client.stats().reconnects).toBe(0);
    await client.close();
  });

  it('gives a first connection up after maxAttempts, with the last error', async () => {
    const script = new ScriptedPeer();
    const reconnect = { initial: true, maxAttempts: 2 };
    const failing = connect(script.endpoint, { ...script.deterministic, reconnect });
    const failed = expect(failing).rejects.toMatchObject({
      kind: 'connect',
      disconnection: { reasonCode: 0x89 },
    });
    await accept(script, connackOf(0x88));
    await script.clock.advance('500ms');
    await accept(script, connackOf(0x89));
    await failed;
    expect(script.clock.pendingTimers).toBe(0);
  });

  it('tries several endpoints in turn, also for the first connection', async () => {
    const script = new ScriptedPeer();
    const broken = { connect: () => Promise.reject(new Error('no way')) };
    const connecting = connect([broken, script.endpoint], { ...script.deterministic, clientId: 'c' });
    await script.clock.settle();
    await accept(script, { type: 'connack', sessionPresent: false, reasonCode: 0 });
    await (await connecting).close();
    await expect(connect([broken, broken], { ...script.deterministic })).rejects.toThrow('no way');
    await expect(connect([], {})).rejects.toThrow('the list is empty');
  });

  it('asks for credentials before every attempt, and takes a failure for a failed attempt', async () => {
    const script = new ScriptedPeer();
    const asked: number[] = [];
    const { client, peer } = await script.connected(
      comingBack({
        username: 'fallback',
        credentials: async (attempt) => {
          asked.push(attempt);
          if (asked.length === 2) throw new Error('the token server is down');
          return { password: `token ${asked.length}` };
        },
      }),
    );
    peer.cut();
    await peer.received();
    await script.clock.advance('500ms');
    expect(script.attempts).toBe(1);
    expect(client.state).toMatchObject({
      state: 'waiting',
      last: { by: 'client', cause: { message: 'the token server is down' } },
    });
    await script.clock.advance('1s');
    const { connect: second } = await accept(script);
    expect(second.username).toBe('fallback');
    expect(Buffer.from(second.password!).toString()).toBe('token 3');
    expect(asked).toEqual([1, 2, 3]);
    await client.close();
  });

  it('does not wait for credentials beyond the connect timeout, nor after it was closed', async () => {
    const script = new ScriptedPeer();
    const failing = connect(script.endpoint, {
      ...script.deterministic,
      credentials: () => new Promise(() => undefined),
      connectTimeout: 1_000,
    });
    const failed = expect(failing).rejects.toThrow('within 1000 ms');
    await script.clock.advance('1s');
    await failed;
    expect(script.clock.pendingTimers).toBe(0);
  });

  it('8: keeps the identifier that the server assigned, and not its keep-alive', async () => {
    const script = new ScriptedPeer();
    const { client, peer } = await script.connected(comingBack({ clientId: '', keepAlive: 30 }), {
      properties: { assignedClientIdentifier: 'assigned', serverKeepAlive: 7 },
    });
    expect(client.clientId).toBe('assigned');
    peer.cut();
    await peer.received();
    await script.clock.advance('500ms');
    const { connect: second } = await accept(script);
    expect(second).toMatchObject({ clientId: 'assigned', keepAlive: 30, cleanStart: false });
    expect(client.state).toMatchObject({
      state: 'connected',
      server: { keepAlive: 30, clientId: 'assigned' },
    });
    await client.close();
  });

  it.each([
    ['a generated identifier', {}, true],
    ['an identifier of yours', { clientId: 'mine', cleanStart: true }, false],
  ])('MQTT 3.1.1: %s', async (_, options, cleanStart) => {
    const script = new ScriptedPeer();
    const connecting = connect(script.endpoint, {
      ...script.deterministic,
      reconnect: true,
      protocol: 4,
      ...options,
    });
    const { peer, connect: first } = await accept(script, {
      type: 'connack',
      sessionPresent: false,
      reasonCode: 0,
    });
    expect(first.cleanStart).toBe(true);
    const client = await connecting;
    peer.cut();
    await peer.received();
    await script.clock.advance('500ms');
    const { connect: second } = await accept(script, {
      type: 'connack',
      sessionPresent: false,
      reasonCode: 0,
    });
    expect(second.cleanStart).toBe(cleanStart);
    await client.close();
  });

  it('is not ended by a byte stream of before that ends late', async () => {
    const script = new ScriptedPeer();
    const ends: (() => void)[] = [];
    const connectLate = async (): Promise<Transport> => {
      const inner = await script.endpoint.connect();
      return {
        kind: 'custom',
        start: (onBytes, onClose) => inner.start(onBytes, (error) => ends.push(() => onClose(error))),
        write: (bytes) => inner.write(bytes),
        onDrain: (callback) => inner.onDrain(callback),
        pause: () => inner.pause(),
        resume: () => inner.resume(),
        close: (error) => inner.close(error),
      };
    };
    const connecting = connect(
      { connect: connectLate },
      { clientId: 'c', ...script.deterministic, reconnect: true },
    );
    const { peer } = await accept(script, { type: 'connack', sessionPresent: false, reasonCode: 0 });
    const client = await connecting;
    peer.send({ type: 'disconnect', reasonCode: 0x8b });
    await peer.received();
    await script.clock.advance('500ms');
    await accept(script);
    expect(ends).toHaveLength(1);
    for (const end of ends) end();
    expect(client.state).toMatchObject({ state: 'connected', connectionId: 2 });
    const closing = client.close();
    await script.clock.advance('2s');
    await closing;
  });

  describe('60: close() settles everything and leaves nothing', () => {
    async function closed(script: ScriptedPeer, client: Client) {
      const closing = client.close();
      await script.clock.advance('2s');
      await closing;
      expect(client.state).toMatchObject({ state: 'closed', last: { by: 'client' } });
      expect(script.clock.pendingTimers).toBe(0);
      const { attempts } = script;
      await script.clock.advance('5m');
      expect(script.attempts).toBe(attempts);
      await client.close();
    }

    it('while it waits', async () => {
      const script = new ScriptedPeer();
      const { client, peer } = await script.connected(
        comingBack({ offline: { maxMessages: 9, overflow: 'reject' } }),
      );
      const asked = [client.publish('t', '', { qos: 1 })];
      await peer.expect('publish');
      peer.cut();
      await peer.received();
      const next = client.messages().next();
      asked.push(client.publish('t', '', { qos: 2 }));
      const unsubscribing = client.unsubscribe('f');
      const outcomes = Promise.allSettled([...asked, unsubscribing, client.connected(), client.drain()]);
      await closed(script, client);
      expect(
        (await outcomes).map((each) => (each.status === 'rejected' ? each.reason.kind : 'fulfilled')),
      ).toEqual(['closed', 'closed', 'closed', 'closed', 'fulfilled']);
      expect(await next).toEqual({ done: true, value: undefined });
    });

    it('while it connects again, before and after there is a byte stream', async () => {
      const script = new ScriptedPeer();
      let hang = false;
      let fail: (error: Error) => void = () => undefined;
      const signals: AbortSignal[] = [];
      const endpoint = {
        connect: ({ signal }: { signal: AbortSignal }) => {
          signals.push(signal);
          if (!hang) return script.endpoint.connect();
          return new Promise<never>((_, reject) => {
            fail = reject;
          });
        },
      };
      for (const hangs of [true, false]) {
        hang = false;
        const states: string[] = [];
        const connecting = connect(endpoint, {
          clientId: 'c',
          ...script.deterministic,
          reconnect: true,
          hooks: { stateChange: ({ state }) => states.push(state) },
        });
        const { peer } = await accept(script, { type: 'connack', sessionPresent: false, reasonCode: 0 });
        const client = await connecting;
        hang = hangs;
        peer.cut();
        await script.clock.advance('500ms');
        expect(client.state).toMatchObject({ state: 'connecting' });
        const next = hangs ? undefined : await script.accept();
        await closed(script, client);
        if (next) expect(next.isClosed).toBe(true);
        if (hangs) expect(signals.at(-1)!.aborted).toBe(true);
        fail(new Error('too late'));
        await script.clock.settle();
        expect(states.filter((state) => state === 'closed')).toHaveLength(1);
      }
    });

    it('while it sends again', async () => {
      const script = new ScriptedPeer();
      const { client, peer } = await script.connected(comingBack());
      const publishing = client.publish('t', '', { qos: 1 });
      const lost = expect(publishing).rejects.toMatchObject({ kind: 'closed' });
      await peer.expect('publish');
      peer.cut();
      await peer.received();
      await script.clock.advance('500ms');
      const { peer: again } = await accept(script);
      await again.expect('publish', { duplicate: true });
      await closed(script, client);
      await lost;
    });

    it('inside what it tells', async () => {
      const script = new ScriptedPeer();
      const { client, peer } = await script.connected(comingBack());
      void client.disconnected().then(() => client.close());
      peer.cut();
      await peer.received();
      await closed(script, client);
    });
  });
});

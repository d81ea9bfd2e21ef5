import { expect, it } from 'vitest';
import {
  AuthenticationError,
  type AuthOptions,
  type Client,
  ConnectError,
  ConnectionLostError,
  type ConnectOptions,
  connect,
} from '../../../src/client/index.js';
import type { ConnackProperties, Packet } from '../../../src/packets/packet.js';
import {
  type Cut,
  connackOf,
  everyCut,
  type PeerConnection,
  publish,
  ScriptedPeer,
} from '../../support/scripted-peer.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => new TextDecoder().decode(data);

/** A method whose answers say what they answer. */
const method: AuthOptions = {
  method: 'm',
  start: async () => bytes('hello'),
  next: async (challenge) => bytes(`answer to ${text(challenge)}`),
};

function auth(reasonCode: number, data?: string, authenticationMethod = 'm'): Packet {
  const authenticationData = data === undefined ? {} : { authenticationData: bytes(data) };
  return { type: 'auth', reasonCode, properties: { authenticationMethod, ...authenticationData } };
}

async function opening(cut: Cut, options: ConnectOptions = { auth: method }) {
  const scripted = new ScriptedPeer(cut);
  const connecting = connect(scripted.endpoint, { clientId: 'c', ...scripted.deterministic, ...options });
  const outcome = connecting.catch((error: unknown) => error);
  return { connecting, outcome, peer: await scripted.accept(), clock: scripted.clock };
}

async function connected(cut: Cut, options: ConnectOptions = { auth: method }, more: ConnackProperties = {}) {
  const { connecting, peer, clock } = await opening(cut, options);
  await peer.expect('connect');
  peer.send(connackOf(0, { authenticationMethod: 'm', ...more }));
  return { client: (await connecting) as Client, peer: peer as PeerConnection, clock };
}

everyCut((cut) => {
  // [MQTT-3.1.2-30] [MQTT-4.12.0-3] [MQTT-4.12.0-5]
  it('10: CONNECT begins it, each challenge is answered, CONNACK ends it', async () => {
    const { connecting, peer } = await opening(cut);
    const { properties } = await peer.expect('connect');
    expect([properties?.authenticationMethod, text(properties?.authenticationData)]).toEqual(['m', 'hello']);
    for (const challenge of ['1', '2']) {
      peer.send(auth(0x18, challenge));
      const answer = await peer.expect('auth', { reasonCode: 0x18 });
      expect(answer.properties?.authenticationMethod).toBe('m');
      expect(text(answer.properties?.authenticationData)).toBe(`answer to ${challenge}`);
    }
    peer.send(connackOf(0, { authenticationMethod: 'm' }));
    expect((await connecting).state.state).toBe('connected');
  });

  it.each([
    ['AUTH with another method', [auth(0x18, '1', 'other')], method],
    ['AUTH, although CONNECT named no method', [auth(0x18, '1')], undefined],
    ['AUTH (Success) before CONNACK', [auth(0x00)], method],
    ['a second challenge before the answer to the first', [auth(0x18, '1'), auth(0x18, '2')], method],
    ['CONNACK without the method', [connackOf(0)], method],
    ['CONNACK with another method', [connackOf(0, { authenticationMethod: 'other' })], method],
    [
      'CONNACK with a method, although CONNECT named none',
      [connackOf(0, { authenticationMethod: 'm' })],
      undefined,
    ],
  ])('10: %s ends the connection with 0x82', async (_, packets, options) => {
    const { outcome, peer } = await opening(cut, options ? { auth: options } : {});
    await peer.expect('connect');
    peer.send(...packets);
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
    expect(await outcome).toMatchObject({ kind: 'connect', retryable: false });
  });

  // [MQTT-4.12.1-1]
  it('10: authenticates again beside what is under way', async () => {
    const { client, peer } = await connected(cut);
    const publishing = client.publish('t', '', { qos: 1 });
    const renewing = client.reauthenticate();
    const joined = client.reauthenticate();
    await peer.expect('publish', { packetId: 1 });
    const begun = await peer.expect('auth', { reasonCode: 0x19 });
    expect(text(begun.properties?.authenticationData)).toBe('hello');
    peer.send(auth(0x18, 'again'));
    expect(text((await peer.expect('auth', { reasonCode: 0x18 })).properties?.authenticationData)).toBe(
      'answer to again',
    );
    peer.send(auth(0x00));
    peer.ack('puback', 1);
    await Promise.all([renewing, joined]);
    expect(await publishing).toMatchObject({ reasonCode: 0 });
    const another = client.reauthenticate();
    await peer.expect('auth', { reasonCode: 0x19 });
    peer.send(auth(0x00));
    await another;
    peer.send(auth(0x00));
    await peer.expect('disconnect', { reasonCode: 0x82 });
  });

  it('10: a server that refuses to authenticate again ends the connection, and the promise', async () => {
    const { client, peer } = await connected(cut);
    const renewing = client.reauthenticate().catch((error: unknown) => error);
    await peer.expect('auth');
    peer.send({ type: 'disconnect', reasonCode: 0x87 });
    expect(await renewing).toBeInstanceOf(ConnectionLostError);
    expect(await client.disconnected()).toMatchObject({ by: 'server', reasonCode: 0x87 });
  });

  it.each([0x18, 0x00])('10: AUTH 0x%s that nobody asked for ends the connection with 0x82', async (code) => {
    const { client, peer } = await connected(cut);
    peer.send(auth(code));
    await peer.expect('disconnect', { reasonCode: 0x82 });
    expect(await client.disconnected()).toMatchObject({ by: 'client', reasonCode: 0x82 });
  });

  it('10: nothing is sent or handed out before the server is verified', async () => {
    let verified: () => void = () => undefined;
    const proofs: string[] = [];
    const verify = (data: Uint8Array) => {
      proofs.push(text(data));
      return new Promise<void>((resolve) => {
        verified = resolve;
      });
    };
    const { connecting, peer } = await opening(cut, { auth: { ...method, verify } });
    await peer.expect('connect');
    peer.send(
      connackOf(0, { authenticationMethod: 'm', authenticationData: bytes('proof') }),
      publish({ topic: 'first', packetId: 1 }),
      publish({ topic: 'second', packetId: 2 }),
    );
    await peer.expectNothing();
    const early = await Promise.race([connecting, 'not connected']);
    expect([early, proofs]).toEqual(['not connected', ['proof']]);
    verified();
    const messages = (await connecting).messages();
    expect((await messages.next()).value!.topic).toBe('first');
    expect((await messages.next()).value!.topic).toBe('second');
    peer.publish({ topic: 'third' });
    expect((await messages.next()).value!.topic).toBe('third');
  });
});

it.each(['start', 'next', 'verify'] as const)(
  'an error in auth.%s ends the attempt with a sentence',
  async (name) => {
    const failing = { ...method, [name]: () => Promise.reject(new Error('no token')) };
    const { outcome, peer } = await opening('in one segment', { auth: failing });
    if (name !== 'start') await peer.expect('connect');
    if (name === 'next') peer.send(auth(0x18, '1'));
    if (name === 'verify') peer.send(connackOf(0, { authenticationMethod: 'm' }));
    const error = await outcome;
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({
      message: `Could not authenticate with the given endpoint: auth.${name}() failed: no token.`,
      retryable: true,
    });
    const sent = await peer.received();
    expect(sent.map(({ type }) => type)).toEqual(name === 'start' ? [] : ['disconnect']);
    expect(peer.isClosed).toBe(true);
  },
);

it('an error in auth.next while authenticating again closes the connection', async () => {
  const next = () => Promise.reject(new Error('no token'));
  const { client, peer } = await connected('in one segment', { auth: { ...method, next } });
  const renewing = client.reauthenticate().catch((error: unknown) => error);
  await peer.expect('auth');
  peer.send(auth(0x18, '1'));
  expect(await renewing).toBeInstanceOf(AuthenticationError);
  expect(await client.disconnected()).toMatchObject({ by: 'client', cause: expect.any(AuthenticationError) });
});

it('does not read on while the server is verified', async () => {
  const scripted = new ScriptedPeer();
  const told: string[] = [];
  const endpoint = {
    connect: async () => {
      const transport = await scripted.endpoint.connect();
      const pause = transport.pause.bind(transport);
      const resume = transport.resume.bind(transport);
      transport.pause = () => {
        told.push('pause');
        pause();
      };
      transport.resume = () => {
        told.push('resume');
        resume();
      };
      return transport;
    },
  };
  const verify = async () => void told.push('verify');
  const connecting = connect(endpoint, { ...scripted.deterministic, auth: { ...method, verify } });
  const peer = await scripted.accept();
  await peer.expect('connect');
  peer.send(connackOf(0, { authenticationMethod: 'm' }));
  await connecting;
  expect(told).toEqual(['pause', 'verify', 'resume']);
});

it('verifies the server when it authenticates again, too', async () => {
  const verify = async (data: Uint8Array) => {
    if (text(data) === 'forged') throw new Error('wrong proof');
  };
  const { client, peer } = await connected('in one segment', { auth: { ...method, verify } });
  const renewing = client.reauthenticate().catch((error: unknown) => error);
  await peer.expect('auth');
  peer.send(auth(0x00, 'forged'));
  expect(await renewing).toMatchObject({ message: 'auth.verify() failed: wrong proof.' });
  expect(client.state.state).toBe('closed');
});

it.each([
  ['auth.start', { start: () => new Promise<never>(() => undefined) }],
  ['the server', {}],
])('connectTimeout ends an attempt in which %s never answers', async (_, more) => {
  const { outcome, peer, clock } = await opening('in one segment', { auth: { ...method, ...more } });
  await clock.advance('30s');
  expect(await outcome).toMatchObject({ kind: 'connect', retryable: true });
  await peer.received();
  expect([peer.isClosed, clock.pendingTimers]).toEqual([true, 0]);
});

it('authenticating again takes connectTimeout at most; a signal ends only the wait', async () => {
  const { client, peer, clock } = await connected('in one segment', {
    auth: method,
    connectTimeout: 1_000,
    keepAlive: 0,
  });
  const abort = new AbortController();
  const waiting = client.reauthenticate({ signal: abort.signal }).catch((error: unknown) => error);
  const renewing = client.reauthenticate().catch((error: unknown) => error);
  abort.abort(new Error('enough'));
  expect(await waiting).toMatchObject({ message: 'enough' });
  await peer.expect('auth', { reasonCode: 0x19 });
  expect(client.state.state).toBe('connected');
  await clock.advance(1_000);
  expect(await renewing).toMatchObject({ kind: 'authentication' });
  expect(client.state.state).toBe('closed');
});

const large = async () => new Uint8Array(1_000);

it.each([
  ['more data than the server takes', large, { kind: 'limit', limit: 'packet-size' }],
  ['something that is no data', async () => 'hello' as never, { kind: 'invalid-packet' }],
])('begins nothing with %s: the promise rejects, and the connection stays', async (_, start, refusal) => {
  const mine = { ...method };
  const { client, peer } = await connected('in one segment', { auth: mine }, { maximumPacketSize: 50 });
  mine.start = start;
  await expect(client.reauthenticate()).rejects.toMatchObject(refusal);
  await peer.expectNothing();
  mine.start = method.start;
  const renewing = client.reauthenticate();
  await peer.expect('auth', { reasonCode: 0x19 });
  peer.send(auth(0x00));
  await renewing;
  expect(client.state.state).toBe('connected');
});

it('an answer that the server does not take ends the connection, since none can be given', async () => {
  const options = { auth: { ...method, next: large } };
  const { client, peer } = await connected('in one segment', options, { maximumPacketSize: 50 });
  const refusal = { kind: 'limit', limit: 'packet-size' };
  const renewing = expect(client.reauthenticate()).rejects.toMatchObject(refusal);
  await peer.expect('auth', { reasonCode: 0x19 });
  peer.send(auth(0x18, '1'));
  await peer.expect('disconnect', { reasonCode: 0x83 });
  await renewing;
  expect(await client.disconnected()).toMatchObject({ by: 'client', cause: refusal });
});

it('before CONNACK, which tells what the server takes, any answer leaves', async () => {
  const { connecting, peer } = await opening('in one segment', { auth: { ...method, next: large } });
  await peer.expect('connect');
  peer.send(auth(0x18, '1'));
  const { properties } = await peer.expect('auth');
  expect(properties?.authenticationData).toHaveLength(1_000);
  peer.send(connackOf(0, { authenticationMethod: 'm', maximumPacketSize: 50 }));
  await connecting;
});

it('authenticates again where a full window has stopped reading', async () => {
  const options = { auth: method, receiveMaximum: 1, receiveMaximumExceeded: 'pause' } as const;
  const { client, peer } = await connected('in one segment', options);
  peer.publish({ packetId: 1 });
  await peer.expectNothing();
  const renewing = client.reauthenticate();
  await peer.expect('auth', { reasonCode: 0x19 });
  peer.send(auth(0x18, '1'));
  await peer.expect('auth', { reasonCode: 0x18 });
  peer.send(auth(0x00));
  await renewing;
  peer.publish({ topic: 'read with what comes next' });
  await peer.expectNothing();
  peer.publish({ topic: 'not read any more' });
  await peer.expectNothing();
  expect(client.stats().bufferedIn).toBe(2);
});

it('rejects to authenticate again while there is no connection, and the next one knows nothing of it', async () => {
  const script = new ScriptedPeer();
  const connack = connackOf(0, { authenticationMethod: 'm' });
  const { client, peer, clock } = await script.connected(
    { auth: method, reconnect: true, random: () => 0, keepAlive: 0, connectTimeout: 1_000 },
    { properties: { authenticationMethod: 'm' } },
  );
  const offline = { kind: 'connection-lost', maybeDelivered: false };
  peer.cut();
  await clock.settle();
  expect(client.state.state).toBe('waiting');
  await expect(client.reauthenticate()).rejects.toMatchObject(offline);
  await clock.advance(250);
  const next = await script.accept();
  await next.expect('connect');
  expect(client.state.state).toBe('connecting');
  await expect(client.reauthenticate()).rejects.toMatchObject(offline);
  next.send(connack);
  await next.expectNothing();
  await clock.advance(10_000);
  expect(client.state).toMatchObject({ state: 'connected', connectionId: 2 });
  await next.expectNothing();
  await client.close();
});

// [MQTT-4.12.0-7]
it('refuses options that cannot be, and to authenticate again without a method', async () => {
  const { endpoint } = new ScriptedPeer();
  await expect(connect(endpoint, { protocol: 4, auth: method })).rejects.toThrow(
    'no enhanced authentication',
  );
  const incomplete = { method: 'm', start: method.start } as AuthOptions;
  await expect(connect(endpoint, { auth: incomplete })).rejects.toThrow('auth.next must be a function');
  const { client } = await new ScriptedPeer().connected();
  await expect(client.reauthenticate()).rejects.toThrow('reauthenticate() needs the option auth');
});

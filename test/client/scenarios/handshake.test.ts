import { expect, it } from 'vitest';
import { ConnectError, connect, type Hooks, ProtocolError } from '../../../src/client/index.js';
import { connackOf, everyCut, publish, ScriptedPeer } from '../../support/scripted-peer.js';

everyCut((cut) => {
  it('1: answers anything but CONNACK first with DISCONNECT 0x82 and closes', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({
      kind: 'connect',
      retryable: false,
      message: expect.stringContaining('sent PUBLISH where the protocol wants CONNACK'),
      cause: expect.any(ProtocolError),
    });
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send(publish({ packetId: 1 }), connackOf(0));
    await failed;
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
  });

  it('3: a refusal is one typed error with code, reason string and server reference', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, {
      username: 'u',
      password: 'geheim',
      ...script.deterministic,
    });
    const error = connecting.catch((error: unknown) => error);
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send(connackOf(0x86, { reasonString: 'no such user', serverReference: 'elsewhere' }));
    const refused = (await error) as ConnectError;
    expect(refused).toBeInstanceOf(ConnectError);
    expect(refused).toMatchObject({
      retryable: false,
      disconnection: {
        by: 'server',
        packet: 'connack',
        reasonCode: 0x86,
        reasonString: 'no such user',
        serverReference: 'elsewhere',
      },
    });
    expect(refused.message).toContain('Check username and password');
    expect(refused.message).not.toContain('geheim');
    await peer.expectClosed();
  });

  it('3: a server that has no time now may be asked again', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({ retryable: true });
    const peer = await script.accept();
    peer.send(connackOf(0x89));
    await failed;
  });

  it('3: a CONNACK of MQTT 3.1.1 says that protocol 4 is needed', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({
      kind: 'connect',
      retryable: false,
      message: expect.stringContaining('connect with { protocol: 4 }'),
    });
    const peer = await script.accept();
    await peer.expect('connect');
    peer.sendBytes(0x20, 0x02, 0x00, 0x01);
    await failed;
    await peer.expectClosed();
  });

  it.each([
    [1, 'neither MQTT 5.0 nor 3.1.1'],
    [2, 'Choose another clientId'],
    [3, 'Try again later'],
    [4, 'Check username and password'],
    [5, 'Check username and password'],
  ])('3: return code %i of MQTT 3.1.1 is understood', async (code, advice) => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, { protocol: 4, ...script.deterministic });
    const failed = expect(connecting).rejects.toThrow(advice);
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send(connackOf(code));
    await failed;
    await peer.expectClosed();
  });

  it('5: a session after a clean start is a protocol error', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, { cleanStart: true, ...script.deterministic });
    const failed = expect(connecting).rejects.toThrow('although a clean start was asked for');
    const peer = await script.accept();
    await peer.expect('connect', { cleanStart: true });
    peer.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
    await failed;
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
  });

  it('6: a session of which nothing is known here is taken, and packet identifiers do not start at 1', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected(
      { random: () => 0.5 },
      { sessionPresent: true },
    );
    expect(client.state).toMatchObject({ state: 'connected', sessionPresent: true });
    const publishing = client.publish('t', '', { qos: 1 });
    const { packetId } = await peer.expect('publish');
    expect(packetId).toBe(32_768);
    peer.ack('puback', 32_768);
    await publishing;
  });

  it('8: the identifier and the keep-alive that the server assigns are the ones in use', async () => {
    const { client, peer, clock } = await new ScriptedPeer(cut).connected(
      { clientId: '', keepAlive: 60 },
      { properties: { assignedClientIdentifier: 'yours', serverKeepAlive: 8 } },
    );
    expect(client.clientId).toBe('yours');
    expect(client.state).toMatchObject({ server: { clientId: 'yours', keepAlive: 8 } });
    await clock.advance('8s');
    await peer.expect('pingreq');
  });

  it('8: the server can turn the keep-alive off', async () => {
    const { peer, clock } = await new ScriptedPeer(cut).connected({}, { properties: { serverKeepAlive: 0 } });
    await clock.advance('1h');
    await peer.expectNothing();
  });

  it('59: the end of the stream in the middle of CONNACK is a lost connection', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({
      kind: 'connect',
      retryable: true,
      disconnection: { by: 'network' },
    });
    const peer = await script.accept();
    peer.sendBytes(0x20, 0x03, 0x00);
    peer.end();
    await failed;
  });
});

it('2: gives up when no CONNACK came within the connect timeout, and closes', async () => {
  const script = new ScriptedPeer();
  const connecting = connect(script.endpoint, { connectTimeout: 500, ...script.deterministic });
  const failed = expect(connecting).rejects.toThrow('sent no CONNACK within 500 ms');
  const peer = await script.accept();
  await peer.expect('connect');
  await script.clock.advance(499);
  expect(peer.isClosed).toBe(false);
  await script.clock.advance(1);
  await failed;
  await peer.expectClosed();
  expect(script.clock.pendingTimers).toBe(0);
});

it('2: the timeout also counts while the connection itself hangs, whatever the endpoint does', async () => {
  const { clock, deterministic } = new ScriptedPeer();
  const connecting = connect(
    { connect: () => new Promise(() => undefined) },
    { connectTimeout: 500, ...deterministic },
  );
  const failed = expect(connecting).rejects.toMatchObject({ kind: 'connect', retryable: true });
  await clock.advance(500);
  await failed;
});

it('2: a transport that is opened after the attempt was given up is closed', async () => {
  const script = new ScriptedPeer();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const late = { connect: () => gate.then(() => script.endpoint.connect()) };
  const connecting = connect(late, { connectTimeout: 500, ...script.deterministic });
  const failed = expect(connecting).rejects.toMatchObject({ kind: 'connect' });
  await script.clock.advance(500);
  await failed;
  open();
  const peer = await script.accept();
  await peer.expectClosed();
});

it('2: the signal ends the attempt in every phase with its own reason, and the stream is closed', async () => {
  const reason = new Error('changed my mind');
  await expect(connect('mqtt://127.0.0.1:1', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

  const opening = new AbortController();
  const hanging = connect({ connect: () => new Promise(() => undefined) }, { signal: opening.signal });
  opening.abort(reason);
  await expect(hanging).rejects.toBe(reason);

  const script = new ScriptedPeer();
  const handshake = new AbortController();
  const connecting = connect(script.endpoint, { signal: handshake.signal, ...script.deterministic });
  const peer = await script.accept();
  await peer.expect('connect');
  handshake.abort(reason);
  await expect(connecting).rejects.toBe(reason);
  await peer.expectClosed();
  expect(script.clock.pendingTimers).toBe(0);
});

it('2: a signal that aborts between the opening of the stream and the handshake ends the attempt too', async () => {
  for (let microtasks = 0; microtasks < 10; microtasks++) {
    const script = new ScriptedPeer();
    const abort = new AbortController();
    const abortLater = (left: number) =>
      queueMicrotask(() => (left === 0 ? abort.abort(new Error('enough')) : abortLater(left - 1)));
    const endpoint = {
      connect: () => {
        abortLater(microtasks);
        return script.endpoint.connect();
      },
    };
    let outcome = 'it hangs';
    connect(endpoint, { signal: abort.signal, ...script.deterministic }).catch(({ message }) => {
      outcome = message;
    });
    const peer = await script.accept();
    await script.clock.settle();
    expect([microtasks, outcome, peer.isClosed]).toEqual([microtasks, 'enough', true]);
    expect(script.clock.pendingTimers).toBe(0);
  }
});

it('2: a signal that aborts as CONNACK is told of ends the attempt: nobody gets a closed client', async () => {
  const script = new ScriptedPeer();
  const abort = new AbortController();
  const hooks: Hooks = {
    stateChange: ({ state }) => state === 'connected' && abort.abort(new Error('enough')),
  };
  const connecting = connect(script.endpoint, { signal: abort.signal, ...script.deterministic, hooks });
  const outcome = connecting.catch((error: unknown) => error);
  const peer = await script.accept();
  await peer.expect('connect');
  peer.send(connackOf(0));
  expect(await outcome).toEqual(new Error('enough'));
  await peer.expectClosed();
  expect(script.clock.pendingTimers).toBe(0);
});

const impossible: [string, object, string][] = [
  ['protocol', { protocol: 3 }, "protocol must be 5 (MQTT 5.0), 4 (MQTT 3.1.1) or 'auto', not 3."],
  ['protocol as text', { protocol: '5' }, "not '5'"],
  ['clientId', { clientId: 5 }, 'must be a string, not 5'],
  ['keepAlive', { keepAlive: Number.NaN }, 'whole number from 0 to 65535, not NaN'],
  ['keepAlive with a fraction', { keepAlive: 0.5 }, 'not 0.5'],
  [
    'connectTimeout',
    { connectTimeout: Number.NaN },
    'connectTimeout must be a number of milliseconds from 1 on, not NaN.',
  ],
  ['a connectTimeout below 0', { connectTimeout: -1 }, 'not -1'],
  ['connectTimeout as text', { connectTimeout: '5s' }, "not '5s'"],
  [
    'drainTimeout',
    { drainTimeout: Number.NaN },
    'drainTimeout must be a number of milliseconds from 0 on, not NaN.',
  ],
  ['receiveMaximum', { receiveMaximum: 0 }, 'receiveMaximum must be a whole number from 1 to 65535, not 0.'],
  ['receiveMaximum on 3.1.1', { receiveMaximum: Number.NaN, protocol: 4 }, 'not NaN'],
  ['sendMaximum', { sendMaximum: 0 }, 'sendMaximum must be a whole number from 1 to 65535, not 0.'],
  ['sendMaximum with a fraction', { sendMaximum: 1.5 }, 'not 1.5'],
  [
    'maximumPacketSize on 3.1.1',
    { maximumPacketSize: 0, protocol: 4 },
    'maximumPacketSize must be a whole number from 1',
  ],
  ['qos0Overflow', { qos0Overflow: { limit: -1 } }, 'qos0Overflow.limit must be a whole number from 0'],
  ['qos0Overflow without its limit', { qos0Overflow: {} }, 'not undefined'],
  ['ackOrder', { ackOrder: 'none' }, "ackOrder must be 'strict' or 'unordered', not 'none'."],
  ['sessionExpiryInterval', { sessionExpiryInterval: -1 }, 'sessionExpiryInterval must be a whole number'],
  [
    'sessionExpiryInterval on 3.1.1',
    { sessionExpiryInterval: 5, protocol: 4 },
    'MQTT 3.1.1 has no sessionExpiryInterval',
  ],
  ['will', { will: { topic: 'a/#' } }, "The will can't be published"],
];
it.each(impossible)(
  'an option that cannot be is one sentence, and nothing is opened (%s)',
  async (_, options, sentence) => {
    const script = new ScriptedPeer();
    await expect(connect(script.endpoint, { ...script.deterministic, ...options })).rejects.toMatchObject({
      kind: 'invalid-packet',
      message: expect.stringContaining(sentence),
    });
    expect(script.attempts).toBe(0);
    expect(script.clock.pendingTimers).toBe(0);
  },
);

it('options that are no object are one sentence too', async () => {
  await expect(connect('mqtt://127.0.0.1:1', null as never)).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
});

import { expect, it } from 'vitest';
import { ConnectError, connect, ProtocolError } from '../../../src/client/index.js';
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

  it('4: a second CONNACK ends the connection with 0x82', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    peer.send(connackOf(0));
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
    expect(await client.disconnected()).toMatchObject({ by: 'client', reasonCode: 0x82 });
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

  it.each([
    ['a receive maximum of 0', [0x20, 0x06, 0x00, 0x00, 0x03, 0x21, 0x00, 0x00]],
    ['a property twice', [0x20, 0x07, 0x00, 0x00, 0x04, 0x24, 0x01, 0x24, 0x00]],
    ['a maximum QoS of 2', [0x20, 0x05, 0x00, 0x00, 0x02, 0x24, 0x02]],
  ])('9: a CONNACK with %s ends the attempt with 0x82', async (_, bytes) => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({ kind: 'connect', cause: { reasonCode: 0x82 } });
    const peer = await script.accept();
    await peer.expect('connect');
    peer.sendBytes(...bytes);
    await failed;
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
  });

  it('10: AUTH without a configured method ends the attempt with 0x82', async () => {
    const script = new ScriptedPeer(cut);
    const connecting = connect(script.endpoint, script.deterministic);
    const failed = expect(connecting).rejects.toMatchObject({ kind: 'connect' });
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } });
    await failed;
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
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

import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import {
  type Client,
  ConnectionLostError,
  connect,
  type Endpoint,
  type Transport,
  withClient,
} from '../../../src/client/index.js';
import { KeepAlive } from '../../../src/client/keep-alive.js';
import { encodePacket, PacketDecoder } from '../../../src/packets/index.js';
import type { Clock } from '../../../src/time/index.js';
import { connackOf, everyCut, publish, ScriptedPeer } from '../../support/scripted-peer.js';

everyCut((cut) => {
  it('54: after DISCONNECT from the server nothing is sent, even if the socket stays open', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    peer.send(publish({ packetId: 1 }));
    const { value: message } = await client.messages().next();
    const waiting = client.publish('t', '', { qos: 1 }).catch((error: unknown) => error);
    await peer.expect('publish');
    peer.send(
      {
        type: 'disconnect',
        reasonCode: 0x8b,
        properties: { reasonString: 'maintenance', serverReference: 'there' },
      },
      publish({ packetId: 2 }),
    );
    expect(await client.disconnected()).toEqual({
      by: 'server',
      packet: 'disconnect',
      reasonCode: 0x8b,
      reasonString: 'maintenance',
      serverReference: 'there',
    });
    expect(await message!.ack()).toBe('stale');
    const error = (await waiting) as Error;
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error.message).toContain('the server sent DISCONNECT (Server shutting down: maintenance)');
    await expect(client.publish('late')).rejects.toBeInstanceOf(ConnectionLostError);
    await peer.expectClosed();
    expect(client.stats().bufferedIn).toBe(0);
  });

  it.each([
    ['a reserved packet type', [0xf8, 0x00], 0x81],
    ['a packet that only clients send', [0x82, 0x06, 0, 1, 0, 0, 1, 0x61], 0x82],
    ['flags that are not the prescribed ones', [0x41, 0x02, 0, 1], 0x81],
    ['a remaining length of five bytes', [0x30, 0xff, 0xff, 0xff, 0xff, 0x01], 0x81],
    ['a packet beyond the maximum, before its body came', [0x30, 0x80, 0x80, 0x01], 0x95],
    ['text that is no UTF-8', [0x30, 0x05, 0x00, 0x02, 0xc3, 0x28, 0x00], 0x81],
  ])(
    '58: %s ends the connection with its code, and nothing behind it is parsed',
    async (_, bytes, reasonCode) => {
      const { client, peer } = await new ScriptedPeer(cut).connected({ maximumPacketSize: 1_000 });
      peer.sendBytes(...bytes, 0x30, 0x04, 0x00, 0x01, 0x74, 0x00);
      const { reasonCode: said } = await peer.expect('disconnect');
      expect(said.toString(16)).toBe(reasonCode.toString(16));
      await peer.expectClosed();
      expect(await client.disconnected()).toMatchObject({
        by: 'client',
        reasonCode,
        cause: { kind: 'protocol' },
      });
      expect(client.stats().bufferedIn).toBe(0);
    },
  );

  it('58: MQTT 3.1.1 has no DISCONNECT for a mistake: the connection just ends', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ protocol: 4 });
    peer.sendBytes(0xf0, 0x00);
    expect(await client.disconnected()).toMatchObject({ by: 'client', cause: { kind: 'protocol' } });
    await peer.expectClosed();
  });
});

it('46: a handler that takes longer than the keep-alive holds nothing up', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 10 });
  peer.send(publish({ packetId: 1 }));
  const { value: message } = await client.messages().next();
  for (let seconds = 0; seconds < 60; seconds += 5) {
    await clock.advance('5s');
    for (const { type } of await peer.received()) if (type === 'pingreq') peer.send({ type: 'pingresp' });
  }
  expect(await message!.ack()).toBe('sent');
  await peer.expect('puback');
});

it('52: a server that does not answer is given up within 1.5 keep-alive intervals, reported as 0x8D', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 10 });
  await clock.advance('10s');
  await peer.expect('pingreq');
  expect(client.state.state).toBe('connected');
  await clock.advance('5s');
  expect(client.state).toMatchObject({ state: 'closed', last: { by: 'client', reasonCode: 0x8d } });
  await peer.expect('disconnect', { reasonCode: 0x80 }); // 0x8D is for servers only
  await peer.expectClosed();
  expect(clock.pendingTimers).toBe(0);
});

it('52: publishing does not hide that the server is silent', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 10 });
  for (let seconds = 0; seconds < 15; seconds++) {
    await client.publish('t').catch(() => undefined);
    await clock.advance('1s');
  }
  expect(client.state).toMatchObject({ state: 'closed', last: { by: 'client', reasonCode: 0x8d } });
  expect((await peer.received()).some(({ type }) => type === 'pingreq')).toBe(true);
});

it('52: a server that does not even read is given up in the same time', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 10 });
  peer.stopReading();
  await client.publish('t', new Uint8Array(200_000));
  await clock.advance('15s');
  expect(client.state).toMatchObject({ state: 'closed', last: { by: 'client', reasonCode: 0x8d } });
  await clock.advance('1s');
  expect(clock.pendingTimers).toBe(0);
});

/** A keep-alive of 10 s whose timer fires when the test says so: the virtual clock is never late. Silent but for what `readAt` says. */
function stumblingKeepAlive() {
  const seen: string[] = [];
  const world = { now: 0, readAt: 0, seen, tickAt: (_: number) => {} };
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
  new KeepAlive(clock, 10, {
    lastReadAt: () => world.readAt,
    lastWriteAt: () => world.now,
    paused: () => false,
    ping: () => seen.push(`ping ${world.now}`),
    dead: () => seen.push(`dead ${world.now}`),
  });
  return world;
}

it('52: a process that stood still gives the server time again, whose answer it may not have read yet', () => {
  const world = stumblingKeepAlive();
  for (const at of [2_500, 5_000, 7_500, 100_000]) world.tickAt(at);
  expect(world.seen).toEqual(['ping 7500']);
  world.tickAt(102_500);
  expect(world.seen).toEqual(['ping 7500', 'dead 102500']);
});

it('52: an answer that was read before the process stood still counts', () => {
  const world = stumblingKeepAlive();
  for (const at of [2_500, 5_000, 7_500]) world.tickAt(at);
  world.readAt = 7_600;
  world.tickAt(100_000);
  expect(world.seen).toEqual(['ping 7500', 'ping 100000']);
});

it('no PINGREQ while packets go both ways, and none with the keep-alive off', async () => {
  const busy = await new ScriptedPeer().connected({ keepAlive: 10 });
  for (let seconds = 0; seconds < 60; seconds += 5) {
    await busy.client.publish('t');
    busy.peer.publish();
    await busy.clock.advance('5s');
  }
  expect((await busy.peer.received()).every(({ type }) => type === 'publish')).toBe(true);

  const off = await new ScriptedPeer().connected({ keepAlive: 0 });
  await off.clock.advance('2h');
  await off.peer.expectNothing();
});

it('60: close() settles everything in every state, and twice', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected(
    {},
    { properties: { receiveMaximum: 1 } },
  );
  const waiting = [
    client.publish('a', '', { qos: 1 }),
    client.publish('b', '', { qos: 2 }),
    client.subscribe('c'),
    client.unsubscribe('d'),
    client.drain(),
    client.disconnected(),
    client.messages().next(),
  ].map((promise) =>
    promise.then(
      () => 'settled',
      () => 'settled',
    ),
  );
  await Promise.all([client.close(), client.close(), client.disconnect()]);
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => 'settled'));
  expect(clock.pendingTimers).toBe(0);
  expect(client.state).toMatchObject({ state: 'closed', last: { by: 'client', reasonCode: 0 } });
  await client.close();
  await client.disconnect();
  expect((await peer.received()).map(({ type }) => type)).toEqual([
    'publish',
    'subscribe',
    'unsubscribe',
    'disconnect',
  ]);
  await peer.expectClosed();
});

it('60: close() does not wait for a server that keeps its end open', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected();
  peer.stopReading();
  let closed = false;
  const closing = client.close().then(() => {
    closed = true;
  });
  await clock.advance('1s');
  await closing;
  expect(closed).toBe(true);
  expect(clock.pendingTimers).toBe(0);
});

it('61: disconnect() takes no more requests, waits for those under way, then says goodbye', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const publishing = client.publish('t', '', { qos: 1 });
  const leaving = client.disconnect();
  await expect(client.publish('late')).rejects.toMatchObject({ kind: 'closed' });
  await peer.expect('publish');
  await peer.expectNothing();
  peer.ack('puback', 1);
  expect(await publishing).toMatchObject({ reasonCode: 0 });
  await leaving;
  await peer.expect('disconnect', { reasonCode: 0 });
  await peer.expectClosed();
});

it('61: disconnect() waits no longer than the drain timeout, and not at all after its signal', async () => {
  const slow = await new ScriptedPeer().connected({ drainTimeout: 2_000 });
  const lost = expect(slow.client.publish('t', '', { qos: 1 })).rejects.toMatchObject({ kind: 'closed' });
  const leaving = slow.client.disconnect();
  await slow.clock.advance('2s');
  await leaving;
  await lost;

  const hurried = await new ScriptedPeer().connected();
  const given = expect(hurried.client.publish('t', '', { qos: 1 })).rejects.toMatchObject({ kind: 'closed' });
  const abort = new AbortController();
  const goodbye = hurried.client.disconnect({ signal: abort.signal });
  abort.abort();
  await goodbye;
  await given;
  expect(hurried.clock.pendingTimers).toBe(0);
});

it('61: a session that ends with the connection cannot be prolonged at the end', async () => {
  const { client, peer } = await new ScriptedPeer().connected({ sessionExpiryInterval: 0 });
  await expect(client.disconnect({ sessionExpiryInterval: 10 })).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
  expect(client.state.state).toBe('connected');
  await peer.expectNothing();
  await client.disconnect({ withWill: true, reasonString: 'tired' });
  await peer.expect('disconnect', { reasonCode: 0x04, properties: { reasonString: 'tired' } });
});

it.each([{ reasonString: 'a\0b' }, { sessionExpiryInterval: Number.NaN }, { sessionExpiryInterval: -1 }])(
  '61: a goodbye that is not legal is refused at once, and the client goes on (%j)',
  async (options) => {
    const { client, peer } = await new ScriptedPeer().connected();
    const publishing = client.publish('under way', '', { qos: 1 });
    await peer.expect('publish');
    await expect(client.disconnect(options)).rejects.toMatchObject({ kind: 'invalid-packet' });
    peer.ack('puback', 1);
    await publishing;
    await client.publish('goes on');
    await peer.expect('publish', { topic: 'goes on' });
  },
);

it('61: disconnect() also waits for a socket that has not taken yet what was published at QoS 0', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected();
  peer.stopReading();
  await client.publish('t', new Uint8Array(200_000));
  let left = false;
  const leaving = client.disconnect().then(() => {
    left = true;
  });
  await clock.advance('5s');
  expect([client.state.state, left]).toEqual(['connected', false]);
  peer.goOnReading();
  await leaving;
  await peer.expect('publish');
  await peer.expect('disconnect');
  await peer.expectClosed();
  expect(clock.pendingTimers).toBe(0);
});

it('ends the session of a generated client id with a graceful close, and keeps that of a chosen one', async () => {
  const generated = await new ScriptedPeer().connected({ clientId: '' });
  await generated.client.disconnect();
  await generated.peer.expect('disconnect', { properties: { sessionExpiryInterval: 0 } });

  const chosen = await new ScriptedPeer().connected({ clientId: 'mine' });
  await chosen.client.disconnect();
  expect((await chosen.peer.expect('disconnect')).properties).toBeUndefined();

  const told = await new ScriptedPeer().connected({ clientId: 'mine' });
  await told.client.disconnect({ sessionExpiryInterval: 5 });
  await told.peer.expect('disconnect', { properties: { sessionExpiryInterval: 5 } });
});

it('MQTT 3.1.1 leaves with a bare DISCONNECT, or without one where the will is wanted', async () => {
  const plain = await new ScriptedPeer().connected({ protocol: 4 });
  await expect(plain.client.disconnect({ reasonString: 'x' })).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
  await plain.client.disconnect();
  await plain.peer.expect('disconnect');

  const will = await new ScriptedPeer().connected({ protocol: 4 });
  await will.client.disconnect({ withWill: true });
  await will.peer.expectClosed();
});

it('61: withClient leaves with 0x04 if its body throws, and with 0x00 if it returns', async () => {
  const script = new ScriptedPeer();
  const run = async (body: () => Promise<string>) => {
    const running = withClient(script.endpoint, { clientId: 'c', ...script.deterministic }, body);
    const outcome = running.catch((error: Error) => error.message);
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
    const { reasonCode } = await peer.expect('disconnect');
    await peer.expectClosed();
    return [await outcome, reasonCode];
  };
  expect(await run(async () => 'fine')).toEqual(['fine', 0x00]);
  expect(
    await run(async () => {
      throw new Error('body failed');
    }),
  ).toEqual(['body failed', 0x04]);
});

it('`await using` leaves gracefully', async () => {
  const script = new ScriptedPeer();
  const { peer } = await (async () => {
    const connected = await script.connected();
    await using _client = connected.client;
    return connected;
  })();
  await peer.expect('disconnect', { reasonCode: 0 });
  await peer.expectClosed();
});

it('tells its states and its end to whoever waits', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { state } of client.states()) seen.push(state);
  })();
  expect(await client.connected()).toMatchObject({ state: 'connected', connectionId: 1 });
  const abort = new AbortController();
  const givenUp = client.disconnected({ signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(givenUp).rejects.toThrow('enough');
  peer.cut();
  await watching;
  expect(seen).toEqual(['connected', 'closed']);
  await expect(client.connected()).rejects.toBeInstanceOf(ConnectionLostError);
});

it.each([
  ['no address', '"no address" is no URL'],
  ['http://host', 'does not speak "http://"'],
  ['localhost:1883', 'does not speak "localhost://"'],
  ['mqtt://', 'names no host'],
  ['mqtt://host/path', 'path, query or fragment'],
  ['mqtt://user:a%zz@host', 'password of the address has a "%"'],
  ['mqtt://us%er@host', 'user name of the address has a "%"'],
  ['mqtt://user:12/geheim@host', 'write them as %2F'],
  [null as never, 'null is no endpoint'],
])('an address that cannot be used is one sentence (%s)', async (address, sentence) => {
  await expect(connect(address)).rejects.toMatchObject({
    kind: 'connect',
    retryable: false,
    message: expect.stringMatching(new RegExp(`${sentence}.*Write an address like mqtt://host:1883`)),
  });
});

it.each([
  'user:geheim@host',
  'nothing://user:geheim@host',
  'mqtt://user:geheim@127.0.0.1:1',
  'mqtt://user:geheim/1@host',
  'mqtt://geheim:12/34@host',
  'mqtt://user:geheim%@host',
  'mqtt:// user:geheim\n@host',
])('no secret of the address gets into an error (%s)', async (address) => {
  const error = await connect(address).catch((error: unknown) => error);
  expect(error).toMatchObject({ kind: 'connect' });
  expect((error as Error).message).not.toContain('geheim');
  expect(String((error as Error).cause)).not.toContain('geheim');
});

it('no secret of the options gets into an error', async () => {
  const error = await connect('mqtt://127.0.0.1:1', { password: 271828 as never }).catch(
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ kind: 'invalid-packet' });
  expect((error as Error).message).not.toContain('271828');
});

it('takes user name and password from the address, percent-encoded; those among the options win', async () => {
  const connects: (string | undefined)[][] = [];
  const server = createServer((socket) => {
    const decoder = new PacketDecoder({ receiver: 'server' });
    socket.on('data', (chunk) =>
      decoder.push(chunk, (packet) => {
        if (packet.type !== 'connect') return;
        connects.push([packet.username, packet.password && Buffer.from(packet.password).toString()]);
        socket.end(encodePacket(connackOf(0x87), 5));
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number }; // it listens on TCP
  const address = `mqtt://us%40er:p%C3%A4%2Fss@127.0.0.1:${port}/`;
  await expect(connect(address)).rejects.toMatchObject({ kind: 'connect' });
  await expect(connect(address, { username: 'other', password: 'word' })).rejects.toMatchObject({
    kind: 'connect',
  });
  await new Promise((resolve) => server.close(resolve));
  expect(connects).toEqual([
    ['us@er', 'pä/ss'],
    ['other', 'word'],
  ]);
});

it('a broker that cannot be reached is one sentence that says what to do', async () => {
  await expect(connect('mqtt://127.0.0.1:1')).rejects.toMatchObject({
    kind: 'connect',
    retryable: true,
    message:
      'Could not reach mqtt://127.0.0.1:1: nothing listens there. Start the broker or correct the address.',
  });
});

it('an endpoint that throws, or rejects with no error, is a failed attempt too', async () => {
  const throws = {
    connect: () => {
      throw new Error('no cable');
    },
  };
  await expect(connect(throws)).rejects.toThrow('Could not reach the given endpoint: no cable.');
  await expect(connect({ connect: () => Promise.reject('no cable') })).rejects.toMatchObject({
    kind: 'connect',
  });
  const everyAddress = Object.assign(new AggregateError([]), { code: 'EADDRNOTAVAIL' }); // as Node reports several addresses: without a message
  await expect(connect({ connect: () => Promise.reject(everyAddress) })).rejects.toThrow(
    'Could not reach the given endpoint: EADDRNOTAVAIL.',
  );
});

/** A transport of the user's own: it accepts the connection, and then does what `rest` says. */
function ownTransport(rest: Partial<Transport>): Endpoint {
  const connack = encodePacket(connackOf(0), 5);
  const transport: Transport = {
    kind: 'custom',
    start: (onBytes) => queueMicrotask(() => onBytes(connack)),
    write: () => true,
    onDrain: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    close: () => undefined,
    ...rest,
  };
  return { connect: async () => transport };
}

it('60: close() does not wait for ever for a transport that never says that it is closed', async () => {
  const { deterministic, clock } = new ScriptedPeer();
  const client = await connect(ownTransport({}), deterministic);
  let closed = false;
  void client.close().then(() => {
    closed = true;
  });
  await clock.advance('1s');
  expect(closed).toBe(true);
  expect(clock.pendingTimers).toBe(0);
});

it('62: a transport that throws when it is written to is a lost connection, not an uncaught exception', async () => {
  const { deterministic, clock } = new ScriptedPeer();
  let broken = false;
  const endpoint = ownTransport({
    write: () => {
      if (broken) throw new Error('not open');
      return true;
    },
  });
  const client = await connect(endpoint, deterministic);
  await clock.settle();
  broken = true;
  const publishing = client.publish('t', '', { qos: 1 });
  await expect(publishing).rejects.toMatchObject({ kind: 'connection-lost' });
  expect(await client.disconnected()).toMatchObject({ by: 'network', cause: { message: 'not open' } });
  await clock.advance('1s'); // for so long it may take to say that it is gone
  expect(clock.pendingTimers).toBe(0);
});

it('a connection that ends inside the write of a request leaves no count behind', async () => {
  let end: (error?: Error) => void = () => undefined;
  const connack = encodePacket(connackOf(0), 5);
  const endpoint = ownTransport({
    start: (onBytes, onClose) => {
      end = onClose;
      queueMicrotask(() => onBytes(connack));
    },
    write: (bytes) => {
      if (bytes.length > 20_000) end(new Error('cable pulled'));
      return true;
    },
  });
  const requests = [
    (client: Client) => client.publish('t', new Uint8Array(100_000), { qos: 1 }),
    (client: Client) => client.subscribe(Array.from({ length: 10_000 }, (_, n) => `filter/${n}`)),
  ];
  for (const request of requests) {
    const client = await connect(endpoint, new ScriptedPeer().deterministic);
    await expect(request(client)).rejects.toMatchObject({ kind: 'connection-lost', maybeDelivered: true });
    expect(client.stats()).toMatchObject({ inFlightOut: 0, queuedOut: 0 });
  }
});

it('options that make no legal CONNECT reject before anything is opened', async () => {
  const script = new ScriptedPeer();
  await expect(connect(script.endpoint, { clientId: 'a\0b' })).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
  await expect(connect(script.endpoint, { protocol: 4, requestResponseInfo: true })).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
  expect(script.attempts).toBe(0);
});

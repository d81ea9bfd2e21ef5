// protocol: 'auto': MQTT 5, or 3.1.1 where the server knows no other.
import { expect, it } from 'vitest';
import { type ConnectOptions, connect } from '../../src/client/index.js';
import { createApp } from '../../src/index.js';
import { createTestApp, FakeBroker } from '../../src/testing/index.js';
import { startAedes } from '../support/aedes.js';
import { connackOf, ScriptedPeer } from '../support/scripted-peer.js';

const auto = { protocol: 'auto', clientId: 'c' } as const;

it.each([
  ['a broker that speaks both', undefined, 5],
  ['a broker of MQTT 3.1.1', 4, 4],
  ['a broker of MQTT 5 only', 5, 5],
] as const)('on %s agrees on the newest version that both know', async (_, version, agreed) => {
  await using broker = new FakeBroker({ version });
  await using client = await connect(broker.endpoint, { ...auto, clock: broker.clock });
  expect(client.state).toMatchObject({ state: 'connected', server: { protocolVersion: agreed } });
  await client.subscribe('t');
  const { matched } = await client
    .publish('t', '', { qos: 1 })
    .then((result) => ({ matched: false, ...result }));
  expect(matched).toBe(agreed === 5 ? true : undefined);
});

it('works on aedes, which knows MQTT 3.1.1 only', async () => {
  const aedes = await startAedes();
  try {
    await using client = await connect(aedes.url, auto);
    expect(await client.publish('t', '', { qos: 2 })).toMatchObject({ qos: 2 });
  } finally {
    await aedes.stop();
  }
});

async function refused(connack: ReturnType<typeof connackOf>, options: ConnectOptions = {}) {
  const script = new ScriptedPeer();
  const connecting = connect(script.endpoint, { ...script.deterministic, ...auto, ...options });
  const outcome = connecting.catch((error: unknown) => error);
  const peer = await script.accept();
  await peer.expect('connect', { protocolVersion: 5 });
  peer.send(connack);
  return { script, outcome };
}

it('says on MQTT 3.1.1 what it can say of the options, and keeps to it when it comes back', async () => {
  const will = { topic: 'gone', payload: 'x', qos: 1, retain: true, delay: 5, contentType: 'text' } as const;
  const { script, outcome } = await refused(connackOf(0x84), {
    sessionExpiryInterval: 60,
    topicAliases: { inbound: 4 },
    userProperties: [['a', 'b']],
    requestResponseInfo: true,
    requestProblemInfo: false,
    receiveMaximumExceeded: 'disconnect',
    will,
    keepAlive: 7,
    reconnect: true,
    random: () => 0,
  });
  const peer = await script.accept();
  const connectPacket = await peer.expect('connect', { protocolVersion: 4, keepAlive: 7, clientId: 'c' });
  expect(connectPacket.properties).toBeUndefined();
  expect(connectPacket.will).toEqual({ topic: 'gone', payload: new Uint8Array([120]), qos: 1, retain: true });
  peer.send(connackOf(0));
  const client = (await outcome) as Awaited<ReturnType<typeof connect>>;
  peer.cut();
  await script.clock.advance(250);
  const next = await script.accept();
  await next.expect('connect', { protocolVersion: 4 });
  await client.close();
});

it('falls back for no other reason', async () => {
  const { script, outcome } = await refused(connackOf(0x87));
  expect(await outcome).toMatchObject({ kind: 'connect', disconnection: { reasonCode: 0x87 } });
  expect(script.attempts).toBe(1);
});

it('does not fall back where the caller has given up meanwhile', async () => {
  const abort = new AbortController();
  const { script, outcome } = await refused(connackOf(0x84), {
    hooks: { stateChange: ({ state }) => void (state === 'closed' && abort.abort(new Error('enough'))) },
    signal: abort.signal,
  } as ConnectOptions);
  expect(await outcome).toMatchObject({ message: 'enough' });
  expect(script.attempts).toBe(1);
});

it('refuses auth, which MQTT 3.1.1 would silently go without', async () => {
  const auth = { method: 'm', start: async () => new Uint8Array(0), next: async () => new Uint8Array(0) };
  await expect(connect(new ScriptedPeer().endpoint, { ...auto, auth })).rejects.toThrow(
    "protocol: 'auto' may end on MQTT 3.1.1",
  );
});

it('an application on it knows what its routes can have', async () => {
  const app = createApp({ connection: { url: 'mqtt://localhost', ...auto } });
  app.on('t', () => undefined, { noLocal: true });
  await using broker = new FakeBroker({ version: 4 });
  await expect(createTestApp(app, { broker })).rejects.toThrow('MQTT 3.1.1 does not have');
});

// What MQTT 5 says about a client's behaviour, as far as no scenario (test/client/scenarios) shows it.
import { expect, it } from 'vitest';
import { type Client, connect, type Message } from '../../src/client/index.js';
import { encodePacket, PacketDecoder } from '../../src/packets/index.js';
import { FakeBroker } from '../../src/testing/index.js';
import { publish, ScriptedPeer } from '../support/scripted-peer.js';
import { serveWebSocket } from '../support/transports/servers.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;

async function taken(client: Client): Promise<Message> {
  const { value } = await client.messages().next();
  if (!value) throw new Error('The stream of messages ended.');
  return value;
}

it('[MQTT-3.1.0-1] says CONNECT first', async () => {
  const script = new ScriptedPeer('byte by byte');
  const connecting = connect(script.endpoint, { clientId: 'c', ...script.deterministic });
  const peer = await script.accept();
  await peer.expect('connect');
  await peer.expectNothing();
  peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
  await (await connecting).close();
});

it('[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] answers as the QoS demands, once the application has taken the message over', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.send(publish(), publish({ packetId: 1 }), publish({ packetId: 2, qos: 2 }));
  const messages = [await taken(client), await taken(client), await taken(client)];
  await peer.expectNothing();
  for (const message of messages) void message.ack();
  await peer.expect('puback', { packetId: 1, reasonCode: 0 });
  await peer.expect('pubrec', { packetId: 2, reasonCode: 0 });
  await peer.expectNothing();
});

it('[MQTT-4.5.0-2] acknowledges what it refuses or does not look at', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.send(publish({ packetId: 1 }), publish({ packetId: 2, qos: 2 }));
  void (await taken(client)).ack();
  void (await taken(client)).reject(0x83);
  await peer.expect('puback', { packetId: 1 });
  await peer.expect('pubrec', { packetId: 2, reasonCode: 0x83 });
});

it('[MQTT-4.3.1-1] [MQTT-4.3.2-2] [MQTT-4.3.3-2] sends a message for the first time without DUP, also one that came with it', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.send(publish({ packetId: 1, duplicate: true }));
  const message = await taken(client);
  void client.publish('zero', message.payload);
  void client.publish('one', message.payload, qos1).catch(() => undefined);
  void client.publish('two', message.payload, qos2).catch(() => undefined);
  await peer.expect('publish', { qos: 0, duplicate: false });
  await peer.expect('publish', { qos: 1, duplicate: false });
  await peer.expect('publish', { qos: 2, duplicate: false });
  await client.close();
});

it('[MQTT-4.3.2-5] takes an identifier after PUBACK for a new message, whatever DUP says', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  for (const topic of ['first', 'second']) {
    peer.publish({ topic, packetId: 1, duplicate: topic === 'second' });
    const message = await taken(client);
    expect(message.topic).toBe(topic);
    await message.ack();
    await peer.expect('puback', { packetId: 1 });
  }
});

it('[MQTT-4.3.3-9] takes an identifier after a refusing PUBREC for a new message', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.publish({ topic: 'first', packetId: 1, qos: 2 });
  await (await taken(client)).reject(0x97);
  await peer.expect('pubrec', { reasonCode: 0x97 });
  peer.publish({ topic: 'second', packetId: 1, qos: 2 });
  expect((await taken(client)).topic).toBe('second');
});

it('[MQTT-4.3.3-13] goes on with the handshake of a message that has expired', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 0 });
  peer.publish({ packetId: 1, qos: 2, properties: { messageExpiryInterval: 1 } });
  const message = await taken(client);
  await clock.advance('1m');
  await message.ack();
  await peer.expect('pubrec', { reasonCode: 0 });
  await clock.advance('1m');
  peer.ack('pubrel', 1);
  await peer.expect('pubcomp', { packetId: 1, reasonCode: 0 });
});

it('[MQTT-3.3.4-6] publishes no subscription identifier, also when it forwards what came with one', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.publish({ properties: { subscriptionIdentifiers: [7], contentType: 'text/plain' } });
  const { topic, payload, subscriptionIdentifiers, contentType } = await taken(client);
  const all = { subscriptionIdentifiers, contentType: contentType! };
  await client.publish(topic, payload, all);
  expect((await peer.expect('publish')).properties).toEqual({ contentType: 'text/plain' });
});

// [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
it.each([
  ['PUBACK', 1, 'puback'],
  ['PUBREC', 2, 'pubrec'],
] as const)('%s leaves out what would make it too big for the server', async (_, qos, type) => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { maximumPacketSize: 30 } });
  const long = 'x'.repeat(40);
  peer.send(publish({ packetId: 1, qos }), publish({ packetId: 2, qos }), publish({ packetId: 3, qos }));
  void (await taken(client)).reject(0x99, { reasonString: long });
  void (await taken(client)).ack({ userProperties: [['name', long]] });
  void (await taken(client)).ack({ reasonString: 'short' });
  expect((await peer.expect(type, { packetId: 1, reasonCode: 0x99 })).properties).toBeUndefined();
  expect((await peer.expect(type, { packetId: 2 })).properties).toBeUndefined();
  expect((await peer.expect(type, { packetId: 3 })).properties).toEqual({ reasonString: 'short' });
});

it('[MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] PUBREL and PUBCOMP never have reason strings and user properties', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { maximumPacketSize: 20 } });
  const publishing = client.publish('t', '', qos2);
  await peer.expect('publish');
  peer.ack('pubrec', 1, 0, { reasonString: 'a long story', userProperties: [['a', 'b']] });
  expect(await peer.expect('pubrel')).toEqual({ type: 'pubrel', packetId: 1, reasonCode: 0 });
  peer.ack('pubcomp', 1);
  await publishing;
  peer.publish({ packetId: 1, qos: 2 });
  await (await taken(client)).ack();
  await peer.expect('pubrec');
  peer.ack('pubrel', 1, 0, { reasonString: 'a long story' });
  expect(await peer.expect('pubcomp')).toEqual({ type: 'pubcomp', packetId: 1, reasonCode: 0 });
  peer.ack('pubrel', 9);
  expect(await peer.expect('pubcomp')).toEqual({ type: 'pubcomp', packetId: 9, reasonCode: 0x92 });
});

it('[MQTT-3.14.2-3] [MQTT-3.14.2-4] DISCONNECT leaves out a reason string that would make it too big, and has no user properties', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { maximumPacketSize: 30 } });
  await client.disconnect({ reasonString: 'x'.repeat(40) });
  expect((await peer.expect('disconnect')).properties).toBeUndefined();
});

it('[MQTT-3.14.4-1] sends nothing after DISCONNECT', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.publish({ packetId: 1 });
  const message = await taken(client);
  const closing = client.close();
  void message.ack();
  await client.publish('late').catch(() => undefined);
  await closing;
  await peer.expect('disconnect', { reasonCode: 0 });
  await peer.expectClosed();
});

it('[MQTT-3.15.2-2] [MQTT-3.15.2-3] AUTH never has reason strings and user properties', async () => {
  const { client, peer } = await authenticated();
  const renewing = client.reauthenticate();
  const begun = await peer.expect('auth', { reasonCode: 0x19 });
  peer.send({
    type: 'auth',
    reasonCode: 0x18,
    properties: { authenticationMethod: 'm', reasonString: 'go on' },
  });
  const answer = await peer.expect('auth', { reasonCode: 0x18 });
  peer.send({ type: 'auth', reasonCode: 0, properties: { authenticationMethod: 'm' } });
  await renewing;
  for (const { properties } of [begun, answer]) {
    expect(Object.keys(properties!).sort()).toEqual(['authenticationData', 'authenticationMethod']);
  }
});

it('[MQTT-4.12.1-2] ends the connection when authenticating again fails, with a DISCONNECT that says why', async () => {
  const { client, peer } = await authenticated(() => Promise.reject(new Error('no token')));
  const renewing = client.reauthenticate().catch((error: unknown) => error);
  await peer.expect('auth', { reasonCode: 0x19 });
  peer.send({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } });
  const { reasonCode } = await peer.expect('disconnect');
  expect(reasonCode).toBeGreaterThanOrEqual(0x80);
  await peer.expectClosed();
  expect(await renewing).toBeInstanceOf(Error);
});

/** A client that may spend 40 bytes on a packet, and authenticates by the method `m`. */
async function authenticated(next: () => Promise<Uint8Array> = async () => Uint8Array.of(1)) {
  const auth = { method: 'm', start: async () => Uint8Array.of(0), next };
  const properties = { maximumPacketSize: 40, authenticationMethod: 'm' };
  return new ScriptedPeer().connected({ auth }, { properties });
}

it('[MQTT-4.2-1] speaks over an ordered, lossless stream of bytes: TCP', async () => {
  await using broker = new FakeBroker();
  const { url } = await broker.listen();
  const client = await connect(url);
  await client.subscribe('t');
  await client.publish('t', 'over the wire', qos2);
  expect((await taken(client)).text()).toBe('over the wire');
  await client.close();
});

it('[MQTT-6.0.0-2] takes packets in WebSocket frames that end anywhere', async () => {
  const { url } = await serveWebSocket(() => undefined, {
    raw: (webSocket) => {
      const decoder = new PacketDecoder({ receiver: 'server' });
      webSocket.on('message', (data: Buffer) =>
        decoder.push(data, ({ type }) => {
          if (type !== 'connect') return;
          const connack = encodePacket({ type: 'connack', sessionPresent: false, reasonCode: 0 }, 5);
          const [first, second] = ['first', 'second'].map((topic) => encodePacket(publish({ topic }), 5));
          for (const byte of connack) webSocket.send(Uint8Array.of(byte));
          webSocket.send(Buffer.concat([first!, second!.subarray(0, 3)]));
          webSocket.send(second!.subarray(3));
        }),
      );
    },
  });
  const client = await connect(url);
  expect([(await taken(client)).topic, (await taken(client)).topic]).toEqual(['first', 'second']);
  await client.close();
});

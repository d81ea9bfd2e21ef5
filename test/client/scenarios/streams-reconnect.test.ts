// Streams and requests over connections that come and go.
import { expect, it } from 'vitest';
import {
  type Client,
  ConnectionLostError,
  type StreamOptions,
  type Subscription,
} from '../../../src/client/index.js';
import { everyCut, type PeerConnection, publish, ScriptedPeer } from '../../support/scripted-peer.js';

async function opened(client: Client, peer: PeerConnection, options: StreamOptions = {}) {
  const opening = client.stream('t/#', options);
  const { packetId, properties } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: [2] });
  const stream: Subscription = await opening;
  return { stream, id: properties!.subscriptionIdentifier! };
}

async function reconnected(scripted: ScriptedPeer, sessionPresent: boolean): Promise<PeerConnection> {
  await scripted.clock.advance(500);
  const peer = await scripted.accept();
  await peer.expect('connect');
  peer.send({ type: 'connack', sessionPresent, reasonCode: 0 });
  await scripted.clock.settle();
  return peer;
}

const message = (topic: string, id: number, packetId: number) =>
  publish({ topic, packetId, properties: { subscriptionIdentifiers: [id] } });

everyCut((cut) => {
  it.each([true, false])('a stream goes on over a lost connection (session present: %s)', async (present) => {
    const scripted = new ScriptedPeer(cut);
    const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
    const { stream, id } = await opened(client, peer);
    peer.send(message('t/before', id, 1), message('t/unread', id, 2));
    const { value: before } = await stream.next();
    peer.cut();
    await scripted.clock.settle();
    expect([stream.buffered, await before!.ack()]).toEqual([0, 'stale']);
    const waiting = stream.next();
    const again = await reconnected(scripted, present);
    if (!present) {
      const { packetId, properties } = await again.expect('subscribe');
      expect(properties).toEqual({ subscriptionIdentifier: id });
      again.send({ type: 'suback', packetId, reasonCodes: [2] });
    }
    again.send(message('t/unread', id, 2));
    const { value: after } = await waiting;
    expect([after!.topic, after!.connectionId]).toEqual(['t/unread', 2]);
    expect(await after!.ack()).toBe('sent');
  });

  it("with onDisconnect 'throw' a lost connection ends it, and it is not subscribed again", async () => {
    const scripted = new ScriptedPeer(cut);
    const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
    const { stream } = await opened(client, peer, { onDisconnect: 'throw' });
    const waiting = stream.next().catch((error: unknown) => error);
    peer.cut();
    expect(await waiting).toBeInstanceOf(ConnectionLostError);
    const again = await reconnected(scripted, false);
    expect((await again.received()).map(({ type }) => type)).toEqual(['unsubscribe']);
  });

  it('a stream that is disposed of without a connection waits for none, and is not subscribed again', async () => {
    const scripted = new ScriptedPeer(cut);
    const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
    const { stream } = await opened(client, peer);
    peer.cut();
    await scripted.clock.settle();
    await stream[Symbol.asyncDispose]();
    const again = await reconnected(scripted, true);
    await again.expect('unsubscribe', { filters: ['t/#'] });
    await again.expectNothing();
  });
});

it('a message for two streams whose session is lost is stale for both, and leaves their queues', async () => {
  const scripted = new ScriptedPeer();
  const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
  const one = await opened(client, peer);
  const two = await opened(client, peer);
  peer.send(
    publish({ topic: 't/1', qos: 2, packetId: 1, properties: { subscriptionIdentifiers: [one.id] } }),
  );
  const { value: first } = await one.stream.next();
  const waiting = first!.ack();
  peer.cut();
  await scripted.clock.settle();
  expect(two.stream.buffered).toBe(1);
  await reconnected(scripted, false);
  expect([await waiting, two.stream.buffered]).toEqual(['stale', 0]);
});

it('a message for two streams at QoS 2 is acknowledged on the connection that follows', async () => {
  const scripted = new ScriptedPeer();
  const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
  const one = await opened(client, peer);
  const two = await opened(client, peer);
  const sent = publish({
    topic: 't/1',
    qos: 2,
    packetId: 1,
    properties: { subscriptionIdentifiers: [one.id] },
  });
  peer.send(sent);
  const { value: first } = await one.stream.next();
  void first!.ack();
  peer.cut();
  const again = await reconnected(scripted, true);
  again.send({ ...sent, duplicate: true });
  await again.expectNothing();
  const { value: second } = await two.stream.next();
  expect(await second!.ack()).toBe('sent');
  await again.expect('pubrec', { packetId: 1 });
});

it('a request that waits when the connection is lost rejects; the next one needs no new subscription', async () => {
  const scripted = new ScriptedPeer();
  const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
  const lost = client.request('ask', '', { qos: 0 }).catch((error: unknown) => error);
  peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [1] });
  await peer.expect('publish');
  peer.cut();
  expect(await lost).toBeInstanceOf(ConnectionLostError);
  await expect(client.request('ask', '')).rejects.toBeInstanceOf(ConnectionLostError);
  const again = await reconnected(scripted, true);
  const asking = client.request('ask', '', { qos: 0 });
  const { properties } = await again.expect('publish');
  again.send(
    publish({
      topic: properties!.responseTopic!,
      payload: new TextEncoder().encode('yes'),
      properties: { correlationData: properties!.correlationData! },
    }),
  );
  expect((await asking).text()).toBe('yes');
});

it('41: aliases of the old connection mean nothing on the next one', async () => {
  const scripted = new ScriptedPeer();
  const { client, peer } = await scripted.connected({
    reconnect: true,
    keepAlive: 0,
    topicAliases: { inbound: 5 },
  });
  peer.send(publish({ topic: 't', properties: { topicAlias: 1 } }));
  expect((await client.messages().next()).value!.topic).toBe('t');
  peer.cut();
  const again = await reconnected(scripted, true);
  again.send(publish({ topic: '', properties: { topicAlias: 1 } }));
  await again.expect('disconnect', { reasonCode: 0x82 });
  await client.close();
});

it('authenticates on each connection anew', async () => {
  const scripted = new ScriptedPeer();
  let count = 0;
  const start = async () => new TextEncoder().encode(`token ${++count}`);
  const auth = { method: 'm', start, next: async () => new Uint8Array(0) };
  const { client, peer } = await scripted.connected(
    { reconnect: true, keepAlive: 0, auth },
    { properties: { authenticationMethod: 'm' } },
  );
  peer.cut();
  await scripted.clock.advance(500);
  const again = await scripted.accept();
  const { properties } = await again.expect('connect');
  expect(new TextDecoder().decode(properties!.authenticationData)).toBe('token 2');
  await client.close();
});

import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ClosedError, ConnectionLostError, RequestTimeoutError } from '../../src/client/index.js';
import type { ConnackProperties, PublishPacket } from '../../src/packets/packet.js';
import { everyCut, type PeerConnection, publish, ScriptedPeer } from '../support/scripted-peer.js';

const bytes = (text: string) => new TextEncoder().encode(text);

/** Grants the response topic; the request that follows. */
async function answerSubscribe(peer: PeerConnection): Promise<PublishPacket> {
  const { packetId } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: [1] });
  return peer.expect('publish');
}

function replyTo({ properties }: PublishPacket, payload: string, more: Partial<PublishPacket> = {}) {
  return publish({
    topic: properties!.responseTopic!,
    payload: bytes(payload),
    ...more,
    properties: { correlationData: properties!.correlationData!, ...more.properties },
  });
}

everyCut((cut) => {
  it('resolves with the reply that carries its correlation data; the response topic is subscribed once', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const asking = [client.request('ask', 'one'), client.request('ask', 'two')];
    const subscribe = await peer.expect('subscribe', { packetId: 1 });
    await peer.expectNothing();
    peer.send({ type: 'suback', packetId: 1, reasonCodes: [1] });
    const [one, two] = [await peer.expect('publish', { qos: 1 }), await peer.expect('publish')];
    expect(subscribe.subscriptions).toEqual([
      {
        filter: one.properties!.responseTopic,
        maximumQoS: 1,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 'never',
      },
    ]);
    expect(client.stats().waitingRequests).toBe(2);
    peer.send(replyTo(two, 'to two', { packetId: 9 }), replyTo(one, 'to one'));
    expect((await Promise.all(asking)).map((reply) => reply.text())).toEqual(['to one', 'to two']);
    await peer.expect('puback', { packetId: 9 });
    expect(client.stats()).toMatchObject({ waitingRequests: 0, bufferedIn: 0, unackedIn: 0, lateReplies: 0 });
    void client.request('ask', 'three').catch(() => undefined);
    await peer.expect('publish');
  });

  it('replies that nobody waits for are acknowledged, counted and kept from messages()', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const asking = client.request('ask', '');
    const asked = await answerSubscribe(peer);
    const unknown = { ...asked, properties: { ...asked.properties, correlationData: bytes('other') } };
    peer.send(replyTo(unknown, '', { packetId: 5 }), replyTo(asked, ''), replyTo(asked, 'again'));
    peer.publish({ topic: asked.properties!.responseTopic! });
    await asking;
    await peer.expect('puback', { packetId: 5 });
    expect(client.stats()).toMatchObject({ lateReplies: 3, bufferedIn: 0 });
  });
});

it('takes correlation data of any bytes, and a response topic of the caller', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const correlationData = Uint8Array.of(0xff, 0, 0x80, 0xc3);
  const { signal } = new AbortController();
  const asking = client.request('ask', '', { correlationData, responseTopic: 'my/replies', signal });
  const asked = await answerSubscribe(peer);
  expect(asked.properties).toMatchObject({ correlationData, responseTopic: 'my/replies' });
  await expect(
    client.request('ask', '', { correlationData, responseTopic: 'my/replies' }),
  ).rejects.toMatchObject({ kind: 'invalid-packet' });
  peer.send(replyTo(asked, 'yes'));
  expect((await asking).text()).toBe('yes');
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('tells requests apart whatever chance says', async () => {
  const { client, peer } = await new ScriptedPeer().connected({ random: () => 0.5 });
  const asking = [client.request('ask', '1'), client.request('ask', '2')];
  const [one, two] = [await answerSubscribe(peer), await peer.expect('publish')];
  peer.send(replyTo(two, 'to two'), replyTo(one, 'to one'));
  expect((await Promise.all(asking)).map((reply) => reply.text())).toEqual(['to one', 'to two']);
});

describe('its response topic', () => {
  it.each([
    ['site a/+1', {}, 'topicwise/replies/site%20a%2F%2B1'],
    ['c', { responseInformation: 'prefix/' }, 'prefix/c'],
  ] satisfies [string, ConnackProperties, string][])(
    'has the name of the session %j, so that restarts leave no subscriptions in it, with %o in CONNACK',
    async (clientId, properties, expected) => {
      expect(await responseTopicOf(clientId, properties)).toBe(expected);
    },
  );

  it.each([
    [{}, /^topicwise\/replies\/[0-9a-f]{16}$/],
    [{ responseInformation: 'prefix' }, /^prefix\/[0-9a-f]{16}$/],
  ] satisfies [ConnackProperties, RegExp][])(
    'is a random one where nobody comes back to the session, with %o in CONNACK',
    async (properties, pattern) => {
      expect(await responseTopicOf('', { assignedClientIdentifier: 'given', ...properties })).toMatch(
        pattern,
      );
    },
  );

  async function responseTopicOf(
    clientId: string,
    properties: ConnackProperties,
  ): Promise<string | undefined> {
    const options = { clientId, requestResponseInfo: true };
    const { client, peer } = await new ScriptedPeer().connected(options, { properties });
    void client.request('ask', '').catch(() => undefined);
    return (await answerSubscribe(peer)).properties?.responseTopic;
  }
});

it('rejects when no reply comes in time, and ignores the one that comes later', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected();
  const asking = client.request('ask', '', { timeout: 500, qos: 0 }).catch((error: unknown) => error);
  const asked = await answerSubscribe(peer);
  await clock.advance(499);
  expect(client.stats().waitingRequests).toBe(1);
  await clock.advance(1);
  expect(await asking).toBeInstanceOf(RequestTimeoutError);
  peer.send(replyTo(asked, 'late'));
  await peer.expectNothing();
  expect(client.stats()).toMatchObject({ waitingRequests: 0, lateReplies: 1 });
});

it('waits 30 s unless it is told otherwise, and for ever if it is', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 0 });
  const asking = client.request('ask', '', { qos: 0 }).catch((error: unknown) => error);
  const patient = client.request('ask', 'patient', { qos: 0, timeout: Number.POSITIVE_INFINITY });
  await answerSubscribe(peer);
  const asked = await peer.expect('publish');
  await clock.advance('1h');
  expect(String(await asking)).toContain('within 30000 ms');
  peer.send(replyTo(asked, 'at last'));
  expect((await patient).text()).toBe('at last');
});

it('a signal ends the wait in every phase, takes back what has not left, and is not listened to any more', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { receiveMaximum: 1 } });
  const abort = new AbortController();
  const { signal } = abort;
  const outcomes = [client.request('ask', '1', { signal }), client.request('ask', '2', { signal })].map(
    (asking) => asking.catch((error: unknown) => error),
  );
  await answerSubscribe(peer);
  abort.abort(new Error('enough'));
  for (const outcome of outcomes) expect(await outcome).toMatchObject({ message: 'enough' });
  expect(client.stats()).toMatchObject({ waitingRequests: 0, queuedOut: 0 });
  peer.ack('puback', 2);
  await peer.expectNothing();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  await expect(client.request('ask', '', { signal })).rejects.toThrow('enough');
});

it('a refused subscription or publish rejects, and the next request tries again', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const refused = client.request('ask', '').catch((error: unknown) => error);
  const { packetId } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: [0x87] });
  expect(await refused).toMatchObject({ kind: 'negative-ack', packet: 'suback' });
  const asking = client.request('ask', '').catch((error: unknown) => error);
  const asked = await answerSubscribe(peer);
  peer.ack('puback', asked.packetId!, 0x87);
  expect(await asking).toMatchObject({ kind: 'negative-ack', packet: 'puback' });
  expect(client.stats().waitingRequests).toBe(0);
});

it('rejects when the connection is lost, and when the client is closed', async () => {
  const lost = await new ScriptedPeer().connected();
  const first = lost.client.request('ask', '').catch((error: unknown) => error);
  await answerSubscribe(lost.peer);
  lost.peer.cut();
  expect(await first).toBeInstanceOf(ConnectionLostError);

  const closed = await new ScriptedPeer().connected();
  const second = closed.client.request('ask', '').catch((error: unknown) => error);
  await closed.peer.expect('subscribe');
  await closed.client.close();
  expect(await second).toBeInstanceOf(ClosedError);
  await expect(closed.client.request('ask', '')).rejects.toBeInstanceOf(ClosedError);
  expect(closed.clock.pendingTimers).toBe(0);
});

const narrow = { receiveMaximum: 1, receiveMaximumExceeded: 'pause', keepAlive: 0 } as const;

it.each([0, 1] as const)('reads on for a reply at QoS %i where a full window stops reading', async (qos) => {
  const { client, peer } = await new ScriptedPeer().connected(narrow);
  const first = client.request('ask', 'subscribes the response topic', { qos: 0 });
  peer.send(replyTo(await answerSubscribe(peer), ''));
  await first;
  peer.publish({ topic: 'unread', packetId: 1 });
  await peer.expectNothing();
  const asking = client.request('ask', '', { qos });
  const asked = await peer.expect('publish', { qos });
  if (qos === 1) peer.ack('puback', asked.packetId!);
  await peer.expectNothing();
  peer.send(replyTo(asked, 'reply', qos === 1 ? { packetId: 2 } : {}));
  expect((await asking).text()).toBe('reply');
  peer.publish({ topic: 'not read any more' });
  await peer.expectNothing();
  expect(client.stats().bufferedIn).toBe(1);
});

it('reads on for a reply to four times the mark, at least 400, not for ever', async () => {
  const { client, peer } = await new ScriptedPeer().connected(narrow);
  const asking = client.request('ask', '').catch((error: unknown) => error);
  peer.ack('puback', (await answerSubscribe(peer)).packetId!);
  for (let packetId = 1; packetId <= 400; packetId++) peer.publish({ packetId });
  await peer.expectNothing();
  expect(client.stats().unackedIn).toBe(400);
  peer.publish({ packetId: 401 });
  await peer.expect('disconnect', { reasonCode: 0x93 });
  expect(await asking).toBeInstanceOf(ConnectionLostError);
});

it('holds at most requestMaximum requests, and refuses what MQTT 3.1.1 does not have', async () => {
  const { client } = await new ScriptedPeer().connected({ requestMaximum: 1 });
  void client.request('ask', '').catch(() => undefined);
  await expect(client.request('ask', '')).rejects.toMatchObject({ kind: 'limit', limit: 'queue' });
  const older = await new ScriptedPeer().connected({ protocol: 4 });
  await expect(older.client.request('ask', '')).rejects.toMatchObject({ kind: 'invalid-packet' });
});

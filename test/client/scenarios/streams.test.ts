import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import {
  type Client,
  ConnectionLostError,
  type Message,
  type StreamOptions,
  type SubscribeOptions,
  type Subscription,
  type TopicFilter,
} from '../../../src/client/index.js';
import type { PublishPacket, SubscribePacket } from '../../../src/packets/packet.js';
import { everyCut, type PeerConnection, publish, ScriptedPeer } from '../../support/scripted-peer.js';

type Filters = string | TopicFilter | readonly (string | TopicFilter)[];

/** Opens a stream and grants all of it; the SUBSCRIBEs that asked for it. */
async function opened(
  client: Client,
  peer: PeerConnection,
  filters: Filters,
  options: SubscribeOptions & StreamOptions = {},
): Promise<{ stream: Subscription; asked: SubscribePacket[]; ids: number[] }> {
  const opening = client.stream(filters, options);
  const asked = (await peer.received()) as SubscribePacket[];
  for (const { packetId, subscriptions } of asked) {
    peer.send({ type: 'suback', packetId, reasonCodes: subscriptions.map(({ maximumQoS }) => maximumQoS) });
  }
  const stream = await opening;
  return { stream, asked, ids: asked.map(({ properties }) => properties?.subscriptionIdentifier ?? 0) };
}

async function unsubscribed(peer: PeerConnection, closing: PromiseLike<unknown>): Promise<readonly string[]> {
  const { packetId, filters } = await peer.expect('unsubscribe');
  peer.send({ type: 'unsuback', packetId, reasonCodes: filters.map(() => 0) });
  await closing;
  return filters;
}

async function take(stream: AsyncIterator<Message, undefined>, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < count) messages.push((await stream.next()).value!);
  return messages;
}

const topics = (messages: readonly Message[]) => messages.map(({ topic }) => topic);
const copy = (topic: string, identifiers: readonly number[], more: Partial<PublishPacket> = {}) =>
  publish({ topic, ...more, properties: { subscriptionIdentifiers: identifiers } });

everyCut((cut) => {
  it('subscribes, hands out the messages of its filters, and unsubscribes when it is disposed of', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const { stream, asked, ids } = await opened(client, peer, ['a/+', { filter: 'b/#', maximumQoS: 1 }]);
    expect(asked).toHaveLength(1);
    expect(stream.granted).toEqual([
      { filter: 'a/+', reasonCode: 2, qos: 2 },
      { filter: 'b/#', reasonCode: 1, qos: 1 },
    ]);
    peer.send(copy('a/1', ids), publish({ topic: 'c' }), copy('b/2', ids, { packetId: 1 }));
    const messages = await take(stream, 2);
    expect(topics(messages)).toEqual(['a/1', 'b/2']);
    expect(topics(await take(client.messages(), 1))).toEqual(['c']);
    await messages[1]!.ack();
    await peer.expect('puback', { packetId: 1 });
    expect(await unsubscribed(peer, stream[Symbol.asyncDispose]())).toEqual(['a/+', 'b/#']);
    peer.send(copy('a/2', ids));
    expect(topics(await take(client.messages(), 1))).toEqual(['a/2']);
  });

  it('43: a burst of ten QoS 0 messages in one segment reaches one idle iterator', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const { stream, ids } = await opened(client, peer, 't/#');
    const taking = take(stream, 10);
    const expected = Array.from({ length: 10 }, (_, n) => `t/${n}`);
    peer.send(...expected.map((topic) => copy(topic, ids)));
    expect(topics(await taking)).toEqual(expected);
  });

  it('44: a stream that ended while it waited swallows nothing', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const abort = new AbortController();
    const one = await opened(client, peer, 't', { signal: abort.signal });
    const two = await opened(client, peer, 't');
    const waiting = [one.stream.next(), two.stream.next()].map((next) =>
      next.catch((error: unknown) => error),
    );
    abort.abort(new Error('enough'));
    expect(await waiting[0]).toMatchObject({ message: 'enough' });
    const closing = two.stream.return();
    expect(await waiting[1]).toEqual({ done: true, value: undefined });
    await unsubscribed(peer, closing);
    peer.send(copy('t', one.ids, { packetId: 1 }));
    expect(topics(await take(client.messages(), 1))).toEqual(['t']);
    await expect(one.stream.next()).rejects.toThrow('enough');
    expect(await two.stream.next()).toEqual({ done: true, value: undefined });
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
  });

  it('42, 44: what a stream has not handed out goes to messages(), or to the next stream that matches', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const first = await opened(client, peer, 't/#');
    peer.send(...['t/1', 't/2', 't/3'].map((topic, n) => copy(topic, first.ids, { packetId: n + 1 })));
    const [one] = await take(first.stream, 1);
    await unsubscribed(peer, first.stream.return());
    expect(client.stats().bufferedIn).toBe(2);
    const second = await opened(client, peer, 't/2');
    expect([second.stream.buffered, client.messages().buffered]).toEqual([1, 1]);
    const rest = [...(await take(second.stream, 1)), ...(await take(client.messages(), 1))];
    expect(topics(rest)).toEqual(['t/2', 't/3']);
    for (const message of [one!, ...rest]) void message.ack();
    expect((await peer.received()).map((packet) => 'packetId' in packet && packet.packetId)).toEqual([
      1, 2, 3,
    ]);
  });

  it('a message for two streams is acknowledged once both have acknowledged it', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const wide = await opened(client, peer, 'a/#');
    const narrow = await opened(client, peer, 'a/b');
    peer.send(copy('a/b', [...wide.ids, ...narrow.ids], { packetId: 1 }));
    const [[one], [two]] = [await take(wide.stream, 1), await take(narrow.stream, 1)];
    const first = one!.ack();
    expect([one!.ackState, two!.ackState]).toEqual(['queued', 'pending']);
    await peer.expectNothing();
    expect(await two!.ack()).toBe('sent');
    expect(await first).toBe('sent');
    await peer.expect('puback', { packetId: 1, reasonCode: 0 });
    await peer.expectNothing();
    expect([one!.ackState, client.stats().unackedIn]).toEqual(['sent', 0]);
  });

  it('one copy for each subscription: each stream gets its own, and a stream with two filters gets one', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const both = await opened(client, peer, [{ filter: 'a/#', maximumQoS: 1 }, 'a/b']);
    expect(both.asked.map(({ subscriptions }) => subscriptions[0]!.filter)).toEqual(['a/b', 'a/#']);
    expect(both.stream.granted.map(({ filter }) => filter)).toEqual(['a/#', 'a/b']);
    const other = await opened(client, peer, 'a/+');
    expect(new Set([...both.ids, ...other.ids]).size).toBe(3);
    const copies = [...both.ids, ...other.ids];
    peer.send(...copies.map((id, n) => copy('a/b', [id], { packetId: n + 1 })));
    peer.send(copy('a/c', [both.ids[1]!]), copy('a/c', [other.ids[0]!]));
    const [first, second] = await take(both.stream, 2);
    expect(topics([first!, second!])).toEqual(['a/b', 'a/c']);
    expect(topics(await take(other.stream, 2))).toEqual(['a/b', 'a/c']);
    await peer.expectNothing();
    await first!.ack();
    await peer.expect('puback', { packetId: 1 });
    await peer.expect('puback', { packetId: 2 });
    await peer.expectNothing();
    expect(client.stats()).toMatchObject({ bufferedIn: 0, unackedIn: 1, ignored: 1 });
  });

  it("autoAck 'on-next' acknowledges a message when the loop asks for the next one, not before", async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const { stream, ids } = await opened(client, peer, 't/#', { autoAck: 'on-next' });
    peer.send(...['t/1', 't/2', 't/3'].map((topic, n) => copy(topic, ids, { packetId: n + 1 })));
    const loop = (async () => {
      for await (const message of stream) {
        if (message.topic === 't/2') await message.reject(0x99);
        if (message.topic === 't/3') throw new Error('cannot handle t/3');
      }
    })().catch((error: unknown) => error);
    await peer.expect('puback', { packetId: 1, reasonCode: 0 });
    await peer.expect('puback', { packetId: 2, reasonCode: 0x99 });
    await unsubscribed(peer, loop);
    expect(await loop).toMatchObject({ message: 'cannot handle t/3' });
    await peer.expectNothing();
    expect(client.stats().unackedIn).toBe(1);
  });

  it('47: publishes and subscribes inside the loop at a receive maximum of 1 without a deadlock', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected(
      { receiveMaximum: 1 },
      { properties: { receiveMaximum: 1 } },
    );
    const { stream, ids } = await opened(client, peer, 'work');
    const handled = (async () => {
      for await (const message of stream) {
        await client.publish('answer', '', { qos: 2 });
        await client.subscribe('more');
        await message.ack();
        return 'handled';
      }
      return 'not handled';
    })();
    peer.send(copy('work', ids, { packetId: 1 }));
    const { packetId } = await peer.expect('publish');
    peer.ack('pubrec', packetId!);
    await peer.expect('pubrel');
    peer.ack('pubcomp', packetId!);
    peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [2] });
    await peer.expect('puback');
    await unsubscribed(peer, handled);
    expect(await handled).toBe('handled');
  });

  it('routes by topic where the server has no identifiers', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected(
      {},
      { properties: { subscriptionIdentifiersAvailable: false } },
    );
    const { stream, ids } = await opened(client, peer, ['a/#', '$share/g/b/+']);
    expect(ids.every((id) => id === 0)).toBe(true);
    peer.send(publish({ topic: 'a/b/c' }), publish({ topic: 'b/1' }), publish({ topic: 'b/1/2' }));
    expect(topics(await take(stream, 2))).toEqual(['a/b/c', 'b/1']);
    expect(topics(await take(client.messages(), 1))).toEqual(['b/1/2']);
  });
});

it('45: a slow stream keeps nothing from a quick one, and each gets every message', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const slow = await opened(client, peer, 't/#');
  const quick = await opened(client, peer, 't/+');
  const ids = [...slow.ids, ...quick.ids];
  for (let n = 0; n < 5; n++) peer.send(copy(`t/${n}`, ids, { packetId: n + 1 }));
  expect(await take(quick.stream, 5)).toHaveLength(5);
  expect([slow.stream.buffered, quick.stream.buffered]).toEqual([5, 0]);
});

it('46: a stream whose handler is slow keeps the connection alive', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected({ keepAlive: 10 });
  const { stream, ids } = await opened(client, peer, 't');
  peer.send(copy('t', ids, { packetId: 1 }));
  const [message] = await take(stream, 1);
  for (let n = 0; n < 16; n++) {
    await clock.advance(2_500);
    for (const { type } of await peer.received()) {
      expect(type).toBe('pingreq');
      peer.send({ type: 'pingresp' });
    }
  }
  expect(await message!.ack()).toBe('sent');
});

it.each([
  ['an acknowledgement and a refusal: the refusal', [0, 0x97], 0x97],
  ['two refusals: the higher code', [0x99, 0x83], 0x99],
] as const)('of %s counts', async (_, codes, reasonCode) => {
  const { client, peer } = await new ScriptedPeer().connected();
  const one = await opened(client, peer, 't/#');
  const two = await opened(client, peer, 't/+');
  peer.send(copy('t/1', [...one.ids, ...two.ids], { packetId: 1, qos: 2 }));
  const messages = [...(await take(one.stream, 1)), ...(await take(two.stream, 1))];
  for (const [index, code] of codes.entries()) {
    const options = { reasonString: `said with ${code}` };
    void (code === 0 ? messages[index]!.ack() : messages[index]!.reject(code, options));
  }
  await peer.expect('pubrec', { reasonCode, properties: { reasonString: `said with ${reasonCode}` } });
});

it('an illegal refusal of a shared message rejects, and the message can still be settled', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const one = await opened(client, peer, 't/#');
  const two = await opened(client, peer, 't/+');
  peer.send(copy('t/1', [...one.ids, ...two.ids], { packetId: 1 }));
  const [[first], [second]] = [await take(one.stream, 1), await take(two.stream, 1)];
  await expect(first!.reject(0x42 as 0x80)).rejects.toMatchObject({ kind: 'invalid-packet' });
  void first!.ack();
  expect(await second!.ack()).toBe('sent');
});

it('a shared message is stale for all when the connection goes, also for those who wait', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const one = await opened(client, peer, 't/#');
  const two = await opened(client, peer, 't/+');
  peer.send(copy('t/1', [...one.ids, ...two.ids], { packetId: 1 }));
  const [[first], [second]] = [await take(one.stream, 1), await take(two.stream, 1)];
  const waiting = first!.ack();
  peer.cut();
  await client.disconnected();
  expect([await waiting, await second!.ack(), first!.ackState]).toEqual(['stale', 'stale', 'stale']);
});

it('a stream that ends gives its share of an unread message up; the last one keeps it for messages()', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const one = await opened(client, peer, 't/#');
  const two = await opened(client, peer, 't/+');
  const ids = [...one.ids, ...two.ids];
  peer.send(copy('t/1', ids, { packetId: 1 }), copy('t/2', ids, { packetId: 2 }));
  const [message] = await take(two.stream, 1);
  void message!.ack();
  await peer.expectNothing();
  const closing = one.stream.return();
  await peer.expect('puback', { packetId: 1 });
  await unsubscribed(peer, closing);
  await unsubscribed(peer, two.stream.return());
  expect(topics(await take(client.messages(), 1))).toEqual(['t/2']);
});

it('one copy for each subscription: what a stream leaves unread goes to a stream that began later, to none that had its own', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const leaving = await opened(client, peer, 'a/#');
  const staying = await opened(client, peer, 'a/+');
  peer.send(copy('a/1', leaving.ids, { packetId: 1 }), copy('a/1', staying.ids, { packetId: 2 }));
  peer.send(copy('a/1/2', leaving.ids, { packetId: 3 }));
  await peer.expectNothing();
  const late = await opened(client, peer, 'a/1/+');
  expect([staying.stream.buffered, late.stream.buffered]).toEqual([1, 0]);
  const closing = leaving.stream.return();
  await peer.expect('puback', { packetId: 1 });
  await unsubscribed(peer, closing);
  expect([staying.stream.buffered, late.stream.buffered, client.stats().bufferedIn]).toEqual([1, 1, 2]);
});

it('streams and subscribe() share one subscription: the last who holds the filter unsubscribes', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const first = await opened(client, peer, { filter: 't', maximumQoS: 1 });
  const second = await opened(client, peer, { filter: 't', maximumQoS: 0 });
  expect(second.ids).toEqual(first.ids);
  expect(second.asked[0]!.subscriptions[0]!.maximumQoS).toBe(1);
  const subscribing = client.subscribe('t');
  const { packetId, properties } = await peer.expect('subscribe');
  expect([properties!.subscriptionIdentifier]).toEqual(first.ids);
  peer.send({ type: 'suback', packetId, reasonCodes: [2] });
  await subscribing;
  await first.stream.return();
  await second.stream.return();
  await peer.expectNothing();
  await unsubscribed(peer, client.unsubscribe('t'));

  const third = await opened(client, peer, 't');
  expect(await client.unsubscribe('t')).toEqual([{ filter: 't', reasonCode: 0x11, qos: undefined }]);
  await peer.expectNothing();
  await unsubscribed(peer, third.stream.return());
});

it('a stream opened while the filter is being unsubscribed unsubscribes it again in the end', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const first = await opened(client, peer, 't');
  const closing = first.stream.return();
  const opening = client.stream('t');
  const { packetId } = await peer.expect('unsubscribe');
  peer.send({ type: 'unsuback', packetId, reasonCodes: [0] });
  await closing;
  peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [2] });
  expect(await unsubscribed(peer, (await opening).return())).toEqual(['t']);
});

it('refuses a filter that is held with other options', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  await opened(client, peer, 't');
  const asking = [
    client.stream({ filter: 't', noLocal: true }),
    client.subscribe({ filter: 't', retainAsPublished: true }),
  ];
  for (const each of asking) await expect(each).rejects.toMatchObject({ kind: 'invalid-packet' });
  await peer.expectNothing();
});

it('messages with the identifier of subscribe() go to messages(), those with one of an earlier process by their topic', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const subscribing = client.subscribe('a/+', { id: 7 });
  peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [2] });
  await subscribing;
  const { stream, ids } = await opened(client, peer, 'a/#');
  peer.send(copy('a/1', [7]), copy('a/2', [...ids, 7]), copy('a/3', [99]));
  expect(topics(await take(stream, 2))).toEqual(['a/2', 'a/3']);
  expect(topics(await take(client.messages(), 1))).toEqual(['a/1']);
});

it('a retained message comes once although two filters of the stream match, also if only one asked for it', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const { stream, asked } = await opened(client, peer, [
    { filter: 'a/#', maximumQoS: 2, retainHandling: 'never' },
    { filter: 'a/b', maximumQoS: 1 },
  ]);
  const id = asked.find(({ subscriptions }) => subscriptions[0]!.filter === 'a/b')!.properties!;
  peer.send(copy('a/b', [id.subscriptionIdentifier!], { retain: true }));
  expect(await take(stream, 1)).toHaveLength(1);
});

it('a refused filter rejects, and what was granted is unsubscribed again; with partial it stays', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const opening = client.stream(['a', 'b']).catch((error: unknown) => error);
  peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [1, 0x87] });
  expect(await unsubscribed(peer, opening)).toEqual(['a']);
  expect(await opening).toMatchObject({ kind: 'negative-ack', packet: 'suback' });
  expect(client.stats().bufferedIn).toBe(0);

  const partly = client.stream(['a', 'b'], { partial: 'return' });
  peer.send({ type: 'suback', packetId: (await peer.expect('subscribe')).packetId, reasonCodes: [1, 0x87] });
  const stream = await partly;
  expect(stream.granted.map(({ reasonCode }) => reasonCode)).toEqual([1, 0x87]);
  peer.send(publish({ topic: 'b' }), publish({ topic: 'a' }));
  expect(topics(await take(stream, 1))).toEqual(['a']);
  expect(topics(await take(client.messages(), 1))).toEqual(['b']);
  expect(await unsubscribed(peer, stream.return())).toEqual(['a']);
});

it('a stream whose signal aborts before SUBACK unsubscribes behind its SUBSCRIBE, and leaves nothing', async () => {
  const script = new ScriptedPeer();
  const options = { reconnect: true, random: () => 0, receiveMaximum: 1 };
  const { client, peer, clock } = await script.connected(options);
  const abort = new AbortController();
  const opening = client.stream(['a', 'b'], { signal: abort.signal });
  const { packetId } = await peer.expect('subscribe');
  abort.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough'); // UNSUBACK is not waited for
  const unsubscribe = await peer.expect('unsubscribe', { filters: ['a', 'b'] });
  peer.send({ type: 'suback', packetId, reasonCodes: [2, 2] });
  peer.send({ type: 'unsuback', packetId: unsubscribe.packetId, reasonCodes: [0, 0] });
  await peer.expectNothing();
  peer.cut();
  await clock.advance(250);
  const next = await script.accept();
  await next.expect('connect');
  next.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
  await next.expectNothing();
  await client.close();
});

it('so does a stream that is given up between two connections, or in the moment of SUBACK', async () => {
  const script = new ScriptedPeer();
  const [abort, late] = [new AbortController(), new AbortController()];
  const { client, peer, clock } = await script.connected({
    reconnect: true,
    random: () => 0,
    hooks: { packetReceived: ({ type }) => type === 'suback' && late.abort(new Error('late')) },
  });
  const opening = client.stream('a', { signal: abort.signal });
  await peer.expect('subscribe');
  peer.cut();
  await clock.settle();
  abort.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  await clock.advance(250);
  const next = await script.accept();
  await next.expect('connect');
  next.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
  expect(await next.received()).toMatchObject([
    { type: 'subscribe' },
    { type: 'unsubscribe', filters: ['a'] },
  ]);

  const another = client.stream('b', { signal: late.signal });
  next.send({ type: 'suback', packetId: (await next.expect('subscribe')).packetId, reasonCodes: [2] });
  await expect(another).rejects.toThrow('late');
  await next.expect('unsubscribe', { filters: ['b'] });
  await client.close();
});

it('a stream that is given up or ends leaves a filter that subscribe() is asking for', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const abort = new AbortController();
  const opening = client.stream(['mine', 'ours'], { signal: abort.signal });
  const { packetId } = await peer.expect('subscribe');
  const subscribing = client.subscribe('ours');
  const ours = await peer.expect('subscribe');
  abort.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  await peer.expect('unsubscribe', { filters: ['mine'] });
  peer.send({ type: 'suback', packetId, reasonCodes: [2, 2] });
  peer.send({ type: 'suback', packetId: ours.packetId, reasonCodes: [2] });
  expect(await subscribing).toMatchObject([{ filter: 'ours', reasonCode: 2 }]);

  const { stream } = await opened(client, peer, 'other');
  const asking = client.subscribe('other');
  const other = await peer.expect('subscribe');
  await stream.return();
  await peer.expectNothing();
  peer.send({ type: 'suback', packetId: other.packetId, reasonCodes: [2] });
  await asking;
});

it('a mistake in the filters or options rejects, and sends nothing', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  for (const filters of ['a/#/b', [], { filter: '' }]) {
    await expect(client.stream(filters)).rejects.toMatchObject({ kind: 'invalid-packet' });
  }
  await expect(client.stream('a', { queue: -1 })).rejects.toMatchObject({ kind: 'invalid-packet' });
  await expect(client.stream('a', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
    'before',
  );
  await peer.expectNothing();
});

it.each([
  ['drop-oldest', ['t/kept', 't/2']],
  ['drop-newest', ['t/kept', 't/1']],
] as const)('its own queue bounds QoS 0 with %s, never QoS 1', async (policy, left) => {
  const { client, peer } = await new ScriptedPeer().connected({ qos0Overflow: { limit: 100, policy } });
  const { stream, ids } = await opened(client, peer, 't/#', { queue: 1 });
  peer.send(copy('t/kept', ids, { packetId: 1 }), copy('t/1', ids), copy('t/2', ids));
  await peer.expectNothing();
  expect(client.stats()).toMatchObject({ bufferedIn: 2, dropped: 1 });
  expect(topics(await take(stream, 2))).toEqual(left);
  peer.send(copy('t/3', ids));
  await peer.expectNothing();
  expect(client.stats()).toMatchObject({ bufferedIn: 1, dropped: 1 });
});

it('a lost connection ends a stream with ConnectionLostError, QoS 0 messages first; close() just ends it', async () => {
  const lost = await new ScriptedPeer().connected();
  const first = await opened(lost.client, lost.peer, 't/#');
  lost.peer.send(copy('t/0', first.ids), copy('t/1', first.ids, { packetId: 1 }));
  await lost.peer.expectNothing();
  lost.peer.cut();
  await lost.client.disconnected();
  expect(topics(await take(first.stream, 1))).toEqual(['t/0']);
  await expect(first.stream.next()).rejects.toBeInstanceOf(ConnectionLostError);
  await first.stream.return();

  const closed = await new ScriptedPeer().connected();
  const second = await opened(closed.client, closed.peer, 't/#');
  const waiting = second.stream.next();
  await closed.client.close();
  expect(await waiting).toEqual({ done: true, value: undefined });
  await second.stream[Symbol.asyncDispose]();
});

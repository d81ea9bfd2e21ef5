// What a session does over lost connections, beside what the scripts of the scenarios show.
import { expect, it } from 'vitest';
import type { ConnectOptions } from '../../../src/client/index.js';
import type { ConnackProperties, SubscribePacket } from '../../../src/packets/packet.js';
import {
  type Cut,
  everyCut,
  type PeerConnection,
  publish,
  ScriptedPeer,
  textOf,
} from '../../support/scripted-peer.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;

/** A client that comes back, and the way to let it in again after a cut. */
async function comingBack(cut: Cut, options: ConnectOptions = {}, properties: ConnackProperties = {}) {
  const script = new ScriptedPeer(cut);
  const first = await script.connected({ reconnect: true, random: () => 0, ...options }, { properties });
  const drop = async (peer: PeerConnection) => {
    peer.cut();
    await peer.received();
  };
  const back = async (sessionPresent: boolean, connack: ConnackProperties = {}, after = 250) => {
    await script.clock.advance(after);
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ type: 'connack', sessionPresent, reasonCode: 0, properties: connack });
    return peer;
  };
  return { ...first, script, drop, back };
}

everyCut((cut) => {
  it('7: publishes anew what had been sent before what waits, except a QoS 2 message that the server had', async () => {
    const { client, peer, drop, back } = await comingBack(
      cut,
      { onSessionLost: 'republish' },
      { receiveMaximum: 3 },
    );
    const publishing = ['a', 'b', 'c', 'd'].map((text) =>
      client.publish('t', text, text === 'a' ? qos2 : qos1),
    );
    const outcomes = Promise.allSettled(publishing);
    const [a] = await peer.received();
    peer.ack('pubrec', (a as { packetId: number }).packetId);
    await peer.expect('pubrel');
    await drop(peer);
    const next = await back(false);
    for (const text of ['b', 'c', 'd']) {
      const packet = await next.expect('publish', { duplicate: false });
      expect(textOf(packet)).toBe(text);
      next.ack('puback', packet.packetId!);
    }
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { kind: 'session-lost', maybeDelivered: true } },
      { value: { resent: true } },
      { value: { resent: true } },
      { value: { resent: false } },
    ]);
    await client.close();
  });

  it('7: does not publish anew what its caller gave up', async () => {
    const { client, peer, drop, back } = await comingBack(cut, { onSessionLost: 'republish' });
    const abort = new AbortController();
    const aborted = expect(client.publish('t', '', { ...qos1, signal: abort.signal })).rejects.toThrow(
      'enough',
    );
    await peer.expect('publish');
    await drop(peer);
    abort.abort(new Error('enough'));
    await aborted;
    const next = await back(false);
    await next.expectNothing();
    expect(client.stats()).toMatchObject({ inFlightOut: 0 });
    await client.close();
  });

  it('22: who waited for a slot when the connection went gets one on the next, after the resends', async () => {
    const { client, peer, drop, back } = await comingBack(cut, {}, { receiveMaximum: 1 });
    const publishing = ['first', 'second', 'third'].map((text) => client.publish('t', text, qos1));
    await peer.expect('publish');
    await drop(peer);
    const next = await back(true, { receiveMaximum: 1 });
    for (const text of ['first', 'second', 'third']) {
      const packet = await next.expect('publish', { duplicate: text === 'first' });
      expect(textOf(packet)).toBe(text);
      await next.expectNothing();
      next.ack('puback', packet.packetId!);
    }
    expect(await Promise.all(publishing)).toMatchObject([
      { resent: true },
      { resent: false },
      { resent: false },
    ]);
    await client.close();
  });

  it('26: an acknowledgement that comes before the resend ends it, and takes no slot that it had not', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const publishing = ['one', 'two', 'three'].map((text) => client.publish('t', text, qos1));
    const ids = (await peer.received()).map((packet) => (packet as { packetId: number }).packetId);
    await drop(peer);
    const next = await back(true, { receiveMaximum: 1 });
    await next.expect('publish', { packetId: ids[0]! });
    next.ack('puback', ids[1]!);
    await publishing[1];
    await next.expectNothing();
    next.ack('puback', ids[0]!);
    await next.expect('publish', { packetId: ids[2]! });
    next.ack('puback', ids[2]!);
    await Promise.all(publishing);
    await next.expectNothing();
    await client.close();
  });

  it('26: PUBRELs count against the window, and go out although it is full', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const publishing = ['a', 'b', 'c'].map((text) => client.publish('t', text, qos2));
    await peer.received();
    peer.ack('pubrec', 2);
    peer.ack('pubrec', 1);
    await peer.received();
    await drop(peer);
    const next = await back(true, { receiveMaximum: 1 });
    await next.expect('pubrel', { packetId: 2 });
    await next.expect('pubrel', { packetId: 1 });
    await next.expectNothing();
    next.ack('pubcomp', 2, 0x92);
    await next.expectNothing();
    next.ack('pubcomp', 1);
    await next.expect('publish', { packetId: 3, duplicate: true });
    next.ack('pubrec', 3);
    await next.expect('pubrel', { packetId: 3 });
    next.ack('pubcomp', 3);
    await Promise.all(publishing);
    await client.close();
  });

  it('23, 28: what the next server does not take is refused, sent or not', async () => {
    const { client, peer, drop, back } = await comingBack(cut, {
      offline: { maxMessages: 10, overflow: 'reject' },
    });
    const sent = client.publish('t', 'x'.repeat(50), qos1);
    await peer.expect('publish');
    await drop(peer);
    const waiting = client.publish('t', '', qos2);
    const fine = client.publish('t', '', qos1);
    const refused = Promise.allSettled([sent, waiting]);
    const next = await back(true, { maximumPacketSize: 40, maximumQoS: 1 });
    expect(await refused).toMatchObject([
      { status: 'rejected', reason: { kind: 'limit', limit: 'packet-size' } },
      { status: 'rejected', reason: { kind: 'limit', limit: 'qos' } },
    ]);
    const { packetId } = await next.expect('publish', { qos: 1 });
    next.ack('puback', packetId!);
    await fine;
    await next.expectNothing();
    await client.close();
  });

  it('36: a QoS 1 message of before is stale, and is not read any more where nobody had read it', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const messages = client.messages();
    peer.send(publish({ packetId: 5, topic: 'taken' }), publish({ packetId: 6, topic: 'unread' }));
    const { value: old } = await messages.next();
    await drop(peer);
    expect(old).toMatchObject({ ackState: 'stale' });
    expect(await old!.ack()).toBe('stale');
    const next = await back(true);
    next.send(
      publish({ packetId: 5, topic: 'taken', duplicate: true }),
      publish({ packetId: 6, topic: 'unread', duplicate: true }),
    );
    for (const topic of ['taken', 'unread']) {
      const { value } = await messages.next();
      expect(value).toMatchObject({ topic, duplicate: true, connectionId: 2 });
      expect(await value!.ack()).toBe('sent');
    }
    await next.expect('puback', { packetId: 5 });
    await next.expect('puback', { packetId: 6 });
    await next.expectNothing();
    await client.close();
  });

  it('37: a QoS 2 message acknowledged while there is no connection gets its PUBREC when it comes again, once', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    peer.publish({ packetId: 5, qos: 2 });
    const { value } = await client.messages().next();
    await drop(peer);
    const acking = value!.ack();
    expect(value!.ackState).toBe('queued');
    const next = await back(true);
    await next.expectNothing();
    expect(client.stats()).toMatchObject({ unackedIn: 0 });
    next.publish({ packetId: 5, qos: 2, duplicate: true });
    await next.expect('pubrec', { packetId: 5, reasonCode: 0 });
    expect(await acking).toBe('sent');
    next.ack('pubrel', 5);
    await next.expect('pubcomp', { packetId: 5, reasonCode: 0 });
    expect(client.stats()).toMatchObject({ bufferedIn: 0, ignored: 1 });
    await client.close();
  });

  it('37: with the session gone it is stale, and the same identifier is another message', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const messages = client.messages();
    peer.send(publish({ packetId: 5, qos: 2 }), publish({ packetId: 6, qos: 2 }));
    const { value: first } = await messages.next();
    const { value: second } = await messages.next();
    await drop(peer);
    const acking = first!.ack();
    const next = await back(false);
    expect(await acking).toBe('stale');
    expect(await second!.ack()).toBe('stale');
    next.publish({ packetId: 5, qos: 2, topic: 'another' });
    const { value } = await messages.next();
    expect(value).toMatchObject({ topic: 'another' });
    await value!.ack();
    await next.expect('pubrec', { packetId: 5 });
    expect(client.stats()).toMatchObject({ unackedIn: 0 });
    await client.close();
  });

  it('37: an identifier that the server uses for another message stands for that one', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const messages = client.messages();
    peer.publish({ packetId: 5, qos: 2 });
    const { value: old } = await messages.next();
    await drop(peer);
    const next = await back(true);
    next.publish({ packetId: 5, qos: 1, topic: 'another' }); // it gave up the other one, which had expired
    const { value } = await messages.next();
    expect(value).toMatchObject({ topic: 'another' });
    expect(client.stats()).toMatchObject({ unackedIn: 1 });
    expect(await old!.ack()).toBe('stale');
    expect(await value!.ack()).toBe('sent');
    await next.expect('puback', { packetId: 5 });
    await next.expectNothing();
    await client.close();
  });

  it('39: the receive maximum counts what the server sends on this connection, not what it sent before', async () => {
    const { client, peer, drop, back } = await comingBack(cut, { receiveMaximum: 2 });
    peer.send(publish({ packetId: 1, qos: 2 }), publish({ packetId: 2, qos: 2 }));
    await peer.received();
    await drop(peer);
    const next = await back(true);
    next.send(publish({ packetId: 3 }), publish({ packetId: 1, qos: 2, duplicate: true }));
    await next.expectNothing();
    expect(client.stats()).toMatchObject({ unackedIn: 3 });
    next.publish({ packetId: 2, qos: 2, duplicate: true });
    await next.expect('disconnect', { reasonCode: 0x93 });
    await client.close();
  });

  it('50: subscribes again once, as it was asked for, in packets that the server takes, before anything else', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const subscribe = async (filters: Parameters<typeof client.subscribe>[0], options = {}) => {
      const subscribing = client.subscribe(filters, options);
      const packet = await peer.expect('subscribe');
      peer.send({
        type: 'suback',
        packetId: packet.packetId,
        reasonCodes: packet.subscriptions.map(() => 1),
      });
      await subscribing;
    };
    const long = Array.from({ length: 4 }, (_, n) => `${'x'.repeat(20)}/${n}`);
    await subscribe([{ filter: 'a', maximumQoS: 1, noLocal: true }, 'b'], { id: 3 });
    await subscribe({ filter: 'c', retainAsPublished: true }, { userProperties: [['k', 'v']] });
    await subscribe(long);
    const unsubscribing = client.unsubscribe('b');
    const { packetId } = await peer.expect('unsubscribe');
    peer.send({ type: 'unsuback', packetId, reasonCodes: [0] });
    await unsubscribing;
    const publishing = client.publish('t', '', qos1);
    await peer.expect('publish');
    await drop(peer);
    const gone = client.unsubscribe(long[3]!);
    const next = await back(false, { maximumPacketSize: 64 });
    await expect(publishing).rejects.toMatchObject({ kind: 'session-lost' });
    const packets = (await next.received()) as SubscribePacket[];
    expect(packets.map(({ type }) => type)).toEqual([
      'subscribe',
      'subscribe',
      'subscribe',
      'subscribe',
      'unsubscribe',
    ]);
    const options = { maximumQoS: 2, noLocal: false, retainAsPublished: false, retainHandling: 'never' };
    expect(packets.slice(0, 4)).toMatchObject([
      {
        subscriptions: [{ ...options, filter: 'a', maximumQoS: 1, noLocal: true }],
        properties: { subscriptionIdentifier: 3 },
      },
      {
        subscriptions: [{ ...options, filter: 'c', retainAsPublished: true }],
        properties: { userProperties: [['k', 'v']] },
      },
      { subscriptions: [{ ...options, filter: long[0] }, { filter: long[1] }] },
      { subscriptions: [{ filter: long[2] }] },
    ]);
    for (const packet of packets.slice(0, 4)) {
      next.send({
        type: 'suback',
        packetId: packet.packetId,
        reasonCodes: packet.subscriptions.map(() => 1),
      });
    }
    next.send({ type: 'unsuback', packetId: packets[4]!.packetId, reasonCodes: [0x11] });
    await gone;
    await drop(next);
    const again = await back(true);
    await again.expectNothing();
    await client.close();
  });

  it('50: what was not granted before the next drop is asked for again, although that server has the session', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const subscribing = client.subscribe(['a', 'b']);
    const { packetId } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [1, 0x87] });
    await expect(subscribing).rejects.toMatchObject({ kind: 'negative-ack' });
    await drop(peer);
    const second = await back(false);
    await second.expect('subscribe');
    await drop(second);
    const third = await back(true);
    const packet = await third.expect('subscribe');
    expect(packet.subscriptions.map(({ filter }) => filter)).toEqual(['a']);
    third.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0x87] });
    await third.received();
    await drop(third);
    const fourth = await back(false);
    await fourth.expectNothing();
    await client.close();
  });

  it.each([
    ['never', false, 0],
    ['always', true, 1],
    ['when-session-lost', true, 0],
  ] as const)('50: resubscribe: %s', async (resubscribe, sessionPresent, packets) => {
    const { client, peer, drop, back } = await comingBack(cut, { resubscribe, replayRetained: true });
    const subscribing = client.subscribe('a');
    const { packetId } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [1] });
    await subscribing;
    await drop(peer);
    const next = await back(sessionPresent);
    const received = (await next.received()) as SubscribePacket[];
    expect(received).toHaveLength(packets);
    for (const packet of received) expect(packet.subscriptions).toMatchObject([{ retainHandling: 'send' }]);
    await client.close();
  });

  it('50: a SUBSCRIBE under way at a drop is sent once more, and rejects at the second', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const once = client.subscribe('once');
    await peer.expect('subscribe');
    await drop(peer);
    const second = await back(true);
    const { packetId } = await second.expect('subscribe', {
      subscriptions: [expect.objectContaining({ filter: 'once' })],
    });
    second.send({ type: 'suback', packetId, reasonCodes: [1] });
    expect(await once).toMatchObject([{ filter: 'once', qos: 1 }]);

    const twice = client.subscribe('twice');
    const lost = expect(twice).rejects.toMatchObject({ kind: 'connection-lost', maybeDelivered: true });
    await second.expect('subscribe');
    await drop(second);
    const third = await back(true);
    await third.expect('subscribe');
    await drop(third);
    await lost;
    const fourth = await back(true);
    await fourth.expectNothing();
    await client.close();
  });

  it('50: unsubscribed while under way or offline, a filter is not subscribed again', async () => {
    const { client, peer, drop, back } = await comingBack(cut);
    const subscribing = client.subscribe(['a', 'b']);
    const { packetId } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [1, 1] });
    await subscribing;
    const a = client.unsubscribe('a');
    await peer.expect('unsubscribe');
    await drop(peer);
    const b = client.unsubscribe('b');
    const next = await back(false);
    for (const filter of ['a', 'b']) {
      const packet = await next.expect('unsubscribe', { filters: [filter] });
      next.send({ type: 'unsuback', packetId: packet.packetId, reasonCodes: [0x11] });
    }
    expect(await Promise.all([a, b])).toMatchObject([[{ reasonCode: 0x11 }], [{ reasonCode: 0x11 }]]);
    await client.close();
  });
});

it('25: what expired while it waited is never sent, and what is left is said', async () => {
  const { client, peer, drop, back } = await comingBack('in one segment', {
    offline: { maxMessages: 10, overflow: 'reject', qos0: true },
    reconnect: { minDelay: 60_000 },
  });
  await drop(peer);
  const expired = client.publish('expired', '', { ...qos1, messageExpiryInterval: 60 });
  const rejected = expect(expired).rejects.toMatchObject({ kind: 'expired' });
  const fine = client.publish('fine', '', { messageExpiryInterval: 100 });
  const next = await back(true, {}, 60_000);
  await rejected;
  await fine;
  await next.expect('publish', { topic: 'fine', qos: 0, properties: { messageExpiryInterval: 40 } });
  await next.expectNothing();
  await client.close();
});

it('25: what was sent keeps its expiry, also where it is published anew', async () => {
  const { client, peer, drop, back } = await comingBack('in one segment', {
    onSessionLost: 'republish',
    reconnect: { minDelay: 60_000 },
  });
  const publishing = client.publish('t', '', { ...qos1, messageExpiryInterval: 50 });
  await peer.expect('publish');
  await drop(peer);
  const next = await back(false, {}, 60_000);
  const { packetId } = await next.expect('publish', { properties: { messageExpiryInterval: 50 } });
  next.ack('puback', packetId!);
  expect(await publishing).toMatchObject({ resent: true });
  await client.close();
});

it('rejects publishes and subscriptions while there is no connection, unless it may keep them', async () => {
  const { client, peer, drop } = await comingBack('in one segment');
  await drop(peer);
  const lost = { kind: 'connection-lost', maybeDelivered: false };
  await expect(client.publish('t', '', qos1)).rejects.toMatchObject(lost);
  await expect(client.publish('t')).rejects.toMatchObject(lost);
  await expect(client.subscribe('t')).rejects.toMatchObject(lost);
  await client.close();
  await expect(client.publish('t', '', qos1)).rejects.toMatchObject({ kind: 'closed' });
});

it('keeps as many publishes as it may while there is no connection', async () => {
  const kept = (overflow: 'reject' | 'drop-oldest', maxBytes?: number) =>
    comingBack('in one segment', {
      offline: { maxMessages: 2, overflow, ...(maxBytes !== undefined && { maxBytes }) },
    });
  const full = { kind: 'limit', limit: 'queue' };
  {
    const { client, peer, drop, back } = await kept('reject');
    await drop(peer);
    await expect(client.publish('t')).rejects.toMatchObject({ kind: 'connection-lost' }); // QoS 0 does not wait
    const taken = [client.publish('a', '', qos1), client.publish('b', '', qos2)];
    await expect(client.publish('c', '', qos1)).rejects.toMatchObject(full);
    const next = await back(true);
    await next.expect('publish', { topic: 'a' });
    await next.expect('publish', { topic: 'b' });
    const outcomes = Promise.allSettled(taken);
    await client.close();
    await outcomes;
  }
  {
    const { client, peer, drop, back } = await kept('drop-oldest', 8);
    await drop(peer);
    const first = expect(client.publish('a', 'xxx', qos1)).rejects.toMatchObject(full);
    const second = client.publish('b', 'xxx', qos1);
    const third = client.publish('c', 'xxx', qos1);
    await first;
    await expect(client.publish('d', 'x'.repeat(9), qos1)).rejects.toMatchObject(full);
    const next = await back(true);
    await next.expect('publish', { topic: 'b' });
    await next.expect('publish', { topic: 'c' });
    const outcomes = Promise.allSettled([second, third]);
    await client.close();
    await outcomes;
  }
});

it('QoS 0 that waited for the socket does not wait for another connection', async () => {
  const { client, peer, drop, back } = await comingBack('in one segment');
  peer.stopReading();
  const large = client.publish('t', new Uint8Array(80_000));
  await large;
  await peer.received();
  const waiting = client.publish('t', 'late');
  const lost = expect(waiting).rejects.toMatchObject({ kind: 'connection-lost', maybeDelivered: false });
  await drop(peer);
  await lost;
  const next = await back(true);
  await next.expectNothing();
  await client.close();
});

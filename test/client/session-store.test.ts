// Every call of a session store is awaited before the packet that it describes is written.
import { describe, expect, it } from 'vitest';
import { settleMessage } from '../../src/client/dispatch.js';
import { type ConnectOptions, connect, StoreError, withClient } from '../../src/client/index.js';
import { HeldStore } from '../support/held-store.js';
import { type PeerConnection, publish, ScriptedPeer } from '../support/scripted-peer.js';
import { outbound } from '../support/stores/samples.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;
const full = new Error('the disk is full');

async function stored(options: ConnectOptions = {}, sessionPresent = true) {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  const first = await script.connected(
    { sessionStore: store, reconnect: true, random: () => 0, ...options },
    { sessionPresent },
  );
  await first.peer.expectNothing();
  store.settleAll();
  const back = async (present: boolean) => {
    await script.clock.advance(250);
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ type: 'connack', sessionPresent: present, reasonCode: 0 });
    return peer;
  };
  return { ...first, script, store, back };
}

async function gone(peer: PeerConnection): Promise<void> {
  peer.cut();
  await peer.received();
}

/** A first connection on which the server has no session, up to the moment in which the store is to know. */
async function beginning(store: HeldStore, options: ConnectOptions = {}) {
  const script = new ScriptedPeer();
  const connecting = connect(script.endpoint, {
    clientId: 'c',
    ...script.deterministic,
    sessionStore: store,
    ...options,
  });
  const peer = await script.accept();
  await peer.expect('connect');
  peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
  await peer.expectNothing();
  return { connecting, peer, script };
}

it('is connected once the store has forgotten what the server has; then says whose it is from now on', async () => {
  const store = new HeldStore();
  const { connecting, peer } = await beginning(store);
  let isConnected = false;
  void connecting.then(() => {
    isConnected = true;
  });
  await peer.expectNothing();
  expect([isConnected, store.asked]).toEqual([false, ['replace by nothing']]);
  store.settle();
  const client = await connecting;
  expect(store.settleAll()).toEqual(['client c']);
  await client.close();
  expect(store.closed).toBe(1);
  await client.close();
  expect(store.closed).toBe(1);
});

it('sends a PUBLISH once it is stored, in order, and resolves once the store has forgotten it', async () => {
  const { client, peer, store } = await stored();
  const first = client.publish('a', '', qos1);
  const second = client.publish('b', 'payload', qos2);
  await client.publish('zero');
  await peer.expect('publish', { topic: 'zero' }); // QoS 0 needs no store
  await peer.expectNothing();
  expect(store.asked).toEqual(['put publish 1', 'put publish 2']);
  expect(client.stats()).toMatchObject({ inFlightOut: 2 });
  store.settle();
  await peer.expect('publish', { topic: 'a', packetId: 1, duplicate: false });
  await peer.expectNothing();
  store.settle();
  await peer.expect('publish', { topic: 'b', packetId: 2 });

  peer.ack('puback', 1);
  peer.ack('pubrec', 2);
  await peer.expectNothing();
  expect(store.asked).toEqual(['delete 1', 'put pubrel 2']);
  expect(store.outbound.at(-1)).toMatchObject({ phase: 'pubrel', payload: new Uint8Array(0), topic: 'b' });
  let resolved = false;
  void first.then(() => {
    resolved = true;
  });
  await peer.expectNothing();
  expect(resolved).toBe(false);
  store.settle();
  expect(await first).toMatchObject({ packetId: 1 });
  await peer.expectNothing();
  store.settle();
  await peer.expect('pubrel', { packetId: 2 });
  peer.ack('pubcomp', 2);
  await peer.expectNothing();
  expect(store.settleAll()).toEqual(['delete 2']);
  expect(await second).toMatchObject({ packetId: 2 });
  await client.close();
});

it('writes no PUBREC and no PUBCOMP before the store knows of it', async () => {
  const { client, peer, store } = await stored();
  peer.send(publish({ packetId: 5, qos: 2 }), publish({ packetId: 6, qos: 2 }), publish({ packetId: 7 }));
  const messages = client.messages();
  const [five, six, seven] = [await messages.next(), await messages.next(), await messages.next()];
  expect(await seven.value!.ack()).toBe('sent');
  await peer.expect('puback', { packetId: 7 });
  void six.value!.ack();
  const acking = five.value!.ack();
  await peer.expectNothing();
  expect(store.asked).toEqual(['add 6', 'add 5']);
  store.settle();
  await peer.expectNothing(); // 6 has to wait for 5
  store.settle();
  await peer.expect('pubrec', { packetId: 5 });
  await peer.expect('pubrec', { packetId: 6 });
  expect(await acking).toBe('sent');
  peer.ack('pubrel', 5);
  await peer.expectNothing();
  expect(store.settleAll()).toEqual(['forget 5']);
  await peer.expect('pubcomp', { packetId: 5 });
  await client.close();
});

it('goes on after a restart: publishes, releases, received identifiers, subscriptions, identifiers behind the last', async () => {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  const outbound = {
    topic: 't',
    payload: new Uint8Array([1]),
    qos: 2,
    retain: false,
    properties: {},
  } as const;
  const request = {
    filter: 'f',
    maximumQoS: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 'send',
  } as const;
  store.stored = {
    outbound: [
      { ...outbound, packetId: 9, seq: 8, phase: 'publish', properties: { contentType: 'x' } },
      { ...outbound, packetId: 7, seq: 5, phase: 'pubrel', payload: new Uint8Array(0) },
      { ...outbound, packetId: 8, seq: 2, phase: 'publish', qos: 1 },
    ],
    inboundQos2: [3],
    subscriptions: [{ request, identifier: 4, userProperties: undefined }],
    lastPacketId: 100,
  };
  const { client, peer } = await script.connected(
    { sessionStore: store, reconnect: true, random: () => 0 },
    { sessionPresent: true },
  );
  const { packetId } = await peer.expect('subscribe', { packetId: 101 });
  peer.send({ type: 'suback', packetId, reasonCodes: [1] });
  await peer.expect('pubrel', { packetId: 7 });
  await peer.expect('publish', { packetId: 8, duplicate: true, payload: new Uint8Array([1]) });
  await peer.expect('publish', { packetId: 9, duplicate: true, properties: { contentType: 'x' } });
  expect(client.stats()).toMatchObject({ inFlightOut: 3 });
  peer.publish({ packetId: 3, qos: 2, duplicate: true });
  await peer.expect('pubrec', { packetId: 3 });
  expect(client.stats()).toMatchObject({ bufferedIn: 0 });
  store.settleAll();
  const publishing = client.publish('new', '', qos1).catch(() => undefined);
  await peer.expectNothing();
  store.settleAll();
  await peer.expect('publish', { packetId: 102 });

  await gone(peer);
  await script.clock.advance(250);
  const next = await script.accept();
  await next.expect('connect');
  next.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['replace by f']);
  const { subscriptions } = await next.expect('subscribe', { properties: { subscriptionIdentifier: 4 } });
  expect(subscriptions).toMatchObject([{ filter: 'f', maximumQoS: 1, retainHandling: 'never' }]);
  await next.expectNothing();
  await publishing;
  expect(client.stats()).toMatchObject({ inFlightOut: 0 });
  store.settleAll();
  await client.close();
});

it('with a clean start forgets what an earlier process left', async () => {
  const store = new HeldStore();
  store.stored = { ...store.stored, inboundQos2: [3], lastPacketId: 100 };
  const { connecting, peer } = await beginning(store, { cleanStart: true });
  expect(store.settleAll()).toEqual(['replace by nothing']);
  const client = await connecting;
  peer.publish({ packetId: 3, qos: 2 });
  await peer.expectNothing();
  expect(client.stats()).toMatchObject({ bufferedIn: 1 });
  store.letGo();
  await client.close();
});

it('keeps the subscriptions, and resolves once they are kept', async () => {
  const { client, peer, store } = await stored();
  let granted: unknown;
  void client.subscribe(['a', 'b'], { partial: 'return' }).then((answers) => {
    granted = answers;
  });
  const { packetId } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: [1, 0x87] });
  await peer.expectNothing();
  expect([granted, store.asked]).toEqual([undefined, ['subscribed a']]);
  store.settle();
  await peer.expectNothing();
  expect(granted).toMatchObject([{ qos: 1 }, { qos: undefined }]);
  await client.close();
});

it('what was being stored when the connection went leaves on the next one, for the first time', async () => {
  const { client, peer, store, back } = await stored();
  void client.publish('a', '', qos1).catch(() => undefined);
  void client.publish('b', '', qos2).catch(() => undefined);
  await peer.expectNothing();
  store.settle();
  await peer.expect('publish', { topic: 'a' });
  await gone(peer);
  const next = await back(true);
  await next.expect('publish', { topic: 'a', duplicate: true });
  await next.expectNothing();
  store.settleAll();
  await next.expect('publish', { topic: 'b', packetId: 2, duplicate: false });

  next.ack('pubrec', 2);
  await next.expectNothing();
  await gone(next);
  const last = await back(true);
  await last.expect('publish', { topic: 'a', duplicate: true });
  await last.expectNothing(); // neither PUBLISH nor PUBREL 2: the store does not know yet
  store.settleAll();
  await last.expect('pubrel', { packetId: 2 });
  await client.close();
});

it('what was being stored when the session was lost is sent anew, not given up: the server never had it', async () => {
  const { client, peer, store, back } = await stored();
  const publishing = client.publish('a', '', qos2);
  await peer.expectNothing();
  await gone(peer);
  const next = await back(false);
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['put publish 1', 'replace by publish 1']);
  const { packetId } = await next.expect('publish', { duplicate: false });
  next.ack('pubrec', packetId!);
  await next.expectNothing();
  store.settleAll();
  await next.expect('pubrel');
  next.ack('pubcomp', packetId!);
  await next.expectNothing();
  store.settleAll();
  expect(await publishing).toMatchObject({ resent: false });
  await client.close();
});

it('what is published anew stays stored all the time, the rest goes', async () => {
  const { client, peer, store, back } = await stored({ onSessionLost: 'republish', sendMaximum: 2 });
  const publishing = [client.publish('a', 'one', qos1), client.publish('b', '', qos2)];
  const waiting = client.publish('c', '', qos1);
  await peer.expectNothing();
  store.settleAll();
  await peer.expect('publish', { packetId: 1 });
  await peer.expect('publish', { packetId: 2 });
  peer.ack('pubrec', 2);
  await peer.expectNothing();
  store.settleAll();
  await peer.expect('pubrel');
  const released = publishing[1]!.catch((error: unknown) => error);
  await gone(peer);
  const next = await back(false);
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['replace by publish 1']);
  expect(await released).toMatchObject({ kind: 'session-lost' });
  await next.expect('publish', { topic: 'a', packetId: 1, duplicate: false });
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['client c', 'put publish 3']);
  await next.expect('publish', { topic: 'c', packetId: 3 });
  next.ack('puback', 1);
  next.ack('puback', 3);
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['delete 1', 'delete 3']);
  expect(await publishing[0]).toMatchObject({ packetId: 1, resent: true });
  expect(await waiting).toMatchObject({ packetId: 3, resent: false });
  await client.close();
});

it('PUBCOMP goes out on the connection on which its PUBREL came, or not at all', async () => {
  const { client, peer, store, back } = await stored();
  peer.publish({ packetId: 5, qos: 2 });
  void (await client.messages().next()).value!.ack();
  store.settleAll();
  await peer.expect('pubrec');
  peer.ack('pubrel', 5);
  await peer.expectNothing();
  await gone(peer);
  const next = await back(true);
  store.settleAll();
  await next.expectNothing();
  next.ack('pubrel', 5);
  await next.expectNothing();
  store.settleAll();
  await next.expect('pubcomp', { packetId: 5, reasonCode: 0 });
  await next.expectNothing();
  await client.close();
});

it('keeps the order of the calls, also where the store answers in another one', async () => {
  const { client, peer, store } = await stored();
  for (const topic of ['a', 'b', 'c']) void client.publish(topic, '', qos1).catch(() => undefined);
  await peer.expectNothing();
  store.settleNewest();
  store.settleNewest();
  await peer.expectNothing();
  store.settle();
  for (const topic of ['a', 'b', 'c']) await peer.expect('publish', { topic });
  await client.close();
});

it('does not keep a subscription that could not be made again', async () => {
  const { client, peer, store, back } = await stored();
  const subscribing = client.subscribe(['a', 'b']);
  const { packetId } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: [1, 1] });
  await peer.expectNothing();
  store.settleAll();
  await subscribing;
  await gone(peer);
  const next = await back(false);
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['replace by a, b']);
  const again = await next.expect('subscribe');
  next.send({ type: 'suback', packetId: again.packetId, reasonCodes: [0x87, 1] });
  await next.expectNothing();
  expect(store.settleAll()).toEqual(['client c', 'subscribed b']);
  await client.close();
});

it('a publish that cannot be stored rejects, and its identifier and slot are free', async () => {
  const { client, peer, store } = await stored({ sendMaximum: 1 });
  const failing = client.publish('a', '', qos1);
  const failed = expect(failing).rejects.toThrow(
    'The message for "a" was not sent: it could not be stored (the disk is full)',
  );
  const next = client.publish('b', '', qos1);
  await peer.expectNothing();
  store.settle(full);
  await peer.expectNothing();
  expect(store.settleAll()).toEqual(['delete 1', 'put publish 2']);
  await failed;
  const { packetId } = await peer.expect('publish', { topic: 'b' });
  peer.ack('puback', packetId!);
  await peer.expectNothing();
  store.settle(full);
  const error = await next.catch((error) => error);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ kind: 'store', cause: full });
  expect(client.stats()).toMatchObject({ inFlightOut: 0, queuedOut: 0 });
  await client.close();
});

it('where the PUBREC cannot be stored, no PUBREL goes out: the connection ends, and the next one asks for another one', async () => {
  const { client, peer, store, back } = await stored();
  const publishing = client.publish('a', '', qos2);
  const failed = expect(publishing).rejects.toMatchObject({ kind: 'store' });
  await peer.expectNothing();
  store.settle();
  await peer.expect('publish');
  peer.ack('pubrec', 1);
  await peer.expectNothing();
  store.settle(full);
  await failed;
  await peer.expect('disconnect', { reasonCode: 0x83 }); // no second PUBREC comes on this connection: the slot would stay taken
  const next = await back(true);
  await next.expect('publish', { packetId: 1, duplicate: true });
  store.settleAll();
  next.ack('pubrec', 1);
  await next.expectNothing();
  store.settleAll();
  await next.expect('pubrel', { packetId: 1 });
  await client.close();
});

it('an acknowledgement that cannot be stored rejects, and may be tried again', async () => {
  const { client, peer, store } = await stored();
  peer.publish({ packetId: 5, qos: 2 });
  const { value } = await client.messages().next();
  const acking = value!.ack();
  const failed = expect(acking).rejects.toMatchObject({ kind: 'store' });
  await peer.expectNothing();
  store.settle(full);
  await failed;
  await peer.expectNothing();
  expect(value!.ackState).toBe('pending');
  expect(client.stats()).toMatchObject({ unackedIn: 1 });
  const again = value!.ack();
  await peer.expectNothing();
  store.settle();
  expect(await again).toBe('sent');
  await peer.expect('pubrec', { packetId: 5 });
  await client.close();
});

it('a message whose reader was told of that is stored on the next connection only when it is settled again', async () => {
  const { client, peer, store, back } = await stored();
  peer.publish({ packetId: 5, qos: 2 });
  const { value: message } = await client.messages().next();
  const failed = expect(message!.ack()).rejects.toMatchObject({ kind: 'store' });
  store.settle(full);
  await failed;
  await gone(peer);
  const again = await back(true);
  again.publish({ packetId: 5, qos: 2, duplicate: true });
  await again.expectNothing();
  expect(store.settleAll()).toEqual(['client c']);
  const acking = message!.ack();
  expect(store.settleAll()).toEqual(['add 5']);
  expect(await acking).toBe('sent');
  await again.expect('pubrec', { packetId: 5, reasonCode: 0 });
  await client.close();
});

/** A QoS 2 message was settled, nobody waited for that, and the store failed. */
async function settledInVain() {
  const begun = await stored();
  const { client, peer, store } = begun;
  const messages = client.messages({ autoAck: 'on-next' });
  peer.publish({ packetId: 5, qos: 2 });
  const { value } = await messages.next();
  const next = messages.next();
  await peer.expectNothing();
  store.settle(full);
  await peer.expect('disconnect', { reasonCode: 0x83 });
  return { ...begun, message: value!, next };
}

it('an acknowledgement that cannot be stored ends the connection where nobody waits for it, and is stored on the next one', async () => {
  const { client, store, back, next } = await settledInVain();
  const again = await back(true);
  again.publish({ packetId: 5, qos: 2, duplicate: true });
  again.publish({ topic: 'another', packetId: 6, qos: 2 });
  expect((await next).value!.topic).toBe('another');
  await again.expectNothing();
  expect(store.settleAll()).toEqual(['client c', 'add 5']);
  await again.expect('pubrec', { packetId: 5, reasonCode: 0 });
  await client.close();
});

it('who asks for that acknowledgement behind it is told of what became of it, not of the store', async () => {
  const { client, store, back, message } = await settledInVain();
  const acking = message.ack();
  await (await back(false)).received();
  store.settleAll();
  expect(await acking).toBe('stale');
  store.settleAll();
  await client.close();
});

/** A QoS 2 message for two streams. With `on-next` the second one acknowledges it, and nobody waits for that. */
async function sharedByTwo(autoAck: 'never' | 'on-next' = 'on-next') {
  const begun = await stored();
  const { client, peer, store } = begun;
  const open = async (filter: string, autoAck: 'never' | 'on-next') => {
    const opening = client.stream(filter, { autoAck });
    const { packetId, properties } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [2] });
    await peer.expectNothing();
    store.settleAll();
    return { stream: await opening, id: properties!.subscriptionIdentifier! };
  };
  const [one, two] = [await open('t', 'never'), await open('+', autoAck)];
  peer.publish({ packetId: 5, qos: 2, properties: { subscriptionIdentifiers: [one.id, two.id] } });
  const { value: message } = await one.stream.next();
  const { value: other } = await two.stream.next();
  void two.stream.next().catch(() => undefined);
  return { ...begun, message: message!, other: other! };
}

it('a message of two streams that cannot be stored: who waits is told and may try again, what the other said stands', async () => {
  const { client, peer, store, message } = await sharedByTwo();
  const failed = expect(message.ack()).rejects.toMatchObject({ kind: 'store' });
  store.settle(full);
  await failed;
  await peer.expectNothing();
  expect([message.ackState, client.state.state]).toEqual(['pending', 'connected']);
  const again = message.ack();
  store.settle();
  expect(await again).toBe('sent');
  await peer.expect('pubrec', { packetId: 5 });
  await client.close();
});

it('who was told that a message could not be stored, and settled it again, is told when its session is lost', async () => {
  const { client, peer, store, back, message, other } = await sharedByTwo('never');
  const failed = Promise.allSettled([message.ack(), other.ack()]);
  store.settle(full);
  expect(await failed).toMatchObject([{ reason: { kind: 'store' } }, { reason: { kind: 'store' } }]);
  const waiting = message.ack();
  await gone(peer);
  await (await back(false)).received();
  store.settleAll();
  expect(await waiting).toBe('stale');
  store.settleAll();
  await client.close();
});

it('a message of two streams that cannot be stored ends the connection where neither waits', async () => {
  const { client, peer, store, message } = await sharedByTwo();
  settleMessage(message, 0);
  expect(store.asked).toEqual(['add 5']);
  store.settle(full);
  await peer.expect('disconnect', { reasonCode: 0x83 });
  expect(client.state).toMatchObject({ last: { cause: { kind: 'store' } } });
  await client.close();
});

it('a store that fails where nobody asked ends the connection, and says why', async () => {
  const { client, peer, store, back } = await stored();
  peer.publish({ packetId: 5, qos: 2 });
  const { value } = await client.messages().next();
  void value!.ack();
  await peer.expectNothing();
  store.settle();
  await peer.expect('pubrec');
  peer.ack('pubrel', 5);
  await peer.expectNothing();
  store.settle(full);
  await peer.expect('disconnect', { reasonCode: 0x83 });
  expect(client.state).toMatchObject({
    state: 'waiting',
    last: { by: 'client', reasonCode: 0x83, cause: { kind: 'store' } },
  });
  const next = await back(true);
  next.ack('pubrel', 5);
  await next.expectNothing();
  store.settleAll();
  await next.expect('pubcomp', { packetId: 5 });
  await client.close();
});

it('60: closes while the store takes its time: everything settles, and what comes late changes nothing', async () => {
  const { client, peer, store, clock } = await stored();
  const outcomes = Promise.allSettled([client.publish('a', '', qos1), client.publish('b', '', qos2)]);
  await peer.expectNothing();
  const closing = client.close();
  await clock.advance('2s');
  expect(await outcomes).toMatchObject([{ reason: { kind: 'closed' } }, { reason: { kind: 'closed' } }]);
  store.settleAll();
  await closing;
  await peer.expect('disconnect');
  await peer.expectClosed();
  expect(clock.pendingTimers).toBe(0);
});

it('rejects the connection, and closes the store, where it cannot be loaded', async () => {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  store.load = () => Promise.reject(full);
  await expect(
    connect(script.endpoint, { ...script.deterministic, clientId: 'c', sessionStore: store }),
  ).rejects.toBe(full);
  expect([script.attempts, store.closed]).toEqual([0, 1]);
});

it.each([
  ['what its body threw, where that failed', () => Promise.reject(new Error('body')), 'body'],
  ['what the store said, where the body was done', async () => 'done', full.message],
])('withClient whose store cannot be closed rejects with %s', async (_, body, message) => {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  store.close = () => Promise.reject(full);
  const options = { ...script.deterministic, clientId: 'c', sessionStore: store };
  const running = withClient(script.endpoint, options, body);
  const outcome = running.catch((error: Error) => error.message);
  const peer = await script.accept();
  await peer.expect('connect');
  peer.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
  await peer.expect('disconnect');
  store.settleAll();
  expect(await outcome).toBe(message);
});

it('warns of what was damaged, and needs an identifier of yours', async () => {
  const store = new HeldStore();
  store.stored = {
    ...store.stored,
    damaged: [{ kind: 'outbound', packetId: 1, message: 'A record made no sense.' }],
  };
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const { connecting, script } = await beginning(store);
  store.settleAll();
  const client = await connecting;
  expect(await warned).toMatchObject({ message: 'A record made no sense.', code: 'TOPICWISE_STORE' });
  store.settleAll();
  await client.close();
  await expect(connect(script.endpoint, { sessionStore: store })).rejects.toThrow('needs a clientId');
});

describe('while the store is told that the session is lost', () => {
  const old = { outbound: [outbound(7, { qos: 2 })], inboundQos2: [5], subscriptions: [], lastPacketId: 9 };

  it('nothing of the new session is taken, and nobody is told of the old one; then both, in order', async () => {
    const { client, peer, store, back } = await stored();
    peer.publish({ packetId: 5, qos: 2 });
    const publishing = client.publish('a', '', qos2).catch((error: unknown) => error);
    let outcome: unknown;
    void publishing.then((error) => {
      outcome = error;
    });
    await peer.received();
    store.settleAll();
    await peer.received();
    await gone(peer);
    const next = await back(false);
    next.publish({ packetId: 5, qos: 2, topic: 'new' });
    await next.expectNothing();
    expect(store.asked).toEqual(['replace by nothing']);
    expect([outcome, client.state.state]).toEqual([undefined, 'connecting']);
    store.settle();
    await next.expectNothing();
    expect(outcome).toMatchObject({ kind: 'session-lost' });
    expect(client.state.state).toBe('connected');
    const messages = client.messages();
    expect((await messages.next()).value?.topic).toBe('new');
    store.letGo();
    await client.close();
  });

  it('a process that dies leaves the old session, with which the next one does the same', async () => {
    const dying = new HeldStore();
    dying.stored = old;
    const { peer, connecting } = await beginning(dying);
    peer.publish({ packetId: 5, qos: 2 });
    await peer.expectNothing(); // in particular no PUBREC
    connecting.catch(() => undefined);
    peer.cut();

    const store = new HeldStore();
    store.stored = old;
    const next = await beginning(store);
    expect(store.asked).toEqual(['replace by nothing']);
    store.letGo();
    await (await next.connecting).close();
  });

  it('where it can not be stored, the connection ends, and the next one begins with it: what is there now is the new session', async () => {
    const { client, peer, store, back, clock } = await stored({ onSessionLost: 'republish' });
    void client.publish('a', '', qos1).catch(() => undefined);
    await peer.expectNothing();
    store.settleAll();
    await peer.received();
    await gone(peer);
    const next = await back(false);
    await next.expectNothing();
    store.settle(full);
    await next.expect('disconnect', { reasonCode: 0x83 });
    expect(client.state).toMatchObject({ state: 'waiting', last: { cause: { kind: 'store' } } });
    await clock.advance(1_000);
    const last = await back(true);
    await last.expectNothing();
    expect(store.settleAll()).toEqual(['replace by publish 1']);
    await last.expect('publish', { topic: 'a', duplicate: false });
    expect(client.state).toMatchObject({ state: 'connected', sessionPresent: false });
    store.letGo();
    await client.close();
  });
});

it('PUBCOMP goes out although new messages come while the store forgets, after a restart', async () => {
  const script = new ScriptedPeer();
  const store = new HeldStore();
  store.stored = { ...store.stored, inboundQos2: [5] };
  const { client, peer } = await script.connected({ sessionStore: store }, { sessionPresent: true });
  peer.send({ type: 'pubrel', packetId: 5, reasonCode: 0 }, publish({ packetId: 6 }));
  await peer.expectNothing();
  store.settleAll();
  await peer.expect('pubcomp', { packetId: 5, reasonCode: 0 });
  store.letGo();
  await client.close();
});

it('21: a publish that is given up while it is being stored does not leave', async () => {
  const { client, peer, store } = await stored();
  const abort = new AbortController();
  const publishing = client.publish('a', '', { qos: 1, signal: abort.signal });
  await peer.expectNothing();
  abort.abort(new Error('enough'));
  await expect(publishing).rejects.toThrow('enough');
  store.settle();
  await peer.expectNothing();
  expect(store.settleAll()).toEqual(['delete 1']);
  await peer.expectNothing();
  expect(client.stats()).toMatchObject({ inFlightOut: 0 });
  store.letGo();
  await client.close();
});

it.each([true, false])(
  '25: takes what it waited for the store and the next connection off its expiry (session present: %s)',
  async (present) => {
    const { client, peer, store, back, clock } = await stored({ connectTimeout: 600_000 });
    const expiring = client.publish('late', '', { qos: 1, messageExpiryInterval: 50 });
    const expired = expect(expiring).rejects.toMatchObject({ kind: 'expired' });
    void client.publish('a', '', { qos: 1, messageExpiryInterval: 100 }).catch(() => undefined);
    await peer.expectNothing();
    await gone(peer);
    await clock.advance(59_750);
    const next = await back(present);
    await next.expectNothing();
    store.settleAll();
    await next.expect('publish', { topic: 'a', properties: { messageExpiryInterval: 40 } });
    await next.expectNothing();
    store.settleAll();
    await expired;
    store.letGo();
    await client.close();
  },
);

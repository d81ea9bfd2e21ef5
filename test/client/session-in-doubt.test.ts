// A server may begin a session on a CONNECT whose CONNACK never arrives. On the next connection it says "session present", and means one of which the client knows nothing.
import { expect, it } from 'vitest';
import type { Client } from '../../src/client/index.js';
import { MemorySessionStore } from '../../src/stores/index.js';
import { everyCut, type PeerConnection, ScriptedPeer } from '../support/scripted-peer.js';

async function next(script: ScriptedPeer, peer: PeerConnection): Promise<PeerConnection> {
  peer.cut();
  await script.clock.advance(500);
  const again = await script.accept();
  await again.expect('connect');
  return again;
}

async function grant(peer: PeerConnection): Promise<void> {
  const { packetId, subscriptions } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes: subscriptions.map(() => 2) });
}

/** Subscribed, with a QoS 2 message that was acknowledged up to PUBREC; then a CONNECT without an answer, then one with "session present". */
async function doubting(cut: ConstructorParameters<typeof ScriptedPeer>[0]) {
  const script = new ScriptedPeer(cut);
  const { client, peer } = await script.connected({ reconnect: true, random: () => 0 });
  const subscribing = client.subscribe('t');
  await grant(peer);
  await subscribing;
  peer.publish({ packetId: 5, qos: 2 });
  await (await client.messages().next()).value!.ack();
  await peer.expect('pubrec', { packetId: 5 });
  const unanswered = await next(script, peer);
  const doubtful = await next(script, unanswered);
  doubtful.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
  await grant(doubtful);
  return { script, client, peer: doubtful };
}

const buffered = ({ client }: { client: Client }) => client.stats().bufferedIn;

everyCut((cut) => {
  it('subscribes again, once', async () => {
    const { script, client, peer } = await doubting(cut);
    const certain = await next(script, peer);
    certain.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
    await certain.expectNothing();
    await client.close();
  });

  it('takes a new message under an identifier that an old one had', async () => {
    const { peer, ...rest } = await doubting(cut);
    peer.publish({ packetId: 5, qos: 2, duplicate: false });
    await peer.expectNothing();
    expect(buffered(rest)).toBe(1);
    await rest.client.close();
  });

  it('still knows what the server sends again, as long as it has sent nothing new', async () => {
    const { peer, ...rest } = await doubting(cut);
    peer.publish({ packetId: 5, qos: 2, duplicate: true });
    await peer.expect('pubrec', { packetId: 5 });
    expect(buffered(rest)).toBe(0);
    peer.publish({ packetId: 6, qos: 2 });
    peer.ack('pubrel', 5);
    await peer.expect('pubcomp', { packetId: 5, reasonCode: 0 });
    await rest.client.close();
  });

  it('once the server sends something new, what it had not sent again before is of a session that is gone', async () => {
    const { peer, ...rest } = await doubting(cut);
    peer.publish({ packetId: 6, qos: 1 });
    await peer.expectNothing();
    peer.publish({ packetId: 5, qos: 2, duplicate: true }); // its first sending was lost on the way
    await peer.expectNothing();
    expect(buffered(rest)).toBe(2);
    await rest.client.close();
  });
});

it('doubts after a restart too: the process that knew more is gone, and the store forgets with it', async () => {
  const sessionStore = new MemorySessionStore();
  await sessionStore.load('c');
  await sessionStore.addInbound(5);
  await sessionStore.close();
  const { client, peer } = await new ScriptedPeer().connected({ sessionStore }, { sessionPresent: true });
  peer.publish({ packetId: 6, qos: 1 });
  await peer.expectNothing();
  await client.close();
  expect((await sessionStore.load('c')).inboundQos2).toEqual([]);
});

it('doubts after a CONNACK that was no good, too', async () => {
  const script = new ScriptedPeer();
  const { client, peer } = await script.connected({ reconnect: true, random: () => 0 });
  const subscribing = client.subscribe('t');
  await grant(peer);
  await subscribing;
  const strange = await next(script, peer);
  strange.send({ type: 'pingresp' });
  await strange.expect('disconnect', { reasonCode: 0x82 });
  await script.clock.advance(500);
  const doubtful = await script.accept();
  await doubtful.expect('connect');
  doubtful.send({ type: 'connack', sessionPresent: true, reasonCode: 0 });
  await grant(doubtful);
  await client.close();
});

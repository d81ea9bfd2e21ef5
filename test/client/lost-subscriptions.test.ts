// What becomes of streams and requests whose subscription went with the session, and is not there again.
import { describe, expect, it } from 'vitest';
import { type PeerConnection, ScriptedPeer } from '../support/scripted-peer.js';

async function withoutSession(scripted: ScriptedPeer, peer: PeerConnection): Promise<PeerConnection> {
  peer.cut();
  await scripted.clock.advance(500);
  const again = await scripted.accept();
  await again.expect('connect');
  again.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
  return again;
}

async function answer(peer: PeerConnection, ...reasonCodes: number[]): Promise<void> {
  const { packetId } = await peer.expect('subscribe');
  peer.send({ type: 'suback', packetId, reasonCodes });
}

describe.each(['never', 'when-session-lost'] as const)('resubscribe: %s', (resubscribe) => {
  it('the next request subscribes the response topic again', async () => {
    const scripted = new ScriptedPeer();
    const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0, resubscribe });
    const lost = expect(client.request('ask', '', { qos: 0 })).rejects.toMatchObject({
      kind: 'connection-lost',
    });
    await answer(peer, 1);
    await peer.expect('publish');
    const again = await withoutSession(scripted, peer);
    await lost;
    if (resubscribe !== 'never') await answer(again, 0x87);
    await again.expectNothing();
    const asking = expect(client.request('ask', '', { qos: 0 })).rejects.toMatchObject({ kind: 'closed' });
    await answer(again, 1);
    await again.expect('publish', { topic: 'ask' });
    await client.close();
    await asking;
  });
});

it('a stream ends with the error when the server refuses one of its filters, and leaves the others to who holds them too', async () => {
  const scripted = new ScriptedPeer();
  const { client, peer } = await scripted.connected({ reconnect: true, keepAlive: 0 });
  const opening = client.stream(['refused', 'granted']);
  await answer(peer, 1, 1);
  const stream = await opening;
  const opening2 = client.stream('granted');
  await answer(peer, 1);
  const other = await opening2;
  const ended = expect(stream.next()).rejects.toMatchObject({
    kind: 'negative-ack',
    message: expect.stringContaining('"refused"'),
  });
  const again = await withoutSession(scripted, peer);
  const packets = (await again.received()).filter((packet) => packet.type === 'subscribe');
  for (const { packetId, subscriptions } of packets) {
    const reasonCodes = subscriptions.map(({ filter }) => (filter === 'refused' ? 0x87 : 1));
    again.send({ type: 'suback', packetId, reasonCodes });
  }
  await scripted.clock.settle();
  await ended;
  await expect(stream.next()).rejects.toMatchObject({ kind: 'negative-ack' });
  await again.expectNothing();
  const leaving = other.return();
  const { packetId } = await again.expect('unsubscribe', { filters: ['granted'] });
  again.send({ type: 'unsuback', packetId, reasonCodes: [0] });
  await leaving;
  await client.close();
});

it("with resubscribe: 'never' a stream of a lost session ends and says so; one that is opened then works", async () => {
  const scripted = new ScriptedPeer();
  const options = { reconnect: true, keepAlive: 0, resubscribe: 'never' } as const;
  const { client, peer } = await scripted.connected(options);
  const opening = client.stream(['a', 'b']);
  await answer(peer, 1, 1);
  const stream = await opening;
  const ended = expect(stream.next()).rejects.toMatchObject({
    kind: 'session-lost',
    message: expect.stringContaining('"a", which resubscribe: \'never\' does not make again'),
  });
  const again = await withoutSession(scripted, peer);
  await ended;
  await again.expectNothing(); // there is nothing to unsubscribe from either
  const reopening = client.stream('a');
  await answer(again, 1);
  const reopened = await reopening;
  again.publish({ topic: 'a', packetId: 1 });
  expect((await reopened.next()).value?.topic).toBe('a');
  await client.close();
});

// What becomes of publishes that an earlier process left in the session store: nobody waits for their promises any more.
import { subscribe as listen, unsubscribe } from 'node:diagnostics_channel';
import { expect, it, onTestFinished } from 'vitest';
import { type ConnectOptions, type FailedPublish, LimitError } from '../../src/client/index.js';
import { MemorySessionStore } from '../../src/stores/index.js';
import { ScriptedPeer } from '../support/scripted-peer.js';
import { outbound } from '../support/stores/samples.js';

const left = [
  outbound(1, { topic: 'one', qos: 1, properties: { contentType: 'x' } }),
  outbound(2, { topic: 'two', qos: 2 }),
  outbound(3, { topic: 'three', qos: 2, phase: 'pubrel', payload: new Uint8Array(0) }),
];

async function restarted(sessionPresent: boolean, options: ConnectOptions = {}, connack = {}) {
  const sessionStore = new MemorySessionStore();
  await sessionStore.load('c');
  for (const each of left) await sessionStore.putOutbound(each);
  await sessionStore.close();
  const failed: FailedPublish[] = [];
  const peer = await new ScriptedPeer().connected(
    { sessionStore, hooks: { storedPublishFailed: (publish) => void failed.push(publish) }, ...options },
    { sessionPresent, ...connack },
  );
  const stored = async () => {
    await peer.client.close();
    return (await sessionStore.load('c')).outbound.map(({ topic }) => topic);
  };
  return { ...peer, failed, stored };
}

it('tells the hook what a lost session cost, with the bytes that are there to publish again', async () => {
  const { peer, failed, stored } = await restarted(false);
  await peer.expectNothing();
  const [one, two] = left;
  expect(failed).toMatchObject([
    { topic: 'one', payload: one!.payload, qos: 1, properties: { contentType: 'x' } },
    { topic: 'two', payload: two!.payload, qos: 2 },
    { topic: 'three', payload: undefined, qos: 2 },
  ]);
  for (const { error } of failed) expect(error).toMatchObject({ kind: 'session-lost', maybeDelivered: true });
  expect(await stored()).toEqual([]);
});

it('publishes them anew if told so, but not what the server had', async () => {
  const { peer, failed, stored } = await restarted(false, { onSessionLost: 'republish' });
  await peer.expect('publish', { topic: 'one', duplicate: false });
  await peer.expect('publish', { topic: 'two', duplicate: false });
  expect(failed).toMatchObject([{ topic: 'three' }]);
  expect(await stored()).toEqual(['one', 'two']);
});

it('tells what the server refuses, and what does not fit it', async () => {
  const { peer, failed, stored } = await restarted(true, {}, { properties: { maximumQoS: 1 } });
  await peer.expect('pubrel', { packetId: 3 });
  const { packetId } = await peer.expect('publish', { topic: 'one', duplicate: true });
  peer.send({ type: 'puback', packetId: packetId!, reasonCode: 0x97 });
  peer.ack('pubcomp', 3);
  await peer.expectNothing();
  expect(failed.map(({ topic, error }) => [topic, error])).toEqual([
    ['two', expect.any(LimitError)],
    ['one', expect.objectContaining({ kind: 'negative-ack', reasonCodes: [0x97] })],
  ]);
  expect(await stored()).toEqual([]);
});

it('keeps what is not finished when the client is closed, and tells nobody', async () => {
  const { peer, failed, stored } = await restarted(true);
  await peer.received();
  expect(await stored()).toEqual(['one', 'two', 'three']);
  expect(failed).toEqual([]);
});

it('tells the channel; where nobody listens it is a warning', async () => {
  const said: unknown[] = [];
  const hear = (message: unknown) => said.push(message);
  listen('topicwise:client:stored-publish-failed', hear);
  onTestFinished(() => void unsubscribe('topicwise:client:stored-publish-failed', hear));
  const heard = await restarted(false, { hooks: {} });
  await heard.peer.expectNothing();
  expect(said).toMatchObject([{ clientId: 'c', topic: 'one', qos: 1 }, {}, {}]);
  for (const message of said) expect(message).not.toHaveProperty('payload');
  await heard.client.close();
  unsubscribe('topicwise:client:stored-publish-failed', hear);

  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  const unheard = await restarted(false, { hooks: {} });
  expect(await warned).toMatchObject({
    code: 'TOPICWISE_STORE',
    message: expect.stringContaining('the message for "one"'),
  });
  await unheard.client.close();
});

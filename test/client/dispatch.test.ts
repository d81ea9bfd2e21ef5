import { expect, it } from 'vitest';
import { dispatchMessages, settleMessage } from '../../src/client/dispatch.js';
import type { Client, Message } from '../../src/client/index.js';
import { publish, ScriptedPeer } from '../support/scripted-peer.js';

it('hands over what waits at once, then every message inside the read that brought it', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  peer.send(publish({ packetId: 1, topic: 'waits' }));
  await peer.expectNothing();
  const topics: string[] = [];
  const end = dispatchMessages(client, ({ topic }) => topics.push(topic));
  expect(topics).toEqual(['waits']);
  peer.send(publish({ topic: 'a' }), publish({ topic: 'b' }));
  await peer.expectNothing();
  expect(topics).toEqual(['waits', 'a', 'b']);

  end();
  peer.publish({ topic: 'for an iterator' });
  expect((await client.messages().next()).value!.topic).toBe('for an iterator');
});

it('settles without a promise and says where the acknowledgement stands', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const messages: Message[] = [];
  dispatchMessages(client, (message) => messages.push(message));
  peer.send(publish({ packetId: 1 }), publish({ packetId: 2 }), publish());
  await peer.expectNothing();
  const [one, two, zero] = messages;
  expect(settleMessage(two!, 0x99, { reasonString: 'no' })).toBe('queued');
  expect(settleMessage(one!)).toBe('sent');
  expect(settleMessage(one!, 0x80)).toBe('sent');
  expect(settleMessage(zero!)).toBe('none');
  await peer.expect('puback', { packetId: 1, reasonCode: 0 });
  await peer.expect('puback', { packetId: 2, reasonCode: 0x99 });
});

it('tells of the end in the moment in which it comes, when every settlement is stale already', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  let message: Message | undefined;
  const seen: unknown[] = [];
  dispatchMessages(
    client,
    (received) => {
      message = received;
    },
    {
      lost: (disconnection) => seen.push(disconnection.by, settleMessage(message!), client.state.state),
    },
  );
  void client.disconnected().then(() => seen.push('promise'));
  peer.publish({ packetId: 1 });
  await peer.expectNothing();
  peer.cut();
  await peer.expectNothing();
  expect(seen).toEqual(['network', 'stale', 'closed', 'promise']);
});

it('an acknowledgement of the moment in which the server says goodbye is not sent any more', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  dispatchMessages(client, (message) => settleMessage(message));
  peer.send(publish({ packetId: 1 }), { type: 'disconnect', reasonCode: 0x8b });
  await peer.expectClosed();
});

it('tells of an end of our own making too', async () => {
  const { client } = await new ScriptedPeer().connected();
  const seen: string[] = [];
  dispatchMessages(client, () => undefined, { lost: ({ by }) => seen.push(by) });
  const closing = client.close();
  expect(seen).toEqual(['client']);
  await closing;
});

it('takes one dispatcher, of a client of ours, and messages of ours', async () => {
  const { client } = await new ScriptedPeer().connected();
  dispatchMessages(client, () => undefined);
  expect(() => dispatchMessages(client, () => undefined)).toThrow('has a dispatcher already');
  // What a caller without types may pass.
  expect(() => dispatchMessages({} as Client, () => undefined)).toThrow(TypeError);
  expect(() => settleMessage({} as Message)).toThrow(TypeError);
});

it('a receiver that throws against the rules ends the connection, not the process', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  dispatchMessages(client, () => {
    throw new Error('bug in the receiver');
  });
  peer.publish();
  expect(await client.disconnected()).toMatchObject({ by: 'client', reasonCode: 0x83 });
  await peer.expect('disconnect', { reasonCode: 0x83 });
});

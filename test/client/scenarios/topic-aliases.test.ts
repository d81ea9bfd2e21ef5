import { expect, it } from 'vitest';
import { connect, type Message } from '../../../src/client/index.js';
import type { PublishPacket } from '../../../src/packets/packet.js';
import {
  connackOf,
  everyCut,
  type PeerConnection,
  publish,
  ScriptedPeer,
} from '../../support/scripted-peer.js';

const alias = (topicAlias: number, topic: string, more: Partial<PublishPacket> = {}) =>
  publish({ topic, ...more, properties: { topicAlias } });
const pairs = async (peer: PeerConnection) =>
  (await peer.received()).map((packet) =>
    packet.type === 'publish' ? [packet.topic, packet.properties?.topicAlias] : packet.type,
  );

everyCut((cut) => {
  it('41: an alias stands for its topic until it is given anew; a QoS 2 message keeps its topic', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ topicAliases: { inbound: 2 } });
    peer.send(
      alias(1, 'one'),
      alias(1, '', { qos: 2, packetId: 1 }),
      alias(1, 'two'),
      alias(2, 'three'),
      alias(1, ''),
      alias(2, ''),
    );
    const messages: Message[] = [];
    for await (const message of client.messages()) {
      messages.push(message);
      if (messages.length === 6) break;
    }
    expect(messages.map(({ topic }) => topic)).toEqual(['one', 'one', 'two', 'three', 'two', 'three']);
  });

  it('41: a repeated QoS 2 message that is not delivered again still gives its alias', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ topicAliases: { inbound: 2 } });
    peer.send(
      publish({ topic: 'q', qos: 2, packetId: 1 }),
      alias(1, 'q', { qos: 2, packetId: 1, duplicate: true }),
      alias(1, ''),
    );
    const messages = client.messages();
    expect((await messages.next()).value!.qos).toBe(2);
    expect((await messages.next()).value).toMatchObject({ topic: 'q', qos: 0 });
  });

  it.each([
    ['above the maximum', alias(3, 'topic'), 0x94],
    ['without a topic that it stands for', alias(2, ''), 0x82],
  ])('41: an alias %s ends the connection', async (_, packet, reasonCode) => {
    const { peer } = await new ScriptedPeer(cut).connected({ topicAliases: { inbound: 2 } });
    peer.send(packet);
    await peer.expect('disconnect', { reasonCode });
    await peer.expectClosed();
  });

  it('41: the alias 0 ends the connection with 0x94', async () => {
    const { peer } = await new ScriptedPeer(cut).connected({ topicAliases: { inbound: 2 } });
    peer.sendBytes(0x30, 7, 0, 1, 0x74, 3, 35, 0, 0);
    await peer.expect('disconnect', { reasonCode: 0x94 });
  });
});

it.each([
  [{ topicAliases: { inbound: 7 } }, 7],
  [{}, undefined],
])('with %o CONNECT allows the server %s aliases', async (options, topicAliasMaximum) => {
  const scripted = new ScriptedPeer();
  const connecting = connect(scripted.endpoint, { ...scripted.deterministic, ...options });
  const peer = await scripted.accept();
  expect((await peer.expect('connect')).properties?.topicAliasMaximum).toBe(topicAliasMaximum);
  peer.send(connackOf(0));
  await connecting;
});

// [MQTT-3.2.2-17] [MQTT-3.2.2-18] [MQTT-3.3.2-9]
it('gives the aliases that the server allows to the topics published last', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { topicAliasMaximum: 2 } });
  for (const topic of ['topic/a', 'topic/b', 'topic/a', 'topic/c', 'topic/a', 'topic/b', 'short']) {
    void client.publish(topic, '');
  }
  expect(await pairs(peer)).toEqual([
    ['topic/a', 1],
    ['topic/b', 2],
    ['', 1],
    ['topic/c', 2],
    ['', 1],
    ['topic/b', 2],
    ['short', undefined],
  ]);
});

it.each([
  ["with outbound 'off'", { outbound: 'off' } as const, 5],
  ['where the server wants none', {}, undefined],
])('publishes topics in full %s', async (_, topicAliases, topicAliasMaximum) => {
  const { client, peer } = await new ScriptedPeer().connected(
    { topicAliases },
    { properties: { ...(topicAliasMaximum && { topicAliasMaximum }) } },
  );
  void client.publish('topic/a', '');
  void client.publish('topic/a', '');
  expect(await pairs(peer)).toEqual([
    ['topic/a', undefined],
    ['topic/a', undefined],
  ]);
});

it('gives no alias to a publish that was refused, withdrawn or would become too big', async () => {
  const { client, peer } = await new ScriptedPeer().connected(
    {},
    { properties: { topicAliasMaximum: 5, maximumPacketSize: 40, receiveMaximum: 1 } },
  );
  await expect(client.publish('topic/a', '', { contentType: 'a\0' })).rejects.toMatchObject({
    kind: 'invalid-packet',
  });
  void client.publish('topic/b', '', { qos: 1 });
  const abort = new AbortController();
  const waiting = client.publish('topic/a', '', { qos: 1, signal: abort.signal });
  abort.abort(new Error('withdrawn'));
  await expect(waiting).rejects.toThrow('withdrawn');
  void client.publish('topic/full', 'x'.repeat(25));
  void client.publish('topic/a', '');
  void client.publish('topic/a', '');
  expect(await pairs(peer)).toEqual([
    ['topic/b', 1],
    ['topic/full', undefined],
    ['topic/a', 2],
    ['', 2],
  ]);
});

import { describe, expect, it } from 'vitest';
import type { ConnectProperties, Packet } from '../../src/packets/packet.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { acknowledgement } from '../support/broker/raw-client.js';

const policy = { capabilities: { outboundTopicAliasMaximum: 2 } };

/** `topic=alias`, without a part that is not there. */
const texts = (packets: readonly Packet[]) =>
  packets.flatMap((packet) =>
    packet.type === 'publish' ? [[packet.topic, packet.properties?.topicAlias].join('=')] : [],
  );

async function receiver(world: FakeWorld, properties: ConnectProperties, cleanStart = true) {
  const client = await world.client('receiver', { cleanStart, properties });
  await client.subscribe('#', { maximumQoS: 1 });
  return client;
}

describe('topic aliases of the broker', () => {
  it('tell a topic once and then stand for it, also at QoS 1 and beside other properties', async () => {
    await using world = new FakeWorld(policy);
    const client = await receiver(world, { topicAliasMaximum: 10 });
    const properties = { contentType: 'text/plain' };
    for (const qos of [0, 1] as const) world.broker.publish({ topic: 'a/b', payload: 'x', qos, properties });
    const packets = await client.soFar();
    expect(packets).toMatchObject([
      { topic: 'a/b', qos: 0, properties: { topicAlias: 1, ...properties } },
      { topic: '', qos: 1, properties: { topicAlias: 1, ...properties } },
    ]);
  });

  it('go to the topics sent last, in turn', async () => {
    await using world = new FakeWorld(policy);
    const client = await receiver(world, { topicAliasMaximum: 10 });
    for (const topic of ['a', 'b', 'a', 'c', 'a', 'b']) world.broker.publish({ topic, payload: '' });
    expect(texts(await client.soFar())).toEqual(['a=1', 'b=2', '=1', 'c=2', '=1', 'b=2']);
  });

  // [MQTT-3.1.2-26] [MQTT-3.1.2-27] [MQTT-3.3.2-11]
  it.each<readonly [string, ConnectProperties, readonly string[]]>([
    ['are as many as the client takes', { topicAliasMaximum: 1 }, ['a=1', '=1', 'b=1', 'a=1']],
    ['are none for a client that takes none', { topicAliasMaximum: 0 }, ['a=', 'a=', 'b=', 'a=']],
    ['are none for a client that says nothing', {}, ['a=', 'a=', 'b=', 'a=']],
  ])('%s', async (_name, properties, expected) => {
    await using world = new FakeWorld(policy);
    const client = await receiver(world, properties);
    for (const topic of ['a', 'a', 'b', 'a']) world.broker.publish({ topic, payload: '' });
    expect(texts(await client.soFar())).toEqual(expected);
  });

  it('are off unless asked for, and on MQTT 3.1.1', async () => {
    await using plain = new FakeWorld();
    await using world = new FakeWorld(policy);
    const clients = [await receiver(plain, { topicAliasMaximum: 10 }), await world.client('old', {}, 4)];
    await clients[1]?.subscribe('#');
    for (const { broker } of [plain, world]) broker.publish({ topic: 'a', payload: '' });
    for (const client of clients) expect(texts(await client.soFar())).toEqual(['a=']);
  });

  it('die with the connection; what is sent again carries its topic [MQTT-3.3.2-7]', async () => {
    await using world = new FakeWorld(policy);
    const properties = { topicAliasMaximum: 10, sessionExpiryInterval: 100 };
    const first = await receiver(world, properties);
    for (const payload of ['1', '2']) world.broker.publish({ topic: 'a', payload, qos: 1 });
    expect(texts(await first.soFar())).toEqual(['a=1', '=1']);
    await world.drop(first);
    const back = await world.client('receiver', { cleanStart: false, properties });
    for (const payload of ['3', '4']) world.broker.publish({ topic: 'a', payload, qos: 1 });
    const packets = await back.soFar();
    expect(texts(packets)).toEqual(['a=', 'a=', 'a=1', '=1']);
    back.send(...packets.flatMap((packet) => acknowledgement(packet) ?? []));
    expect(await back.soFar()).toEqual([]);
  });

  it('are left out where they make a packet too large, which unlearns no other', async () => {
    await using world = new FakeWorld(policy);
    const client = await receiver(world, { topicAliasMaximum: 10, maximumPacketSize: 50 });
    const publish = (topic: string, length: number) =>
      world.broker.publish({ topic, payload: 'x'.repeat(length) });
    for (const topic of ['a', 'b']) publish(topic, 1);
    // 50 bytes with its topic and without an alias.
    publish('c', 44);
    // A byte too many in every form.
    expect(publish('d', 45).copies).toMatchObject([{ end: 'too-large' }]);
    for (const topic of ['a', 'b']) publish(topic, 1);
    expect(texts(await client.soFar())).toEqual(['a=1', 'b=2', 'c=', '=1', '=2']);
  });

  it('are numbered from 1 to 65,535', () => {
    expect(() => new FakeBroker({ capabilities: { outboundTopicAliasMaximum: 65_536 } })).toThrow(
      'Broker: capabilities.outboundTopicAliasMaximum is 65536. Give a whole number from 0 to 65535.',
    );
  });
});

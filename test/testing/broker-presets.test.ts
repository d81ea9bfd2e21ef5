import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { brokerPresets, createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import type { BrokerPolicy } from '../../src/broker/index.js';
import type { ConnackProperties, Packet, ProtocolVersion } from '../../src/packets/packet.js';
import { connectTcp } from '../../src/transports/index.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { publishPacket, RawClient, request } from '../support/broker/raw-client.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

/** A session is asked to stay for a day. */
const day = 86_400;

/** What CONNACK announces, and with which code each thing is refused that the broker does not take. */
const rows: readonly {
  preset: keyof typeof brokerPresets;
  announced: ConnackProperties;
  refused: readonly (readonly [name: string, ask: () => Packet, code: number])[];
}[] = [
  {
    preset: 'awsIotCore',
    announced: {
      maximumQoS: 1,
      receiveMaximum: 100,
      maximumPacketSize: 131_072,
      topicAliasMaximum: 8,
      sessionExpiryInterval: 3_600,
      subscriptionIdentifiersAvailable: false,
    },
    refused: [
      ['QoS 2', qos2, 0x9b],
      ['a subscription identifier', () => subscription('a', 1), 0xa1],
      ['a ninth topic alias', () => aliased(9), 0x94],
      ['more than 128 KiB', () => ofSize(131_073), 0x95],
    ],
  },
  {
    preset: 'azureEventGrid',
    announced: {
      maximumQoS: 1,
      receiveMaximum: 1_000,
      maximumPacketSize: 524_288,
      topicAliasMaximum: 10,
      sessionExpiryInterval: 3_600,
      subscriptionIdentifiersAvailable: false,
      sharedSubscriptionAvailable: false,
    },
    refused: [
      ['QoS 2', qos2, 0x9b],
      ['a subscription identifier', () => subscription('a', 1), 0xa1],
      ['a shared subscription', () => subscription('$share/g/a'), 0x9e],
      ['an eleventh topic alias', () => aliased(11), 0x94],
      ['more than 512 KiB', () => ofSize(524_289), 0x95],
    ],
  },
  {
    preset: 'hiveMqCommunityEdition',
    announced: { receiveMaximum: 10, maximumPacketSize: 268_435_460, topicAliasMaximum: 5 },
    refused: [['a sixth topic alias', () => aliased(6), 0x94]],
  },
  {
    preset: 'emqx',
    announced: { receiveMaximum: 1_000, maximumPacketSize: 1_048_576, topicAliasMaximum: 65_535 },
    refused: [['more than 1 MiB', () => ofSize(1_048_577), 0x95]],
  },
  {
    preset: 'mosquitto2',
    announced: { receiveMaximum: 20, maximumPacketSize: 268_435_460, topicAliasMaximum: 10 },
    refused: [['an eleventh topic alias', () => aliased(11), 0x94]],
  },
];

it('has a row for every preset', () => {
  expect(rows.map(({ preset }) => preset)).toEqual(Object.keys(brokerPresets));
});

describe.each(rows)('$preset', ({ preset, announced, refused }) => {
  const policy: BrokerPolicy = brokerPresets[preset];

  it('announces what it can do', async () => {
    await using world = new FakeWorld(policy);
    const client = await world.open();
    const { properties } = await client.connect({ properties: { sessionExpiryInterval: day } });
    expect(properties).toEqual(announced);
  });

  it.each(refused)('refuses %s', async (_name, ask, code) => {
    await using world = new FakeWorld(policy);
    const client = await world.client('bold');
    client.send(ask());
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: code }]);
  });

  // What a client can leave unacknowledged is QoS 2: where there is none, everything is acknowledged at once.
  if (announced.maximumQoS !== 1) {
    it('refuses more messages at one time than its Receive Maximum', async () => {
      await using world = new FakeWorld(policy);
      const client = await world.client('greedy');
      const { receiveMaximum = 65_535 } = announced;
      for (let packetId = 1; packetId <= receiveMaximum + 1; packetId += 1)
        client.send(publishPacket('a', '', { qos: 2, packetId }));
      const answers = await client.rest();
      expect(answers).toHaveLength(receiveMaximum + 1);
      expect(answers.at(-1)).toMatchObject({ type: 'disconnect', reasonCode: 0x93 });
    });
  }

  it(`sends a copy ${policy.overlap ?? 'once'} where filters overlap`, async () => {
    await using world = new FakeWorld(policy);
    const client = await world.client('overlapping');
    await client.subscribe(['a/+', 'a/#']);
    world.broker.publish({ topic: 'a/b', payload: 'x', qos: 1 });
    expect(await client.messages()).toHaveLength(policy.overlap === 'per-subscription' ? 2 : 1);
  });

  it('gives topics aliases on the way to the client, or not', async () => {
    await using world = new FakeWorld(policy);
    const client = await world.client('aliased', { properties: { topicAliasMaximum: 2 } });
    await client.subscribe('a');
    for (let count = 0; count < 2; count += 1) world.broker.publish({ topic: 'a', payload: 'x' });
    const topics = (await client.soFar()).flatMap((packet) =>
      packet.type === 'publish' ? [packet.topic] : [],
    );
    expect(topics).toEqual(policy.capabilities?.outboundTopicAliasMaximum ? ['a', ''] : ['a', 'a']);
  });

  it('keeps what is retained, and a session for as long as it said', async () => {
    await using world = new FakeWorld(policy);
    const properties = { sessionExpiryInterval: day };
    const client = await world.client('keeper', { properties });
    await client.publish('state', 'on', { qos: 1, retain: true });
    expect(world.broker.retained('state')).toBeDefined();
    await client.leave();
    const { sessionExpiryInterval: kept = day } = announced;
    await world.clock.advance((kept - 1) * 1000);
    expect(world.broker.session('keeper')).toBeDefined();
    await world.clock.advance(1000);
    expect(world.broker.session('keeper')).toBeUndefined();
  });
});

describe('limits of the cloud brokers', () => {
  it('AWS IoT Core: 50 subscriptions', async () => {
    await using world = new FakeWorld(brokerPresets.awsIotCore);
    const client = await world.client('subscriber');
    const filters = Array.from({ length: 51 }, (_, n) => `a/${n}`);
    const { reasonCodes } = await client.subscribe(filters, { maximumQoS: 1 });
    expect(reasonCodes).toEqual([...Array<number>(50).fill(1), 0x97]);
  });

  it.each([
    [100, 1],
    [49, 20_000],
  ])(
    'Azure Event Grid: %i messages wait if each has %i bytes, one more is dropped',
    async (queued, bytes) => {
      await using world = new FakeWorld(brokerPresets.azureEventGrid);
      const away = await world.client('away', { properties: { sessionExpiryInterval: day } });
      await away.subscribe('a');
      await away.leave();
      const payload = new Uint8Array(bytes);
      for (let count = 0; count <= queued; count += 1) world.broker.publish({ topic: 'a', payload, qos: 1 });
      expect(world.broker.session('away')).toMatchObject({ queued, dropped: 1 });
    },
  );
});

describeWithMosquitto('mosquitto2 beside mosquitto', (mosquitto) => {
  const open = async (version: ProtocolVersion) =>
    new RawClient(await connectTcp({ host: '127.0.0.1', port: mosquitto().port }), version);

  it('is what mosquitto announces', async () => {
    const client = await open(5);
    const { properties } = await client.connect({
      keepAlive: 60,
      properties: { sessionExpiryInterval: day },
    });
    await client.leave();
    const { maximumPacketSize, ...announced } = rows.find(({ preset }) => preset === 'mosquitto2')!.announced;
    expect(properties).toEqual(announced);
    expect(maximumPacketSize).toBe(268_435_460); // the protocol's own limit: no limit needs no words
  });

  it.each([
    [5, ['a/b', 'a/b', 'a/b', 'a/b']],
    [4, ['a/b', 'a/b']],
  ] as const)('sends as many copies, and as few aliases, on level %i', async (version, topics) => {
    await using world = new FakeWorld(brokerPresets.mosquitto2);
    for (const client of [await open(version), await world.open(version)]) {
      await client.connect({ keepAlive: 60, ...(version === 5 && { properties: { topicAliasMaximum: 2 } }) });
      await client.subscribe(['a/+', 'a/#'], { maximumQoS: 1 });
      for (let count = 0; count < 2; count += 1) await client.publish('a/b', 'x', { qos: 1 });
      const packets = await client.soFar();
      expect(packets.flatMap((packet) => (packet.type === 'publish' ? [packet.topic] : []))).toEqual(topics);
      await client.leave();
    }
  });
});

const placed = defineTopic('orders/+order/placed');

@Controller()
class OrderController {
  @Topic(placed, { qos: 2 })
  onPlaced(_message: Message<typeof placed>) {}

  @Topic('orders/+order/paid', { qos: 1, share: 'tills' })
  onPaid(_message: Message<'orders/+order/paid'>) {}
}

it('tells an application at its start what its broker does not have', async () => {
  const app = createApp({ connection: 'mqtt://nowhere', controllers: [OrderController] });
  const starting = createTestApp(app, { broker: new FakeBroker(brokerPresets.azureEventGrid) });
  await expect(starting).rejects.toMatchObject({
    name: 'BootError',
    findings: [
      "OrderController.onPlaced asks for QoS 2; the broker's maximum is 1.",
      "OrderController.onPaid uses share: 'tills'; the broker has no shared subscriptions.",
    ],
  });
  await using fits = await createTestApp(app, { broker: new FakeBroker(brokerPresets.emqx) });
  const delivery = await fits.deliver(placed.to({ order: '7' }), 'x');
  expect(delivery.outcome).toBe('acked');
});

function qos2(): Packet {
  return publishPacket('a', '', { qos: 2, packetId: 1 });
}

function subscription(filter: string, identifier?: number): Packet {
  return {
    type: 'subscribe',
    packetId: 1,
    subscriptions: [request({ filter })],
    ...(identifier !== undefined && { properties: { subscriptionIdentifier: identifier } }),
  };
}

function aliased(topicAlias: number): Packet {
  return publishPacket('a', '', { properties: { topicAlias } });
}

/** A PUBLISH of that many bytes. */
function ofSize(bytes: number): Packet {
  const lengthBytes = bytes > 2_097_152 ? 4 : 3;
  return publishPacket('a', 'x'.repeat(bytes - 1 - lengthBytes - 3 - 1));
}

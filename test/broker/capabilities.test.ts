import { describe, expect, it } from 'vitest';
import type { BrokerPolicy } from '../../src/broker/index.js';
import type { ConnackProperties, Packet, ProtocolVersion } from '../../src/packets/packet.js';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { publishPacket, type RawClient, request } from '../support/broker/raw-client.js';

/** What is switched off, what CONNACK says of it, and what a client that asks for it all the same gets: the last packet. */
const rows: readonly {
  name: string;
  capabilities: BrokerPolicy['capabilities'];
  announced: ConnackProperties;
  ask: Packet;
  code: number;
}[] = [
  // [MQTT-3.2.2-9]
  {
    name: 'QoS 1 at most',
    capabilities: { maximumQoS: 1 },
    announced: { maximumQoS: 1 },
    ask: publishPacket('a', '', { qos: 2, packetId: 1 }),
    code: 0x9b,
  },
  // [MQTT-3.2.2-9]
  {
    name: 'QoS 0 only',
    capabilities: { maximumQoS: 0 },
    announced: { maximumQoS: 0 },
    ask: publishPacket('a', '', { qos: 1, packetId: 1 }),
    code: 0x9b,
  },
  {
    name: 'no retained messages',
    capabilities: { retain: false },
    announced: { retainAvailable: false },
    ask: publishPacket('a', 'x', { retain: true }),
    code: 0x9a,
  },
  {
    name: 'no wildcards',
    capabilities: { wildcards: false },
    announced: { wildcardSubscriptionAvailable: false },
    ask: { type: 'subscribe', packetId: 1, subscriptions: [request({ filter: 'a/+' })] },
    code: 0xa2,
  },
  {
    name: 'no subscription identifiers',
    capabilities: { subscriptionIdentifiers: false },
    announced: { subscriptionIdentifiersAvailable: false },
    ask: {
      type: 'subscribe',
      packetId: 1,
      subscriptions: [request({ filter: 'a' })],
      properties: { subscriptionIdentifier: 1 },
    },
    code: 0xa1,
  },
  {
    name: 'no shared subscriptions',
    capabilities: { sharedSubscriptions: false },
    announced: { sharedSubscriptionAvailable: false },
    ask: { type: 'subscribe', packetId: 1, subscriptions: [request({ filter: '$share/g/a' })] },
    code: 0x9e,
  },
  {
    name: 'no topic aliases',
    capabilities: {},
    announced: {},
    ask: publishPacket('a', '', { properties: { topicAlias: 1 } }),
    code: 0x94,
  },
  {
    name: 'topic aliases up to 2',
    capabilities: { topicAliasMaximum: 2 },
    announced: { topicAliasMaximum: 2 },
    ask: publishPacket('a', '', { properties: { topicAlias: 3 } }),
    code: 0x94,
  },
  {
    name: 'an alias that was never set',
    capabilities: { topicAliasMaximum: 2 },
    announced: { topicAliasMaximum: 2 },
    ask: publishPacket('', '', { properties: { topicAlias: 1 } }),
    code: 0x94,
  },
  {
    name: 'packets of 100 bytes',
    capabilities: { maximumPacketSize: 100 },
    announced: { maximumPacketSize: 100 },
    ask: publishPacket('a', 'x'.repeat(100)),
    code: 0x95,
  },
];

describe('what is announced as missing is refused with its reason code', () => {
  it.each(rows)('$name', async ({ capabilities, announced, ask, code }) => {
    await using world = new FakeWorld({ capabilities });
    const client = await world.open();
    const { properties } = await client.connect();
    expect(properties).toEqual({ receiveMaximum: 1000, maximumPacketSize: 1_048_576, ...announced });
    client.send(ask);
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: code }]);
  });

  it.each(rows.filter(({ ask }) => ask.type === 'publish' && ask.properties === undefined))(
    '$name, on MQTT 3.1.1: the connection is closed',
    async ({ capabilities, ask }) => {
      await using world = new FakeWorld({ capabilities });
      const client = await world.client('old', {}, 4);
      client.send(ask);
      expect(await client.rest()).toEqual([]);
    },
  );

  it.each([
    ['wildcards', 'a/+'],
    ['sharedSubscriptions', '$share/g/a'],
  ] as const)('no %s, on MQTT 3.1.1: SUBACK 0x80', async (capability, filter) => {
    await using world = new FakeWorld({ capabilities: { [capability]: false } });
    const client = await world.client('old', {}, 4);
    expect((await client.subscribe(['b', filter])).reasonCodes).toEqual([2, 0x80]);
    expect(world.broker.session('old')?.subscriptions).toEqual([{ filter: 'b', qos: 2 }]);
  });
});

describe('limits that are announced are honoured', () => {
  it('grants the maximum QoS where more is asked for [MQTT-3.2.2-10]', async () => {
    await using world = new FakeWorld({ capabilities: { maximumQoS: 1 } });
    const client = await world.client('one');
    expect(
      (
        await client.subscribe([
          { filter: 'a', maximumQoS: 2 },
          { filter: 'b', maximumQoS: 0 },
        ])
      ).reasonCodes,
    ).toEqual([1, 0]);
  });

  // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
  it.each([
    ['QoS', { maximumQoS: 1 }, { qos: 2, retain: false }, 0x9b],
    ['retain', { retain: false }, { qos: 0, retain: true }, 0x9a],
  ] as const)('refuses a will above its %s', async (_name, capabilities, will, code) => {
    await using world = new FakeWorld({ capabilities });
    const options = { will: { topic: 'will', payload: new Uint8Array([1]), ...will } };
    const client = await world.open();
    expect(await client.connect(options)).toMatchObject({ reasonCode: code, sessionPresent: false });
    expect(await client.rest()).toEqual([]);
    // MQTT 3.1.1 has no return code for it: the connection closes without one.
    const old = await world.open(4);
    await expect(old.connect(options)).rejects.toThrow('ended');
  });

  it('resolves topic aliases, each on its own connection [MQTT-3.3.2-7]', async () => {
    await using world = new FakeWorld({ capabilities: { topicAliasMaximum: 2 } });
    const receiver = await world.client('receiver');
    await receiver.subscribe('#');
    const sender = await world.client('sender');
    sender.send(
      publishPacket('one', '1', { properties: { topicAlias: 1 } }),
      publishPacket('two', '2', { properties: { topicAlias: 2 } }),
      publishPacket('', '3', { properties: { topicAlias: 1 } }),
      publishPacket('three', '4', { properties: { topicAlias: 1 } }),
      publishPacket('', '5', { properties: { topicAlias: 1 } }),
    );
    await sender.fence();
    expect(await receiver.messages()).toEqual([
      'q0 one "1"',
      'q0 two "2"',
      'q0 one "3"',
      'q0 three "4"',
      'q0 three "5"',
    ]);
    const other = await world.client('other');
    other.send(publishPacket('', '', { properties: { topicAlias: 1 } }));
    expect(await other.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x94 }]);
  });

  it.each([1, 2] as const)('ends a client that goes beyond the Receive Maximum with QoS %i', async (qos) => {
    await using world = new FakeWorld({ capabilities: { receiveMaximum: 2 } });
    const client = await world.client('greedy');
    for (const packetId of [1, 2]) client.send(publishPacket('a', '', { qos: 2, packetId }));
    client.send(publishPacket('a', '', { qos, packetId: 3 }));
    expect(await client.rest()).toMatchObject([
      { type: 'pubrec' },
      { type: 'pubrec' },
      { type: 'disconnect', reasonCode: 0x93 },
    ]);
  });

  it('takes repeats, and goes on as messages are released or refused', async () => {
    await using world = new FakeWorld({
      capabilities: { receiveMaximum: 1 },
      limits: { retainedMessages: 0 },
    });
    const client = await world.client('steady');
    for (const duplicate of [false, true])
      client.send(publishPacket('a', '', { qos: 2, packetId: 1, duplicate }));
    client.send({ type: 'pubrel', packetId: 1, reasonCode: 0 });
    expect(await client.soFar()).toHaveLength(3);
    expect(await client.publish('a', 'x', { qos: 2, retain: true })).toBe(0x97);
    expect(await client.publish('a', 'x', { qos: 2 })).toBe(0x10);
    expect(await client.publish('a', 'x', { qos: 1 })).toBe(0x10);
  });

  it('begins the Receive Maximum anew with each connection: MQTT 5.0, 4.9', async () => {
    await using world = new FakeWorld({ capabilities: { receiveMaximum: 1 } });
    const options = { cleanStart: false, properties: { sessionExpiryInterval: 100 } };
    const first = await world.client('forgetful', options);
    first.send(publishPacket('a', '', { qos: 2, packetId: 1 }));
    await first.next('pubrec');
    await world.drop(first);
    const back = await world.client('forgetful', options);
    expect(await back.publish('a', '', { qos: 2, packetId: 2 })).toBe(0x10);
    // A repeat from the first connection takes of the quota of this one.
    back.send(publishPacket('a', '', { qos: 2, packetId: 1, duplicate: true }));
    await back.next('pubrec');
    back.send(publishPacket('a', '', { qos: 2, packetId: 3 }));
    expect(await back.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x93 }]);
  });

  it('says in CONNACK for how long it really keeps the session', async () => {
    await using world = new FakeWorld({ capabilities: { sessionExpiryMaximum: 60 } });
    const long = await (await world.open()).connect({
      clientId: 'long',
      properties: { sessionExpiryInterval: 600 },
    });
    const short = await (await world.open()).connect({
      clientId: 'short',
      properties: { sessionExpiryInterval: 6 },
    });
    expect(long.properties?.sessionExpiryInterval).toBe(60);
    expect(short.properties?.sessionExpiryInterval).toBeUndefined();
  });

  it('never sets an option that it does not know the range of', () => {
    expect(() => new FakeBroker({ capabilities: { receiveMaximum: 0 } })).toThrow(
      'Broker: capabilities.receiveMaximum is 0. Give a whole number from 1 to 65535.',
    );
  });
});

describe('versions', () => {
  const cases: readonly (readonly [4 | 5 | undefined, ProtocolVersion, number])[] = [
    [undefined, 4, 0],
    [undefined, 5, 0],
    [4, 4, 0],
    [5, 5, 0],
    [5, 4, 1],
  ];
  it.each(cases)('a broker of version %s answers protocol level %i with %i', async (version, level, code) => {
    await using world = new FakeWorld({ ...(version !== undefined && { version }) });
    const client: RawClient = await world.open(level);
    expect((await client.connect()).reasonCode).toBe(code);
    if (code !== 0) expect(await client.rest()).toEqual([]);
  });

  it('a broker of 3.1.1 answers MQTT 5 in its own words, as such a broker would', async () => {
    await using world = new FakeWorld({ version: 4 });
    const transport = await world.broker.endpoint.connect();
    const bytes: number[] = [];
    const closed = new Promise<void>((resolve) =>
      transport.start(
        (chunk) => void bytes.push(...chunk),
        () => resolve(),
      ),
    );
    transport.write(new Uint8Array([0x10, 14, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 0, 0, 0, 1, 0x61]));
    await closed;
    expect(bytes).toEqual([0x20, 2, 0, 1]);
  });

  it.each([
    ['3.1', [0x10, 15, 0, 6, ...new TextEncoder().encode('MQIsdp'), 3, 2, 0, 0, 0, 1, 0x61], [0x20, 2, 0, 1]],
    [
      'level 6',
      [0x10, 14, 0, 4, ...new TextEncoder().encode('MQTT'), 6, 2, 0, 0, 0, 0, 1, 0x61],
      [0x20, 3, 0, 0x84, 0],
    ],
  ])(
    'MQTT %s is refused in an answer that its client understands [MQTT-3.1.2-2]',
    async (_name, connect, answer) => {
      await using world = new FakeWorld();
      const transport = await world.broker.endpoint.connect();
      const bytes: number[] = [];
      const closed = new Promise<void>((resolve) =>
        transport.start(
          (chunk) => void bytes.push(...chunk),
          () => resolve(),
        ),
      );
      transport.write(new Uint8Array(connect));
      await closed;
      expect(bytes).toEqual(answer);
    },
  );
});

it('delivers from either version to the other; properties end at MQTT 3.1.1', async () => {
  await using world = new FakeWorld();
  const old = await world.client('old', {}, 4);
  const modern = await world.client('modern');
  await old.subscribe('#');
  await modern.subscribe('#', { identifier: 7 });
  const properties = {
    contentType: 'text/plain',
    messageExpiryInterval: 9,
    userProperties: [['a', 'b']],
  } as const;
  for (const qos of [0, 1, 2] as const) await modern.publish('five', String(qos), { qos, properties });
  await old.publish('four', 'x', { qos: 1 });
  expect(await old.messages()).toEqual(['q0 five "0"', 'q1 five "1"', 'q2 five "2"', 'q1 four "x"']);
  const packets = (await modern.soFar()).flatMap((packet) => (packet.type === 'publish' ? [packet] : []));
  expect(packets.map((packet) => packet.properties)).toEqual([
    ...[0, 1, 2].map(() => ({ ...properties, subscriptionIdentifiers: [7] })),
    { subscriptionIdentifiers: [7] },
  ]);
});

describe('authentication', () => {
  const authenticate: BrokerPolicy['authenticate'] = ({ username, password }) => {
    if (username === 'thrower') throw new Error('the user table is on fire');
    if (username === 'odd') return 0x07;
    if (username !== 'ann') return 0x87;
    return new TextDecoder().decode(password) === 'secret' ? 0 : 0x86;
  };

  // [MQTT-3.1.4-2]
  it.each([
    ['ann', 'secret', 0, 0],
    ['ann', 'wrong', 0x86, 4],
    ['bob', 'secret', 0x87, 5],
  ] as const)('%s with "%s": %i, on MQTT 3.1.1 %i', async (username, password, reasonCode, returnCode) => {
    await using world = new FakeWorld({ authenticate });
    const options = { username, password: new TextEncoder().encode(password) };
    for (const [version, code] of [
      [5, reasonCode],
      [4, returnCode],
    ] as const) {
      const client = await world.open(version);
      expect(await client.connect(options)).toMatchObject({ reasonCode: code });
      if (code !== 0) expect(await client.rest()).toEqual([]);
      if (code !== 0) expect(world.broker.session('client')).toBeUndefined();
    }
  });

  it.each(['thrower', 'odd'])('refuses with 0x80 where the hook fails: %s', async (username) => {
    await using world = new FakeWorld({ authenticate });
    const client = await world.open();
    expect(await client.connect({ username })).toMatchObject({ reasonCode: 0x80 });
    const old = await world.open(4);
    await expect(old.connect({ username })).rejects.toThrow('ended');
  });

  it('a refused client does not touch the session that it names', async () => {
    await using world = new FakeWorld({ authenticate });
    const ann = await world.client('ann-1', {
      username: 'ann',
      password: new TextEncoder().encode('secret'),
    });
    const thief = await world.open();
    expect(await thief.connect({ clientId: 'ann-1', username: 'bob' })).toMatchObject({ reasonCode: 0x87 });
    await ann.fence();
  });

  it('refuses enhanced authentication with 0x8C [MQTT-4.12.0-1]', async () => {
    await using world = new FakeWorld();
    const client = await world.open();
    expect(await client.connect({ properties: { authenticationMethod: 'SCRAM' } })).toMatchObject({
      reasonCode: 0x8c,
    });
    expect(await client.rest()).toEqual([]);
  });
});

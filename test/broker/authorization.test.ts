import { describe, expect, it } from 'vitest';
import type { AuthorizationRequest, BrokerPolicy } from '../../src/broker/index.js';
import type { PublishPacket, QoS } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';

/** Refuses topics and filters that begin with `secret`, each with the code that its second level says. */
const policy: BrokerPolicy = {
  authorize: (request) => {
    const name = request.action === 'subscribe' ? request.filter : request.topic;
    const [, code = ''] = /^(?:\$share\/g\/)?secret\/(\w+)/.exec(name) ?? [];
    if (code === 'throw') throw new Error('no such table');
    return Number(code);
  },
};

describe('PUBLISH', () => {
  it.each([
    ['the code of the hook', 'secret/0x87', 0x87],
    ['another one of its', 'secret/0x97', 0x97],
    ['0x80 where PUBACK has no such code', 'secret/0x8a', 0x80],
    ['0x80 where the code is no failure', 'secret/0x10', 0x80],
    ['0x80 where the hook throws', 'secret/throw', 0x80],
    // A topic that is the broker's own: MQTT 5.0, 4.7.2.
    ['0x87 for the broker’s own topics', '$SYS/broker/uptime', 0x87],
    ['0x87 for their root', '$SYS', 0x87],
    ['0x87 for what looks like a shared filter', '$share/g/a', 0x87],
  ])('is refused with %s', async (_name, topic, code) => {
    await using world = new FakeWorld(policy);
    const client = await world.client('client');
    await client.subscribe(['#', '$SYS/#', 'secret/#']);
    for (const qos of [1, 2] as const) {
      expect(await client.publish(topic, 'x', { qos, retain: true })).toBe(code);
    }
    // At QoS 0 there is nothing to say no with.
    await client.publish(topic, 'x', { qos: 0, retain: true });
    expect(await client.messages()).toEqual([]);
    expect([world.broker.published, world.broker.retained(topic)]).toEqual([[], undefined]);
  });

  it('is acknowledged and dropped on MQTT 3.1.1, which has no codes: 3.3.5 of that version', async () => {
    await using world = new FakeWorld({ ...policy, capabilities: { receiveMaximum: 1 } });
    const client = await world.client('old', {}, 4);
    await client.subscribe('#');
    for (const topic of ['secret/0x87', '$SYS/x']) {
      for (const qos of [0, 1, 2] as const) expect(await client.publish(topic, 'x', { qos })).toBe(0);
    }
    expect(await client.messages()).toEqual([]);
    expect(world.broker.published).toEqual([]);
  });

  it('takes the identifier of a refused QoS 2 message for a new one, and not from the quota [MQTT-4.3.3-9]', async () => {
    await using world = new FakeWorld({ ...policy, capabilities: { receiveMaximum: 1 } });
    const client = await world.client('client');
    for (const [topic, packetId] of [
      ['secret/0x87', 7],
      ['open', 8],
      ['secret/0x87', 8],
      ['open', 8],
    ] as const) {
      await client.publish(topic, 'x', { qos: 2, packetId });
    }
    expect(world.broker.published.map(({ topic }) => topic)).toEqual(['open', 'open']);
  });

  it('is refused once on MQTT 3.1.1, however often it is sent before its PUBREL [MQTT-4.3.3-10]', async () => {
    let isOpen = false;
    await using world = new FakeWorld({ authorize: () => (isOpen ? 0 : 0x87) });
    const client = await world.client('old', {}, 4);
    client.send(refused(2));
    await client.next('pubrec');
    isOpen = true;
    expect(await client.publish('secret/0x87', '', { qos: 2, packetId: 2, duplicate: true })).toBe(0);
    expect(world.broker.published).toEqual([]);
  });

  it('says why in PUBACK and PUBREC, unless the client does not want to know [MQTT-3.1.2-29]', async () => {
    await using world = new FakeWorld(policy);
    for (const requestProblemInformation of [true, false]) {
      const client = await world.client('client', { properties: { requestProblemInformation } });
      for (const [qos, type] of [
        [1, 'puback'],
        [2, 'pubrec'],
      ] as const) {
        client.send(refused(qos));
        expect((await client.next(type)).properties?.reasonString).toBe(
          requestProblemInformation ? 'The authorize hook said no.' : undefined,
        );
      }
    }
  });

  it('says why only where that fits [MQTT-3.4.2-2] [MQTT-3.5.2-2]', async () => {
    await using world = new FakeWorld(policy);
    const client = await world.client('client', { properties: { maximumPacketSize: 30 } });
    client.send(refused(1), refused(2));
    expect(await client.soFar()).toEqual([
      { type: 'puback', packetId: 1, reasonCode: 0x87 },
      { type: 'pubrec', packetId: 2, reasonCode: 0x87 },
    ]);
  });

  const refused = (qos: QoS): PublishPacket => ({
    type: 'publish',
    topic: 'secret/0x87',
    payload: new Uint8Array(0),
    qos,
    packetId: qos,
    retain: false,
    duplicate: false,
  });
});

describe('SUBSCRIBE', () => {
  it.each([
    ['the code of the hook', '0x87', 0x87],
    ['0x80 where SUBACK has no such code', '0x90', 0x80],
    ['0x80 where the code is no failure', '1', 0x80],
    ['0x80 where the hook throws', 'throw', 0x80],
  ])('is refused filter by filter, with %s; on MQTT 3.1.1 with 0x80', async (_name, level, code) => {
    await using world = new FakeWorld(policy);
    for (const version of [5, 4] as const) {
      const client = await world.client('client', {}, version);
      const filters = ['a', `secret/${level}/#`, `$share/g/secret/${level}`, 'b'];
      const refusal = version === 5 ? code : 0x80;
      expect((await client.subscribe(filters)).reasonCodes).toEqual([2, refusal, refusal, 2]);
      expect(world.broker.session('client')?.subscriptions.map(({ filter }) => filter)).toEqual(['a', 'b']);
    }
  });

  it.each([
    ['says why the first was refused', {}, 'The authorize hook said no.'],
    // [MQTT-3.1.2-29]
    ['does not where nobody wants to know', { requestProblemInformation: false }, undefined],
    // [MQTT-3.9.2-1]
    ['does not where it does not fit', { maximumPacketSize: 30 }, undefined],
  ])('%s', async (_name, properties, why) => {
    await using world = new FakeWorld({ ...policy, limits: { subscriptionsPerSession: 1 } });
    const client = await world.client('client', { properties });
    const suback = await client.subscribe(['secret/0x87', 'a', 'b']);
    expect(suback.reasonCodes).toEqual([0x87, 2, 0x97]);
    expect(suback.properties?.reasonString).toBe(why);
  });

  it('keeps a standing subscription whose renewal is refused', async () => {
    let isOpen = true;
    await using world = new FakeWorld({ authorize: () => (isOpen ? 0 : 0x87) });
    const client = await world.client('client');
    await client.subscribe('a', { maximumQoS: 1 });
    isOpen = false;
    expect((await client.subscribe('a', { maximumQoS: 2 })).reasonCodes).toEqual([0x87]);
    expect(world.broker.session('client')?.subscriptions).toEqual([{ filter: 'a', qos: 1 }]);
  });
});

describe('a will', () => {
  const will = (topic: string) => ({
    will: { topic, payload: new Uint8Array([1]), qos: 1 as const, retain: true },
  });

  it.each([
    ['secret/0x87', 0x87, 5],
    ['secret/0x97', 0x97, 3],
    ['secret/throw', 0x80, undefined],
    ['$SYS/will', 0x87, 5],
  ])('on %s refuses CONNECT with %i, on MQTT 3.1.1 with return code %s', async (topic, code, returnCode) => {
    await using world = new FakeWorld(policy);
    const client = await world.open();
    expect(await client.connect(will(topic))).toMatchObject({ reasonCode: code, sessionPresent: false });
    const old = await world.open(4);
    if (returnCode === undefined) await expect(old.connect(will(topic))).rejects.toThrow('ended');
    else expect(await old.connect(will(topic))).toMatchObject({ reasonCode: returnCode });
    for (const each of [client, old]) expect(await each.rest()).toEqual([]);
    expect([world.broker.session('client'), world.broker.published]).toEqual([undefined, []]);
  });

  it('that was allowed is not asked for again when it goes out', async () => {
    const seen: AuthorizationRequest[] = [];
    await using world = new FakeWorld({
      authorize: (request) => {
        seen.push(request);
        return 0;
      },
    });
    await world.drop(await world.client('mortal', { username: 'ann', ...will('will') }));
    expect(world.broker.published).toMatchObject([{ topic: 'will' }]);
    expect(seen).toEqual([
      { action: 'will', clientId: 'mortal', username: 'ann', topic: 'will', qos: 1, retain: true },
    ]);
  });
});

it('tells the hook who asks for what', async () => {
  const seen: AuthorizationRequest[] = [];
  await using world = new FakeWorld({
    capabilities: { topicAliasMaximum: 1 },
    authorize: (request) => {
      seen.push(request);
      return 0;
    },
  });
  const client = await world.client('one', { username: 'ann' });
  await client.subscribe('$share/g/a', { maximumQoS: 1 });
  await client.publish('a', '', { qos: 2, properties: { topicAlias: 1 } });
  await client.publish('', '', { qos: 0, retain: true, properties: { topicAlias: 1 } });
  const ann = { clientId: 'one', username: 'ann' };
  expect(seen).toEqual([
    { action: 'subscribe', ...ann, filter: '$share/g/a', maximumQoS: 1 },
    { action: 'publish', ...ann, topic: 'a', qos: 2, retain: false },
    { action: 'publish', ...ann, topic: 'a', qos: 0, retain: true },
  ]);
});

// The host is not a client: it may publish what is the broker's own.
it('$SYS is for the host, and for who subscribes to it by name [MQTT-4.7.2-1]', async () => {
  await using world = new FakeWorld({ authorize: () => 0x87 });
  world.broker.publish({ topic: '$SYS/uptime', payload: '1', retain: true });
  await using open = new FakeWorld();
  const wild = await open.client('wild');
  await wild.subscribe(['#', '+/uptime', '+/#', '$share/g/#', '$share/h/+/uptime']);
  const named = await open.client('named');
  await named.subscribe(['$SYS/#', '$share/g/$SYS/+']);
  open.broker.publish({ topic: '$SYS/uptime', payload: '1', retain: true });
  expect(await wild.messages()).toEqual([]);
  expect(await named.messages()).toEqual(['q0 $SYS/uptime "1"', 'q0 $SYS/uptime "1"']);
  // What was retained is found by the same rule.
  for (const [filter, messages] of [
    ['#', []],
    ['+/+', []],
    ['$SYS/+', ['q0 $SYS/uptime "1" retain']],
  ] as const) {
    const late = await open.client('late');
    await late.subscribe(filter);
    expect(await late.messages()).toEqual(messages);
  }
});

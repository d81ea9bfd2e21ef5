// Random sequences of packets and bytes from up to three clients: the broker never throws, and never writes a packet that
// our own strict decoder refuses.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AuthenticationMethod, BrokerPolicy } from '../../src/broker/index.js';
import { encodePacket } from '../../src/packets/index.js';
import type { Packet, ProtocolVersion } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import {
  acknowledgement,
  connectPacket,
  publishPacket,
  RawClient,
  request,
} from '../support/broker/raw-client.js';

const topic = fc.constantFrom('a', 'a/b', 'a/b/c', '', '$x');
const filter = fc.constantFrom('a', 'a/+', '#', 'a/#', '+/b', '$x', '$share/g/a/#', '$share/h/a');
const packetId = fc.integer({ min: 1, max: 5 });
const qos = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;
const reasonCode = fc.constantFrom(0, 0, 0, 0x10, 0x80, 0x92);

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc
    .record({
      topic,
      qos,
      retain: fc.boolean(),
      duplicate: fc.boolean(),
      packetId,
      text: fc.string(),
      expiry: fc.option(fc.nat(9)),
    })
    .map(({ text, expiry, packetId, ...rest }) => ({
      ...publishPacket(rest.topic, text),
      ...rest,
      duplicate: rest.qos > 0 && rest.duplicate,
      ...(rest.qos > 0 && { packetId }),
      ...(expiry !== null && { properties: { messageExpiryInterval: expiry } }),
    })),
  fc
    .record({ type: fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), packetId, reasonCode })
    .map((ack) => ack as Packet),
  fc
    .record({
      packetId,
      filters: fc.array(fc.record({ filter, maximumQoS: qos, noLocal: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      identifier: fc.option(fc.integer({ min: 1, max: 3 })),
    })
    .map(({ packetId, filters, identifier }) => ({
      type: 'subscribe' as const,
      packetId,
      subscriptions: filters.map(request),
      ...(identifier !== null && { properties: { subscriptionIdentifier: identifier } }),
    })),
  fc.record({ packetId, filters: fc.array(filter, { minLength: 1, maxLength: 2 }) }).map((rest) => ({
    type: 'unsubscribe' as const,
    ...rest,
  })),
  fc.constant<Packet>({ type: 'pingreq' }),
  fc
    .record({
      reasonCode: fc.constantFrom(0x18, 0x19),
      method: fc.constantFrom('odd', 'even'),
      length: fc.nat(9),
    })
    .map(({ reasonCode, method, length }) => ({
      type: 'auth' as const,
      reasonCode,
      properties: { authenticationMethod: method, authenticationData: new Uint8Array(length) },
    })),
);

type Step =
  | {
      do: 'connect';
      who: number;
      version: ProtocolVersion;
      cleanStart: boolean;
      expiry: number;
      window: number;
      will: boolean;
      method: 'odd' | undefined;
    }
  | { do: 'send'; who: number; packet: Packet }
  | { do: 'bytes'; who: number; bytes: Uint8Array }
  | { do: 'acknowledge'; who: number }
  | { do: 'drop'; who: number }
  | { do: 'leave'; who: number; reasonCode: number }
  | { do: 'pause' | 'resume'; who: number }
  | { do: 'wait'; ms: number };

const who = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      who,
      version: fc.constantFrom(4, 5) as fc.Arbitrary<ProtocolVersion>,
      cleanStart: fc.boolean(),
      expiry: fc.constantFrom(0, 5, 100),
      window: fc.constantFrom(1, 2, 100),
      will: fc.boolean(),
      method: fc.constantFrom('odd' as const, undefined, undefined),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), who, packet }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('bytes' as const), who, bytes: fc.uint8Array({ maxLength: 20 }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('leave' as const), who, reasonCode: fc.constantFrom(0, 4) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1000, 20_000) }),
  },
);

/** Lets a client in by as many bytes as it likes, asks again where their number is odd, and fails now and then. */
const odd: AuthenticationMethod = () => (data) => {
  const { length } = data ?? new Uint8Array(0);
  if (length === 9) throw new Error('The method is out of order.');
  return { reasonCode: [0, 0x18, 0, 0x18, 0x86, 0x18, 0x87, 0x18, 0][length] ?? 0, authenticationData: data };
};

const authorize: BrokerPolicy['authorize'] = (request) => {
  const text = request.action === 'subscribe' ? request.filter : request.topic;
  if (text === '$x') throw new Error('The hook is out of order.');
  return text.endsWith('c') ? 0x87 : 0;
};

const policy: fc.Arbitrary<BrokerPolicy> = fc.record({
  authenticationMethods: fc.constantFrom({}, { odd }),
  authorize: fc.constantFrom(undefined, undefined, authorize),
  overlap: fc.constantFrom('once' as const, 'per-subscription' as const),
  capabilities: fc.record(
    {
      maximumQoS: qos,
      retain: fc.boolean(),
      wildcards: fc.boolean(),
      sharedSubscriptions: fc.boolean(),
      receiveMaximum: fc.constantFrom(1, 3, 65_535),
      outboundTopicAliasMaximum: fc.constantFrom(0, 1, 65_535),
    },
    { requiredKeys: [] },
  ),
  limits: fc.record(
    {
      queuedMessages: fc.constantFrom(0, 2, 1000),
      queuedBytes: fc.constantFrom(0, 10, 1000),
      retainedMessages: fc.constantFrom(0, 1, 100),
      retainedBytes: fc.constantFrom(10, 1000),
    },
    { requiredKeys: [] },
  ),
});

const runs = Number(process.env['TOPICWISE_SEQUENCES'] ?? 300);

it(`${runs} random sequences from three clients: nothing thrown, nothing illegal written, nothing left`, async () => {
  await fc.assert(
    fc.asyncProperty(policy, fc.array(step, { maxLength: 40, size: 'max' }), async (settings, steps) => {
      const world = new FakeWorld(settings);
      const all: RawClient[] = [];
      const clients: (RawClient | undefined)[] = [];
      for (const next of steps) await take(world, next, clients, all);
      for (const client of all) client.resume();
      await world.clock.settle();
      await world.broker.close();
      await world.clock.settle();
      expect(all.map((client) => client.violation).filter((violation) => violation !== undefined)).toEqual(
        [],
      );
      expect(all.every((client) => client.isClosed)).toBe(true);
      expect(world.broker.idle).toBe(true);
      expect(world.clock.pendingTimers).toBe(0);
    }),
    { numRuns: runs, ...(process.env['TOPICWISE_SEED'] && { seed: Number(process.env['TOPICWISE_SEED']) }) },
  );
}, 600_000);

async function take(
  world: FakeWorld,
  step: Step,
  clients: (RawClient | undefined)[],
  all: RawClient[],
): Promise<void> {
  if (step.do === 'wait') return void (await world.clock.advance(step.ms));
  if (step.do === 'connect') {
    const client = await world.open(step.version);
    clients[step.who] = client;
    all.push(client);
    client.send(
      connectPacket(step.version, {
        clientId: `c${step.who}`,
        cleanStart: step.cleanStart,
        keepAlive: 10,
        ...(step.version === 5 && {
          properties: {
            sessionExpiryInterval: step.expiry,
            receiveMaximum: step.window,
            topicAliasMaximum: step.window,
            requestProblemInformation: step.will,
            ...(step.method !== undefined && { authenticationMethod: step.method }),
          },
        }),
        ...(step.will && { will: { topic: 'a/b', payload: new Uint8Array(1), qos: 1, retain: true } }),
      }),
    );
    return;
  }
  const client = clients[step.who];
  if (client === undefined) return;
  switch (step.do) {
    case 'send':
      return sendIfLegal(client, step.packet);
    case 'bytes':
      return client.write(step.bytes);
    case 'acknowledge':
      await world.clock.settle();
      return client.send(...client.take().flatMap((packet) => acknowledgement(packet) ?? []));
    case 'drop':
      return client.drop();
    case 'leave':
      return sendIfLegal(client, {
        type: 'disconnect',
        reasonCode: client.version === 4 ? 0 : step.reasonCode,
      });
    default:
      client[step.do]();
  }
}

/** Our own encoder refuses some of what was made up; on MQTT 3.1.1 all that has properties. */
function sendIfLegal(client: RawClient, packet: Packet): void {
  let bytes: Uint8Array;
  try {
    bytes = encodePacket(packet, client.version);
  } catch {
    return;
  }
  client.write(bytes);
}

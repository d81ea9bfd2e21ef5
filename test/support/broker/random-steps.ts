// What up to five clients may do to a broker, in their own version of MQTT each: most of it legal, some of it hostile.
import fc from 'fast-check';
import type { Packet, ProtocolVersion } from '../../../src/packets/packet.js';
import { packetFor } from '../packets/arbitraries.js';
import { connectPacket, publishPacket, request } from './raw-client.js';

/** One thing that happens; `who` of those that are connected at that time, and for a new connection whose place it takes, 0 to 4. */
export type Step =
  /** A connection opens, in the place of whatever was there; the broker sees its bytes in pieces of `cut`, 0 is as they come. */
  | { do: 'connect'; who: number; version: ProtocolVersion; cut: number; packet: Packet }
  /** An open connection that says nothing. */
  | { do: 'open'; who: number }
  | { do: 'send'; who: number; packet: Packet }
  /** A packet with one byte changed, at that place of it, and cut off at another. */
  | { do: 'garble'; who: number; packet: Packet; at: number; byte: number; end: number }
  | { do: 'bytes'; who: number; bytes: Uint8Array }
  /** What the broker sent is answered, in order, with this reason code. */
  | { do: 'acknowledge'; who: number; reasonCode: number }
  /** The connection is cut. */
  | { do: 'drop'; who: number }
  /** The socket is closed in good order, without a DISCONNECT. */
  | { do: 'end'; who: number }
  | { do: 'pause' | 'resume'; who: number }
  /** The host publishes. */
  | { do: 'publish'; packet: Packet }
  | { do: 'wait'; ms: number };

/** True once in so many times. */
const once = (inSoMany: number): fc.Arbitrary<boolean> => fc.nat(inSoMany - 1).map((drawn) => drawn === 0);
/** There once in so many times, else undefined. */
export const seldom = <T>(inSoMany: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: inSoMany - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const topic = fc.constantFrom('a', 'a/b', 'a/b/c', 'a/b', '$x', '');
const filter = fc.constantFrom(
  'a',
  'a/+',
  '#',
  'a/#',
  '+/b',
  '$x',
  '$share/g/a/#',
  '$share/h/a',
  '$share/h/#',
);
const packetId = fc.integer({ min: 1, max: 5 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const reasonCode = fc.constantFrom(0, 0, 0, 0x10, 0x80, 0x92);
export const version = fc.constantFrom(5 as const, 5 as const, 4 as const);
const payload = fc.oneof(
  { weight: 12, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 2, arbitrary: fc.constantFrom('x'.repeat(100), 'x'.repeat(600)) },
  { weight: 1, arbitrary: fc.constant('x'.repeat(30_000)) },
);

const publish: fc.Arbitrary<Packet> = fc
  .record({
    topic,
    qos,
    retain: once(4),
    duplicate: once(8),
    packetId,
    payload,
    expiry: seldom(4, fc.nat(9)),
    topicAlias: seldom(10, fc.nat(3)),
  })
  .map(({ topic, payload, qos, retain, duplicate, packetId, expiry, topicAlias }) =>
    publishPacket(topic, payload, {
      qos,
      retain,
      duplicate: qos > 0 && duplicate,
      ...(qos > 0 && { packetId }),
      ...((expiry !== undefined || topicAlias !== undefined) && {
        properties: {
          ...(expiry !== undefined && { messageExpiryInterval: expiry }),
          ...(topicAlias !== undefined && { topicAlias }),
        },
      }),
    }),
  );

const acknowledgement: fc.Arbitrary<Packet> = fc.record({
  type: fc.constantFrom('puback' as const, 'pubrec' as const, 'pubrel' as const, 'pubcomp' as const),
  packetId,
  reasonCode,
});

const subscribe: fc.Arbitrary<Packet> = fc
  .record({
    packetId,
    filters: fc.array(
      fc.record({
        filter,
        maximumQoS: qos,
        noLocal: once(8),
        retainAsPublished: fc.boolean(),
        retainHandling: fc.constantFrom('send' as const, 'send-if-new' as const, 'never' as const),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    identifier: seldom(3, fc.integer({ min: 1, max: 3 })),
  })
  .map(({ packetId, filters, identifier }) => ({
    type: 'subscribe',
    packetId,
    subscriptions: filters.map(request),
    ...(identifier !== undefined && { properties: { subscriptionIdentifier: identifier } }),
  }));

const unsubscribe: fc.Arbitrary<Packet> = fc
  .record({ packetId, filters: fc.array(filter, { minLength: 1, maxLength: 2 }) })
  .map((rest) => ({ type: 'unsubscribe', ...rest }));

const disconnect: fc.Arbitrary<Packet> = fc
  .record({ reasonCode: fc.constantFrom(0, 4, 0x81), expiry: seldom(3, fc.constantFrom(0, 5, 100)) })
  .map(({ reasonCode, expiry }) => ({
    type: 'disconnect',
    reasonCode,
    ...(expiry !== undefined && { properties: { sessionExpiryInterval: expiry } }),
  }));

const auth: fc.Arbitrary<Packet> = fc
  .record({
    reasonCode: fc.constantFrom(0x18, 0x19),
    method: fc.constantFrom('odd', 'odd', 'even'),
    length: fc.nat(9),
  })
  .map(({ reasonCode, method, length }) => ({
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod: method, authenticationData: new Uint8Array(length) },
  }));

const usual = fc.oneof(
  { weight: 8, arbitrary: publish },
  { weight: 4, arbitrary: subscribe },
  { weight: 3, arbitrary: acknowledgement },
  { weight: 1, arbitrary: unsubscribe },
  { weight: 1, arbitrary: disconnect },
  { weight: 1, arbitrary: auth },
  { weight: 1, arbitrary: fc.constant<Packet>({ type: 'pingreq' }) },
);

/** Any legal packet of a client at all, whatever is due; a second CONNECT and AUTH too. */
const anything = fc.oneof(packetFor('server', 5), packetFor('server', 4));

const who = fc.nat(4);

const connect: fc.Arbitrary<Step> = fc
  .record({
    who,
    version,
    cut: fc.constantFrom(0, 0, 0, 1, 7),
    clientId: fc.constantFrom('own', 'own', 'own', 'own', 'shared', ''),
    cleanStart: fc.boolean(),
    keepAlive: fc.constantFrom(0, 10),
    expiry: fc.constantFrom(0, 5, 100, 0xffffffff),
    receiveMaximum: fc.constantFrom(1, 2, 100),
    maximumPacketSize: fc.constantFrom(undefined, undefined, undefined, 10, 60, 400),
    will: seldom(3, fc.record({ qos, retain: fc.boolean(), delay: fc.constantFrom(0, 3, 300) })),
    topicAliasMaximum: fc.constantFrom(0, 1, 100),
    requestProblemInformation: fc.boolean(),
    authentication: seldom(
      5,
      fc.record({ method: fc.constantFrom('odd', 'odd', 'odd', 'even'), length: fc.nat(9) }),
    ),
  })
  .map(({ who, version, cut, clientId, cleanStart, keepAlive, will, ...five }) => ({
    do: 'connect',
    who,
    version,
    cut,
    packet: connectPacket(version, {
      clientId: clientId === 'own' ? `c${who}` : clientId,
      cleanStart,
      keepAlive,
      ...(version === 5 && {
        properties: {
          sessionExpiryInterval: five.expiry,
          receiveMaximum: five.receiveMaximum,
          topicAliasMaximum: five.topicAliasMaximum,
          requestProblemInformation: five.requestProblemInformation,
          ...(five.maximumPacketSize !== undefined && { maximumPacketSize: five.maximumPacketSize }),
          ...(five.authentication !== undefined && {
            authenticationMethod: five.authentication.method,
            authenticationData: new Uint8Array(five.authentication.length),
          }),
        },
      }),
      ...(will !== undefined && {
        will: {
          topic: 'a/b',
          payload: new Uint8Array(3),
          qos: will.qos,
          retain: will.retain,
          ...(version === 5 && { properties: { willDelayInterval: will.delay } }),
        },
      }),
    }),
  }));

const subscription: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('send' as const),
  who,
  packet: subscribe,
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: connect },
  { weight: 16, arbitrary: fc.record({ do: fc.constant('send' as const), who, packet: usual }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('send' as const), who, packet: anything }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('garble' as const),
      who,
      packet: usual,
      at: fc.nat(30),
      byte: fc.nat(255),
      end: fc.nat(60),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('bytes' as const), who, bytes: fc.uint8Array({ maxLength: 20 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), who, reasonCode }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('drop' as const, 'end' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('open' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('publish' as const), packet: publish }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1000, 20_000) }),
  },
);

/** Somebody connects and mostly subscribes first: on an empty broker little happens. */
export const sequence: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.array(connect, { minLength: 1, maxLength: 5, size: 'max' }),
    fc.array(subscription, { maxLength: 3, size: 'max' }),
    fc.array(step, { maxLength: 34, size: 'max' }),
  )
  .map((parts) => parts.flat());

/** The same packet in the words of MQTT 3.1.1, which has no properties, no options and no reason codes. */
export function inOldWords(packet: Packet): Packet {
  switch (packet.type) {
    case 'publish': {
      const { properties: _, ...rest } = packet;
      return rest;
    }
    case 'subscribe':
      return {
        type: 'subscribe',
        packetId: packet.packetId,
        subscriptions: packet.subscriptions.map(({ filter, maximumQoS }) => request({ filter, maximumQoS })),
      };
    case 'unsubscribe':
      return { type: 'unsubscribe', packetId: packet.packetId, filters: packet.filters };
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return { type: packet.type, packetId: packet.packetId, reasonCode: 0 };
    case 'disconnect':
      return { type: 'disconnect', reasonCode: 0 };
    default:
      return packet;
  }
}

// Random legal packets of both versions, by the side that receives them.
import fc from 'fast-check';
import { type Packet, type ProtocolVersion, type Receiver, reasonCodes } from '../../../src/packets/index.js';

const text = fc.oneof(
  fc.string({ maxLength: 10 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((value) => value.replaceAll('\0', '')),
  fc.constantFrom('', '1', '0', '__proto__', 'constructor', '\uFEFFbom', 'ü'.repeat(70)),
);
const level = text.map((value) => value.replace(/[+#/]/g, ''));
const topic = fc
  .array(level, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((value) => value !== '');
const filter = fc.oneof(
  topic.filter((value) => !value.startsWith('$share/')),
  fc.constantFrom('#', '+', 'a/#', '+/b/+', '/', '$SYS/#'),
);
const sharedFilter = fc
  .tuple(
    level.filter((value) => value !== ''),
    filter,
  )
  .map(([share, inner]) => `$share/${share}/${inner}`);
const bytes = fc.uint8Array({ maxLength: 40 });
const payload = fc.oneof(
  { weight: 15, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 100, max: 9_000 }).map((size) => new Uint8Array(size).fill(size & 0xff)),
  },
);
const packetId = fc.integer({ min: 1, max: 0xffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const identifier = fc.oneof(
  fc.integer({ min: 1, max: 268_435_455 }),
  fc.constantFrom(1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455),
);
const userProperties = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const reason = { reasonString: text, userProperties };

/** An optional `properties`: absent on 3.1.1, and where nothing was drawn. */
function optionalProperties(version: ProtocolVersion, fields: Record<string, fc.Arbitrary<unknown>>) {
  if (version === 4) return fc.constant({});
  return fc
    .record(fields, { requiredKeys: [], noNullPrototype: true })
    .map((properties) => (Object.keys(properties).length > 0 ? { properties } : {}));
}

function codes(packet: Packet['type'], receiver: Receiver): fc.Arbitrary<number> {
  const sender = receiver === 'client' ? 'server' : 'client';
  const legal = reasonCodes.filter(({ packets, sender: only }) => {
    if (!packets.includes(packet)) return false;
    if (packet !== 'disconnect' && packet !== 'auth') return true;
    return only?.[packet] === undefined || only[packet] === sender;
  });
  return fc.constantFrom(...legal.map(({ code }) => code));
}

const message = {
  payloadFormat: fc.constantFrom('bytes', 'utf8'),
  messageExpiryInterval: uint32,
  contentType: text,
  responseTopic: topic,
  correlationData: bytes,
  userProperties,
};

function publish(version: ProtocolVersion, receiver: Receiver): fc.Arbitrary<unknown> {
  const fields = {
    ...message,
    topicAlias: packetId,
    ...(receiver === 'client'
      ? { subscriptionIdentifiers: fc.array(identifier, { minLength: 1, maxLength: 3 }) }
      : {}),
  };
  return fc
    .record({
      head: fc.record({ topic, payload, qos, retain: fc.boolean(), duplicate: fc.boolean() }),
      packetId,
      rest: optionalProperties(version, fields),
      bare: fc.boolean(),
    })
    .map(({ head, packetId, rest, bare }) => {
      const aliased = (rest as { properties?: { topicAlias?: number } }).properties?.topicAlias !== undefined;
      return {
        type: 'publish',
        ...head,
        ...(bare && aliased ? { topic: '' } : {}),
        ...(head.qos === 0 ? { duplicate: false } : { packetId }),
        ...rest,
      };
    });
}

function ack(version: ProtocolVersion, receiver: Receiver): fc.Arbitrary<unknown> {
  return fc
    .constantFrom('puback' as const, 'pubrec' as const, 'pubrel' as const, 'pubcomp' as const)
    .chain((type) =>
      fc
        .tuple(
          packetId,
          version === 5 ? codes(type, receiver) : fc.constant(0),
          optionalProperties(version, reason),
        )
        .map(([packetId, reasonCode, rest]) => ({ type, packetId, reasonCode, ...rest })),
    );
}

const negotiated = {
  sessionExpiryInterval: uint32,
  receiveMaximum: packetId,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  topicAliasMaximum: uint16,
  userProperties,
};

/** A CONNECT; `legal` here means for the packet, the broker may still refuse the identifier. */
export function connect(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const will = fc
    .tuple(
      fc.record({ topic, payload: bytes, qos, retain: fc.boolean() }),
      optionalProperties(version, { ...message, willDelayInterval: uint32 }),
    )
    .map(([head, rest]) => ({ ...head, ...rest }));
  return fc
    .tuple(
      fc.record({ clientId: text, cleanStart: fc.boolean(), keepAlive: uint16 }),
      fc.record({ username: text, password: bytes, will }, { requiredKeys: [], noNullPrototype: true }),
      optionalProperties(version, {
        ...negotiated,
        requestResponseInformation: fc.boolean(),
        requestProblemInformation: fc.boolean(),
      }),
      fc.option(fc.tuple(text, fc.option(bytes, { nil: undefined })), { nil: undefined }),
    )
    .map(([head, optional, rest, authentication]) => {
      const packet: Record<string, unknown> = {
        type: 'connect',
        protocolVersion: version,
        ...head,
        ...optional,
        ...rest,
      };
      if (version === 4 && packet['clientId'] === '') packet['cleanStart'] = true;
      if (version === 4 && packet['username'] === undefined) delete packet['password'];
      if (version === 5 && authentication) {
        const [authenticationMethod, authenticationData] = authentication;
        packet['properties'] = {
          ...(packet['properties'] as object),
          authenticationMethod,
          ...(authenticationData ? { authenticationData } : {}),
        };
      }
      return packet as unknown as Packet; // built field by field after packet.ts
    });
}

function toClient(version: ProtocolVersion): fc.Arbitrary<unknown>[] {
  const connack = fc
    .tuple(
      version === 5 ? codes('connack', 'client') : fc.integer({ min: 0, max: 5 }),
      fc.boolean(),
      optionalProperties(version, {
        ...negotiated,
        ...reason,
        maximumQoS: fc.constantFrom(0, 1),
        retainAvailable: fc.boolean(),
        assignedClientIdentifier: text,
        wildcardSubscriptionAvailable: fc.boolean(),
        subscriptionIdentifiersAvailable: fc.boolean(),
        sharedSubscriptionAvailable: fc.boolean(),
        serverKeepAlive: uint16,
        responseInformation: text,
        serverReference: text,
        authenticationMethod: text,
        authenticationData: bytes,
      }),
    )
    .map(([reasonCode, present, rest]) => ({
      type: 'connack',
      sessionPresent: present && reasonCode === 0,
      reasonCode,
      ...rest,
    }));
  const suback = fc
    .tuple(
      packetId,
      fc.array(version === 5 ? codes('suback', 'client') : fc.constantFrom(0, 1, 2, 0x80), {
        minLength: 1,
        maxLength: 30,
      }),
      optionalProperties(version, reason),
    )
    .map(([packetId, reasonCodes, rest]) => ({ type: 'suback', packetId, reasonCodes, ...rest }));
  const unsuback = fc
    .tuple(
      packetId,
      fc.array(codes('unsuback', 'client'), { minLength: 1, maxLength: 5 }),
      optionalProperties(version, reason),
    )
    .map(([packetId, codes, rest]) => ({
      type: 'unsuback',
      packetId,
      reasonCodes: version === 5 ? codes : [],
      ...rest,
    }));
  return [connack, suback, unsuback, fc.constant({ type: 'pingresp' })];
}

function toServer(version: ProtocolVersion): fc.Arbitrary<unknown>[] {
  const five = version === 5;
  const subscription = fc
    .record({
      filter: fc.oneof(filter, sharedFilter),
      maximumQoS: qos,
      noLocal: five ? fc.boolean() : fc.constant(false),
      retainAsPublished: five ? fc.boolean() : fc.constant(false),
      retainHandling: five ? fc.constantFrom('send', 'send-if-new', 'never') : fc.constant('send'),
    })
    .map((one) => ({ ...one, noLocal: one.noLocal && !one.filter.startsWith('$share/') }));
  const subscribe = fc
    .tuple(
      packetId,
      fc.array(subscription, { minLength: 1, maxLength: 8 }),
      optionalProperties(version, { subscriptionIdentifier: identifier, userProperties }),
    )
    .map(([packetId, subscriptions, rest]) => ({ type: 'subscribe', packetId, subscriptions, ...rest }));
  const unsubscribe = fc
    .tuple(
      packetId,
      fc.array(fc.oneof(filter, sharedFilter), { minLength: 1, maxLength: 8 }),
      optionalProperties(version, { userProperties }),
    )
    .map(([packetId, filters, rest]) => ({ type: 'unsubscribe', packetId, filters, ...rest }));
  return [subscribe, unsubscribe, fc.constant({ type: 'pingreq' })];
}

function closing(version: ProtocolVersion, receiver: Receiver): fc.Arbitrary<unknown>[] {
  if (version === 4) return receiver === 'server' ? [fc.constant({ type: 'disconnect', reasonCode: 0 })] : [];
  const disconnect = fc
    .tuple(
      codes('disconnect', receiver),
      optionalProperties(version, {
        ...reason,
        serverReference: text,
        ...(receiver === 'server' ? { sessionExpiryInterval: uint32 } : {}),
      }),
    )
    .map(([reasonCode, rest]) => ({ type: 'disconnect', reasonCode, ...rest }));
  const auth = fc
    .tuple(
      codes('auth', receiver),
      text,
      fc.record({ ...reason, authenticationData: bytes }, { requiredKeys: [], noNullPrototype: true }),
    )
    .map(([reasonCode, authenticationMethod, rest]) => ({
      type: 'auth',
      reasonCode,
      properties: { authenticationMethod, ...rest },
    }));
  return [disconnect, auth];
}

/** Any legal packet but CONNECT that this side may receive. */
export function packetFor(receiver: Receiver, version: ProtocolVersion): fc.Arbitrary<Packet> {
  const own = receiver === 'client' ? toClient(version) : toServer(version);
  const all = [publish(version, receiver), ack(version, receiver), ...own, ...closing(version, receiver)];
  return fc.oneof(...all) as fc.Arbitrary<Packet>; // built field by field after packet.ts
}

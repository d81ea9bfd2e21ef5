// Encodes every packet but PUBLISH and its acknowledgements: our checks, then `mqtt-packet`.
import {
  checkAuth,
  checkConnack,
  checkConnect,
  checkDisconnect,
  checkSuback,
  checkSubscribe,
  checkUnsuback,
  checkUnsubscribe,
} from './control-checks.js';
import { retainHandlings } from './control-decoder.js';
import { type ForeignPacket, generateFrame } from './mqtt-packet.js';
import { describe, refuse } from './outgoing-checks.js';
import type { AckPacket, ConnectPacket, Packet, ProtocolVersion, PublishPacket } from './packet.js';
import { ownedRules, type PropertyOwner } from './property-table.js';
import { variableByteIntegerSize, writeVariableByteInteger } from './variable-byte-integer.js';

export type ControlPacket = Exclude<Packet, PublishPacket | AckPacket>;

/** Throws InvalidPacketError for whatever is not legal. */
export function encodeControl(packet: ControlPacket, version: ProtocolVersion): Uint8Array {
  switch (packet.type) {
    case 'connect':
      checkConnect(packet, version);
      return encodeConnect(packet);
    case 'connack': {
      checkConnack(packet, version);
      const { sessionPresent, reasonCode } = packet;
      const code = version === 5 ? { reasonCode } : { returnCode: reasonCode };
      return generate({ cmd: 'connack', sessionPresent, ...code }, packet.properties, 'connack', version);
    }
    case 'subscribe': {
      checkSubscribe(packet, version);
      const subscriptions = packet.subscriptions.map((one) => ({
        topic: one.filter,
        qos: one.maximumQoS,
        nl: one.noLocal,
        rap: one.retainAsPublished,
        rh: retainHandlings.indexOf(one.retainHandling),
      }));
      const fields = { cmd: 'subscribe', messageId: packet.packetId, subscriptions };
      return generate(fields, packet.properties, 'subscribe', version);
    }
    case 'suback': {
      checkSuback(packet, version);
      const fields = { cmd: 'suback', messageId: packet.packetId, granted: [...packet.reasonCodes] };
      return generate(fields, packet.properties, 'suback', version);
    }
    case 'unsubscribe': {
      checkUnsubscribe(packet, version);
      const fields = { cmd: 'unsubscribe', messageId: packet.packetId, unsubscriptions: [...packet.filters] };
      return generate(fields, packet.properties, 'unsubscribe', version);
    }
    case 'unsuback': {
      checkUnsuback(packet, version);
      const fields = { cmd: 'unsuback', messageId: packet.packetId, granted: [...packet.reasonCodes] };
      return generate(fields, packet.properties, 'unsuback', version);
    }
    case 'disconnect': {
      checkDisconnect(packet, version);
      const { reasonCode } = packet;
      const properties = foreignProperties(packet.properties, 'disconnect');
      // The shortest form that the specification allows: 3.14.2.1.
      if (reasonCode === 0 && properties === undefined) return Uint8Array.of(0xe0, 0);
      return generateFrame(withProperties({ cmd: 'disconnect', reasonCode }, properties), version);
    }
    case 'auth': {
      checkAuth(packet, version);
      const { reasonCode } = packet;
      const properties = foreignProperties(packet.properties, 'auth');
      if (properties === undefined) return Uint8Array.of(0xf0, 0);
      return generateFrame(withProperties({ cmd: 'auth', reasonCode }, properties), version);
    }
    case 'pingreq':
      return Uint8Array.of(0xc0, 0);
    case 'pingresp':
      return Uint8Array.of(0xd0, 0);
    default:
      return refuse(`There is no packet of type ${describe((packet as { type?: unknown })?.type)}.`);
  }
}

function generate(
  fields: ForeignPacket,
  properties: object | undefined,
  owner: PropertyOwner,
  version: ProtocolVersion,
): Uint8Array {
  return generateFrame(withProperties(fields, foreignProperties(properties, owner)), version);
}

function encodeConnect(packet: ConnectPacket): Uint8Array {
  const { protocolVersion, will } = packet;
  const fields: ForeignPacket = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion,
    clean: packet.cleanStart,
    keepalive: packet.keepAlive,
    // An empty string without a clean start is legal in MQTT 5, but the library takes it only as bytes.
    clientId: packet.clientId === '' ? Buffer.alloc(0) : packet.clientId,
  };
  if (packet.username !== undefined) fields['username'] = packet.username;
  if (packet.password !== undefined) fields['password'] = asBuffer(packet.password);
  if (will) {
    const { topic, qos, retain } = will;
    fields['will'] = withProperties(
      { topic, qos, retain, payload: asBuffer(will.payload) },
      foreignProperties(will.properties, 'will'),
    );
  }
  const complete = withProperties(fields, foreignProperties(packet.properties, 'connect'));
  if (packet.password === undefined || packet.username !== undefined) {
    return generateFrame(complete, protocolVersion);
  }
  const bytes = generateFrame({ ...complete, username: '' }, protocolVersion);
  return withoutUsername(bytes, packet.password.length);
}

/** The library refuses a password without a user name, legal in MQTT 5: it gets an empty one, which is cut out here. */
function withoutUsername(bytes: Buffer, passwordLength: number): Uint8Array {
  let body = 2;
  while ((bytes[body - 1] as number) > 0x7f) body++; // inside the packet: its header is complete
  const username = bytes.length - passwordLength - 4;
  const remainingLength = bytes.length - body - 2;
  const head = Buffer.alloc(1 + variableByteIntegerSize(remainingLength), bytes[0]);
  writeVariableByteInteger(head, 1, remainingLength);
  const flags = body + 7;
  bytes[flags] = (bytes[flags] as number) & 0x7f; // behind the name (6 bytes) and the level
  return Buffer.concat([head, bytes.subarray(body, username), bytes.subarray(username + 2)]);
}

function withProperties(fields: ForeignPacket, properties: ForeignPacket | undefined): ForeignPacket {
  return properties ? { ...fields, properties } : fields;
}

/** Checked properties in the library's names and types. */
function foreignProperties(properties: object | undefined, owner: PropertyOwner): ForeignPacket | undefined {
  const foreign: ForeignPacket = {};
  for (const [name, value] of Object.entries(properties ?? {})) {
    // An empty list is no property; the library would answer it with no packet at all.
    const absent = value === undefined || (Array.isArray(value) && value.length === 0);
    const rule = absent ? undefined : ownedRules[owner].byName.get(name);
    if (rule) foreign[rule.foreignName ?? rule.name] = foreignValue(rule.kind, value);
  }
  return Object.keys(foreign).length > 0 ? foreign : undefined;
}

function foreignValue(kind: string, value: unknown): unknown {
  switch (kind) {
    case 'payload-format':
      return value === 'utf8';
    case 'binary':
      return asBuffer(value as Uint8Array); // checked by measureProperties
    case 'pairs':
      // A list of objects with one name each: the only form in which the library keeps order and repeats.
      return (value as ReadonlyArray<readonly [string, string]>).map(([name, text]) => ({ [name]: text }));
    default:
      return value;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

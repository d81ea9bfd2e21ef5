// Decodes every packet but PUBLISH and its acknowledgements. A walk over the bytes checks what `mqtt-packet` lets
// through and reads the properties (it loses their order and repeats); the library then reads the fields.

import { validateTopicFilter } from '../topics/validate.js';
import { ByteReader } from './byte-reader.js';
import { readConnect } from './connect-decoder.js';
import type { Receiver } from './fixed-header.js';
import { type ForeignPacket, parseFrame } from './mqtt-packet.js';
import type {
  AuthPacket,
  ConnackPacket,
  DisconnectPacket,
  Packet,
  PacketType,
  ProtocolVersion,
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from './packet.js';
import { type RawProperties, readProperties } from './property-reader.js';
import { isReasonCodeOf, type ReasonCode } from './reason-codes.js';
import { UnsupportedProtocolError } from './unsupported-protocol.js';

/** One complete frame in `bytes` from `start` to `end`; its fields begin at `body`. */
export interface Frame {
  readonly bytes: Buffer;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

export type ControlType = Exclude<PacketType, 'publish' | 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'>;

/** `version` is undefined only for the CONNECT that will tell it. */
export function decodeControl(
  type: ControlType,
  frame: Frame,
  version: ProtocolVersion,
  receiver: Receiver,
): Packet {
  const reader = new ByteReader(frame.bytes, frame.body, frame.end, type.toUpperCase());
  const fields = () => parseFrame(frame.bytes.subarray(frame.start, frame.end), version);
  switch (type) {
    case 'connect':
      return readConnect(reader, frame);
    case 'connack':
      return readConnack(reader, version, fields);
    case 'subscribe':
      return readSubscribe(reader, version, fields);
    case 'suback':
      return readSuback(reader, version, fields);
    case 'unsubscribe':
      return readUnsubscribe(reader, version, fields);
    case 'unsuback':
      return readUnsuback(reader, version, fields);
    case 'disconnect':
      return readDisconnect(reader, version, receiver);
    case 'auth':
      return readAuth(reader, receiver);
    default:
      reader.finish();
      return { type };
  }
}

type Fields = () => ForeignPacket;

function readConnack(reader: ByteReader, version: ProtocolVersion, fields: Fields): ConnackPacket {
  if (version === 5 && reader.remaining === 2) {
    throw new UnsupportedProtocolError(
      0x81,
      'The server does not speak MQTT 5: it answered CONNECT with a CONNACK of MQTT 3.1.1. Connect with MQTT 3.1.1.',
    );
  }
  const flags = reader.byte('the acknowledge flags');
  if (flags > 1) reader.malformed('reserved acknowledge flags are set [MQTT-3.2.2-1]');
  const reasonCode = reader.byte('the reason code');
  const properties = version === 5 ? readProperties(reader, 'connack') : undefined;
  reader.finish();
  if (version === 5) checkReasonCode(reader, 'connack', reasonCode);
  else if (reasonCode > 5) reader.malformed(`return code ${reasonCode} is reserved (3.1.1, 3.2.2.3)`);
  if (flags === 1 && reasonCode !== 0) {
    reader.protocolError('it refuses the connection and says that a session is present [MQTT-3.2.2-6]');
  }
  const packet: ConnackPacket = {
    type: 'connack',
    sessionPresent: fields()['sessionPresent'] as boolean, // a boolean in every CONNACK of the library
    reasonCode,
  };
  return withProperties(packet, properties);
}

function readSubscribe(reader: ByteReader, version: ProtocolVersion, fields: Fields): SubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'subscribe') : undefined;
  if (reader.remaining === 0) reader.protocolError('it has no topic filter [MQTT-3.8.3-2]');
  while (reader.remaining > 0) {
    reader.skipString('a topic filter');
    const options = reader.byte('the subscription options');
    if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) {
      reader.malformed('reserved bits of the subscription options are set [MQTT-3.8.3-5]');
    }
    if ((options & 0x03) === 0x03) reader.protocolError('a subscription asks for QoS 3 (3.8.3.1)');
    if ((options & 0x30) === 0x30) reader.protocolError('a subscription has retain handling 3 (3.8.3.1)');
  }
  // The library's shape for subscriptions; the walk above has checked every part of it.
  const parsed = fields()['subscriptions'] as Array<{
    topic: string;
    qos: 0 | 1 | 2;
    nl?: boolean;
    rap?: boolean;
    rh?: 0 | 1 | 2;
  }>;
  const subscriptions = parsed.map(({ topic, qos, nl, rap, rh }): SubscriptionRequest => {
    checkFilter(reader, topic);
    if (nl && topic.startsWith('$share/')) {
      reader.protocolError(`it sets No Local on the shared subscription '${topic}' [MQTT-3.8.3-4]`);
    }
    return {
      filter: topic,
      maximumQoS: qos,
      noLocal: nl ?? false,
      retainAsPublished: rap ?? false,
      retainHandling: retainHandlings[rh ?? 0],
    };
  });
  return withProperties<SubscribePacket>({ type: 'subscribe', packetId, subscriptions }, properties);
}

export const retainHandlings = ['send', 'send-if-new', 'never'] as const;

function readSuback(reader: ByteReader, version: ProtocolVersion, fields: Fields): SubackPacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'suback') : undefined;
  if (reader.remaining === 0) reader.protocolError('it has no reason code [MQTT-3.8.4-6]');
  while (reader.remaining > 0) {
    const code = reader.byte('a reason code');
    if (version === 5) checkReasonCode(reader, 'suback', code);
    else if (code > 2 && code !== 0x80) reader.malformed(`return code ${code} is reserved [MQTT-3.9.3-2]`);
  }
  const reasonCodes = fields()['granted'] as ReasonCode[]; // the bytes just checked
  return withProperties<SubackPacket>({ type: 'suback', packetId, reasonCodes }, properties);
}

function readUnsubscribe(reader: ByteReader, version: ProtocolVersion, fields: Fields): UnsubscribePacket {
  const packetId = readPacketId(reader);
  const properties = version === 5 ? readProperties(reader, 'unsubscribe') : undefined;
  if (reader.remaining === 0) reader.protocolError('it has no topic filter [MQTT-3.10.3-2]');
  while (reader.remaining > 0) reader.skipString('a topic filter');
  const filters = fields()['unsubscriptions'] as string[]; // the strings just checked
  for (const filter of filters) checkFilter(reader, filter);
  return withProperties<UnsubscribePacket>({ type: 'unsubscribe', packetId, filters }, properties);
}

function readUnsuback(reader: ByteReader, version: ProtocolVersion, fields: Fields): UnsubackPacket {
  const packetId = readPacketId(reader);
  if (version === 4) {
    reader.finish();
    return { type: 'unsuback', packetId, reasonCodes: [] };
  }
  const properties = readProperties(reader, 'unsuback');
  if (reader.remaining === 0) reader.protocolError('it has no reason code (3.11.3)');
  while (reader.remaining > 0) checkReasonCode(reader, 'unsuback', reader.byte('a reason code'));
  const reasonCodes = fields()['granted'] as ReasonCode[]; // the bytes just checked
  return withProperties<UnsubackPacket>({ type: 'unsuback', packetId, reasonCodes }, properties);
}

// DISCONNECT and AUTH are a reason code and properties: after the walk nothing is left for the library to read.
function readDisconnect(reader: ByteReader, version: ProtocolVersion, receiver: Receiver): DisconnectPacket {
  if (version === 4 || reader.remaining === 0) {
    reader.finish();
    return { type: 'disconnect', reasonCode: 0 };
  }
  const reasonCode = reader.byte('the reason code');
  checkReasonCode(reader, 'disconnect', reasonCode, receiver);
  const properties = reader.remaining > 0 ? readProperties(reader, 'disconnect') : undefined;
  reader.finish();
  if (receiver === 'client' && properties?.['sessionExpiryInterval'] !== undefined) {
    reader.protocolError('a server must not set sessionExpiryInterval in it [MQTT-3.14.2-2]');
  }
  return withProperties<DisconnectPacket>({ type: 'disconnect', reasonCode }, properties);
}

function readAuth(reader: ByteReader, receiver: Receiver): AuthPacket {
  if (reader.remaining === 0) {
    checkReasonCode(reader, 'auth', 0, receiver);
    return { type: 'auth', reasonCode: 0 };
  }
  const reasonCode = reader.byte('the reason code');
  checkReasonCode(reader, 'auth', reasonCode, receiver);
  const properties = readProperties(reader, 'auth');
  reader.finish();
  if (properties?.['authenticationMethod'] === undefined) {
    reader.protocolError('it has no authenticationMethod (3.15.2.2.2)');
  }
  return withProperties<AuthPacket>({ type: 'auth', reasonCode }, properties);
}

function readPacketId(reader: ByteReader): number {
  const packetId = reader.uint16('the packet identifier');
  if (packetId === 0) reader.protocolError('its packet identifier is 0 (2.2.1)');
  return packetId;
}

function checkFilter(reader: ByteReader, filter: string): void {
  const mistake = validateTopicFilter(filter, Infinity);
  if (mistake !== undefined) reader.protocolError(mistake.replace(/\.$/, ''));
}

function checkReasonCode(reader: ByteReader, packet: PacketType, code: number, receiver?: Receiver): void {
  const sender = receiver && (receiver === 'client' ? 'server' : 'client');
  if (isReasonCodeOf(packet, code, sender)) return;
  const from = sender ? ` of a ${sender}` : '';
  reader.protocolError(
    `reason code 0x${code.toString(16).padStart(2, '0')} must not stand in ${packet.toUpperCase()}${from} (2.4)`,
  );
}

/** The walk has checked each property against the table for this packet, so its interface describes them. */
export function withProperties<P extends Packet>(packet: P, properties: RawProperties | undefined): P {
  return properties === undefined ? packet : { ...packet, properties };
}

// CONNECT, 3.1: the one packet whose bytes say by themselves how to read it.
import { validateTopicName } from '../topics/validate.js';
import type { ByteReader } from './byte-reader.js';
import type { Frame } from './control-decoder.js';
import { type ForeignPacket, parseFrame } from './mqtt-packet.js';
import type { ConnectPacket, ProtocolVersion, QoS, WillPacket } from './packet.js';
import { type RawProperties, readProperties } from './property-reader.js';
import { UnsupportedProtocolError } from './unsupported-protocol.js';

export function readConnect(reader: ByteReader, frame: Frame): ConnectPacket {
  const protocolVersion = readVersion(reader);
  const flags = reader.byte('the connect flags');
  checkFlags(reader, flags, protocolVersion);
  reader.uint16('the keep alive');
  const properties = protocolVersion === 5 ? readProperties(reader, 'connect') : undefined;
  if (properties?.['authenticationData'] !== undefined && properties['authenticationMethod'] === undefined) {
    reader.protocolError('it has authenticationData without authenticationMethod (3.1.2.11.10)');
  }
  reader.skipString('the client identifier');
  let willProperties: RawProperties | undefined;
  if (flags & 0x04) {
    if (protocolVersion === 5) willProperties = readProperties(reader, 'will');
    reader.skipString('the will topic');
    reader.binary('the will payload');
  }
  if (flags & 0x80) reader.skipString('the user name');
  if (flags & 0x40) reader.binary('the password');
  reader.finish();

  const fields = parseFrame(frame.bytes.subarray(frame.start, frame.end), protocolVersion);
  return buildConnect(reader, fields, protocolVersion, properties, willProperties);
}

/** Refuses every protocol but 3.1.1 and 5, before anything else of the packet is read. */
function readVersion(reader: ByteReader): ProtocolVersion {
  const name = reader.string('the protocol name');
  const level = reader.byte('the protocol level');
  if (name === 'MQTT' && (level === 4 || level === 5)) return level;
  // Whoever speaks a version after 5 reads the CONNACK of 5, everybody before it that of 3.1.1.
  const later = name === 'MQTT' && level > 5 && level < 0x80;
  throw new UnsupportedProtocolError(
    0x84,
    `The client asks for protocol '${name}' level ${level}; this server speaks MQTT 3.1.1 (4) and MQTT 5 (5).`,
    {
      packet: { type: 'connack', sessionPresent: false, reasonCode: later ? 0x84 : 1 },
      protocolVersion: later ? 5 : 4,
    },
  );
}

function checkFlags(reader: ByteReader, flags: number, version: ProtocolVersion): void {
  if (flags & 0x01) reader.malformed('the reserved connect flag is set [MQTT-3.1.2-3]');
  if ((flags & 0x18) === 0x18) reader.malformed('the will has QoS 3 [MQTT-3.1.2-12]');
  if (!(flags & 0x04) && flags & 0x38) {
    reader.malformed('it has Will QoS or Will Retain without a will [MQTT-3.1.2-11] [MQTT-3.1.2-13]');
  }
  if (version === 4 && flags & 0x40 && !(flags & 0x80)) {
    reader.malformed('it has a password without a user name [MQTT-3.1.2-22 of 3.1.1]');
  }
}

// The walk has checked types and bounds of everything that is taken from the library here.
function buildConnect(
  reader: ByteReader,
  fields: ForeignPacket,
  protocolVersion: ProtocolVersion,
  properties: RawProperties | undefined,
  willProperties: RawProperties | undefined,
): ConnectPacket {
  const packet: ConnectPacket = {
    type: 'connect',
    protocolVersion,
    clientId: fields['clientId'] as string,
    cleanStart: fields['clean'] as boolean,
    keepAlive: fields['keepalive'] as number,
  };
  if (fields['username'] !== undefined) packet.username = fields['username'] as string;
  // Copies: the library hands out views on the chunk.
  if (fields['password'] !== undefined) packet.password = new Uint8Array(fields['password'] as Buffer);
  if (fields['will'] !== undefined) {
    const will = fields['will'] as { topic: string; payload: Buffer; qos: QoS; retain: boolean };
    const mistake = validateTopicName(will.topic, Infinity);
    if (mistake !== undefined)
      reader.protocolError(`its will can't be published: ${mistake.replace(/\.$/, '')}`);
    const built: WillPacket = {
      topic: will.topic,
      payload: new Uint8Array(will.payload),
      qos: will.qos,
      retain: will.retain,
    };
    packet.will = willProperties ? { ...built, properties: willProperties } : built;
  }
  return properties ? { ...packet, properties } : packet;
}

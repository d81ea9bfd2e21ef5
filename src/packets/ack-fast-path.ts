// HOT PATH. PUBACK, PUBREC, PUBREL and PUBCOMP by hand: `mqtt-packet` takes about a microsecond for each, this some
// tens of nanoseconds. Fuzzed against the library in test/packets/differential.test.ts.
import { ByteReader } from './byte-reader.js';
import { ProtocolError } from './errors.js';
import { checkInteger, checkRemainingLength, describe, refuse } from './outgoing-checks.js';
import type { AckPacket, ProtocolVersion } from './packet.js';
import { readProperties } from './property-reader.js';
import { measureProperties, writeProperties } from './property-writer.js';
import { isReasonCodeOf } from './reason-codes.js';
import { variableByteIntegerSize, writeVariableByteInteger } from './variable-byte-integer.js';

export type AckType = AckPacket['type'];

/** `first` is the first byte of the frame, `body` the position behind its fixed header. */
export function decodeAck(
  bytes: Buffer,
  type: AckType,
  body: number,
  end: number,
  version: ProtocolVersion,
): AckPacket {
  if (end - body !== 2) return decodeLongAck(bytes, type, body, end, version);
  // Inside the frame: its length is 2.
  const packetId = ((bytes[body] as number) << 8) | (bytes[body + 1] as number);
  if (packetId === 0) throw zeroPacketId(type);
  return { type, packetId, reasonCode: 0 };
}

function decodeLongAck(
  bytes: Buffer,
  type: AckType,
  body: number,
  end: number,
  version: ProtocolVersion,
): AckPacket {
  const reader = new ByteReader(bytes, body, end, type.toUpperCase());
  const packetId = reader.uint16('the packet identifier');
  if (packetId === 0) throw zeroPacketId(type);
  if (version === 4) reader.finish();
  const reasonCode = reader.byte('the reason code');
  if (!isReasonCodeOf(type, reasonCode)) {
    reader.protocolError(
      `reason code 0x${reasonCode.toString(16).padStart(2, '0')} must not stand in it (2.4)`,
    );
  }
  const properties = reader.remaining > 0 ? readProperties(reader, type) : undefined;
  reader.finish();
  return properties ? { type, packetId, reasonCode, properties } : { type, packetId, reasonCode };
}

function zeroPacketId(type: AckType): ProtocolError {
  return new ProtocolError(
    0x82,
    `${type.toUpperCase()} breaks the protocol: its packet identifier is 0 (2.2.1).`,
  );
}

const firstBytes: Record<AckType, number> = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 };

/** Checks the packet and returns its size in bytes. */
export function measureAck(packet: AckPacket, version: ProtocolVersion): number {
  const { type, packetId, reasonCode, properties } = packet;
  if (!Number.isInteger(packetId) || packetId < 1 || packetId > 0xffff) {
    checkInteger(packetId, `The packetId of ${type.toUpperCase()}`, 1, 0xffff);
  }
  if (reasonCode === 0 && properties === undefined) return 4;
  const size = measureLongAck(packet, version);
  checkRemainingLength(size, type.toUpperCase());
  return size === 0 ? 4 : 1 + variableByteIntegerSize(size) + size;
}

/** The bytes behind the fixed header, 0 for the short form. */
function measureLongAck(packet: AckPacket, version: ProtocolVersion): number {
  const name = packet.type.toUpperCase();
  if (version === 4) {
    if (packet.reasonCode !== 0) {
      refuse(`${name} has no reason code on MQTT 3.1.1: leave it at 0, not ${describe(packet.reasonCode)}.`);
    }
    if (measureProperties(packet.properties, packet.type) > 0)
      refuse(`${name} has no properties on MQTT 3.1.1.`);
    return 0;
  }
  if (!isReasonCodeOf(packet.type, packet.reasonCode)) {
    refuse(`${name} can't carry reason code ${describe(packet.reasonCode)} (MQTT 5.0, 2.4).`);
  }
  const properties = measureProperties(packet.properties, packet.type);
  if (properties === 0) return packet.reasonCode === 0 ? 0 : 4;
  return 3 + variableByteIntegerSize(properties) + properties;
}

/** Writes a packet that was measured. `size` is what measureAck said; returns the position behind it. */
export function writeAck(bytes: Buffer, position: number, packet: AckPacket, size: number): number {
  const { packetId } = packet;
  bytes[position] = firstBytes[packet.type];
  if (size === 4) {
    bytes[position + 1] = 2;
    bytes[position + 2] = packetId >> 8;
    bytes[position + 3] = packetId & 0xff;
    return position + 4;
  }
  const properties = measureProperties(packet.properties, packet.type);
  const length = properties === 0 ? 4 : 3 + variableByteIntegerSize(properties) + properties;
  let at = writeVariableByteInteger(bytes, position + 1, length);
  at = bytes.writeUInt16BE(packetId, at);
  bytes[at++] = packet.reasonCode;
  return writeProperties(bytes, at, packet.properties, packet.type, properties);
}

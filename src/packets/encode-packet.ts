import { measureAck, writeAck } from './ack-fast-path.js';
import { encodeControl } from './control-encoder.js';
import { describe, refuse } from './outgoing-checks.js';
import type { Packet, ProtocolVersion } from './packet.js';
import { measurePublish, writePublishHead } from './publish-fast-path.js';

/**
 * The bytes of a packet. Throws InvalidPacketError, one sentence, for whatever is not legal MQTT in this version.
 * On 3.1.1 (`protocolVersion` 4) properties and reason codes of MQTT 5 are a mistake, they are not dropped in silence.
 */
export function encodePacket(packet: Packet, protocolVersion: ProtocolVersion): Uint8Array {
  checkPacket(packet);
  switch (packet.type) {
    case 'publish': {
      const measure = measurePublish(packet, protocolVersion);
      const bytes = Buffer.allocUnsafe(measure.size);
      const at = writePublishHead(bytes, 0, packet, protocolVersion, measure);
      bytes.set(packet.payload, at);
      return bytes;
    }
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp': {
      const bytes = Buffer.allocUnsafe(measureAck(packet, protocolVersion));
      writeAck(bytes, 0, packet, bytes.length);
      return bytes;
    }
    default:
      return encodeControl(packet, protocolVersion);
  }
}

/**
 * How many bytes the packet takes on the wire, fixed header included: what a peer's maximum packet size counts.
 * Throws InvalidPacketError like encodePacket.
 */
export function packetSize(packet: Packet, protocolVersion: ProtocolVersion): number {
  checkPacket(packet);
  switch (packet.type) {
    case 'publish':
      return measurePublish(packet, protocolVersion).size;
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      return measureAck(packet, protocolVersion);
    default:
      return encodeControl(packet, protocolVersion).length;
  }
}

function checkPacket(packet: Packet): void {
  if (packet === null || typeof packet !== 'object')
    refuse(`A packet must be an object, not ${describe(packet)}.`);
}

import { packetSize } from '../packets/encode-packet.js';
import type { DisconnectPacket } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';

/**
 * The goodbye, without its reason string and user properties if it would have more than `most` bytes with them [MQTT-3.14.2-3]. Throws an InvalidPacketError if it is
 * not legal.
 */
export function disconnectPacket(
  reasonCode: ReasonCode,
  properties: DisconnectPacket['properties'],
  most: number,
): DisconnectPacket {
  if (!properties) return { type: 'disconnect', reasonCode };
  const packet: DisconnectPacket = { type: 'disconnect', reasonCode, properties };
  if (packetSize(packet, 5) <= most) return packet;
  const { reasonString: _, userProperties: __, ...short } = properties;
  return { type: 'disconnect', reasonCode, properties: short };
}

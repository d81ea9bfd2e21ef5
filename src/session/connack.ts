import { ProtocolError } from '../packets/errors.js';
import type { ConnackPacket, ConnectPacket, Packet } from '../packets/packet.js';

/** The server's answer to CONNECT. Throws a ProtocolError if it is none, or contradicts itself. */
export function connackFrom(packet: Packet, connect: ConnectPacket): ConnackPacket {
  if (packet.type !== 'connack') {
    throw new ProtocolError(
      0x82,
      `The server sent ${packet.type.toUpperCase()} where the protocol wants CONNACK.`,
    );
  }
  const { reasonCode, sessionPresent } = packet;
  if (sessionPresent && (connect.cleanStart || reasonCode !== 0)) {
    throw new ProtocolError(
      0x82,
      `The server says that it has a session, although ${reasonCode !== 0 ? 'it refused the connection' : 'a clean start was asked for'}.`,
    );
  }
  return packet;
}

// What went wrong with a packet identifier, as one sentence each.

import { ProtocolError } from '../packets/errors.js';
import type { PubackPacket, PubcompPacket, PubrecPacket } from '../packets/packet.js';
import { reasonCodeName } from '../packets/reason-codes.js';
import { NegativeAckError, SessionLostError } from './errors.js';
import type { Exchange } from './exchange.js';

export function refused(
  packet: PubackPacket | PubrecPacket | PubcompPacket,
  topic: string,
): NegativeAckError {
  const code = reasonCodeName(packet.reasonCode, packet.type);
  const { reasonString } = packet.properties ?? {};
  return new NegativeAckError(
    packet.type,
    [packet.reasonCode],
    reasonString,
    `The server refused the message for "${topic}" (${code})${reasonString ? `: ${reasonString}` : ''}.`,
  );
}

export function lostWithSession(topic: string): SessionLostError {
  return new SessionLostError(
    true,
    `The server came back without the session, before it had acknowledged the message for "${topic}": it may or may not have it. Publish it again, or set onSessionLost to 'republish'.`,
  );
}

/** Nobody waits for it any more, so nobody is told; nothing of it left. */
export function givenUp(topic: string): Error {
  return new Error(`The message for "${topic}" was given up before it was sent.`);
}

/** An acknowledgement that does not fit what its identifier stands for. */
export function outOfPlace(packet: { type: string; packetId: number }, exchange: Exchange): ProtocolError {
  const open =
    exchange.kind !== 'publish'
      ? exchange.kind.toUpperCase()
      : exchange.phase === 'pubrel'
        ? 'PUBREL'
        : `PUBLISH with QoS ${exchange.request.packet.qos}`;
  return new ProtocolError(
    0x82,
    `The server sent ${packet.type.toUpperCase()} ${packet.packetId}, but that identifier stands for a ${open}.`,
  );
}

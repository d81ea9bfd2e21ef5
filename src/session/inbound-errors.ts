// What goes wrong with received messages: what a server must not do with them, and what the store could not; a sentence each.

import { ProtocolError } from '../packets/errors.js';
import type { PublishPacket, PubrelPacket } from '../packets/packet.js';
import type { LedgerEntry } from './acknowledgements.js';
import { StoreError } from './storage.js';

export function windowExceeded(receiveMaximum: number): ProtocolError {
  return new ProtocolError(
    0x93,
    `The server sent more than the ${receiveMaximum} unacknowledged messages that the receive maximum allows. Such a server can be borne with receiveMaximumExceeded: 'pause'.`,
  );
}

export function qosChanged({ qos }: PublishPacket, open: LedgerEntry): ProtocolError {
  return new ProtocolError(
    0x82,
    `The server sent packet identifier ${open.packetId} with QoS ${qos} while it is in use for a message with QoS ${open.qos}.`,
  );
}

export function notAcknowledgedYet({ packetId }: LedgerEntry): ProtocolError {
  return new ProtocolError(
    0x82,
    `The server sent a new message with packet identifier ${packetId} before the old one was acknowledged.`,
  );
}

export function releasedTooEarly({ packetId }: PubrelPacket): ProtocolError {
  return new ProtocolError(0x82, `The server sent PUBREL ${packetId} before it got a PUBREC for it.`);
}

export function notForgotten(packetId: number, failure: Error): StoreError {
  const what = `PUBCOMP ${packetId} was not sent: the store could not forget the identifier`;
  return new StoreError(what, failure);
}

export function notSettled({ packetId }: LedgerEntry, failure: Error): StoreError {
  const what = `The QoS 2 message ${packetId} was not acknowledged: that it is settled could not be stored. Settle it again`;
  return new StoreError(what, failure);
}

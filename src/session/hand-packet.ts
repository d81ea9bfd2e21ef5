import { ProtocolError } from '../packets/errors.js';
import type { AckPacket, Packet } from '../packets/packet.js';
import type { Authentication } from './authentication.js';
import type { Inbound } from './inbound.js';
import type { Outbound } from './outbound.js';
import type { Subscriptions } from './subscriptions.js';

/** Whom the packets of a connected server are for. */
export interface Receivers {
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly subscriptions: Subscriptions;
  readonly authentication: Authentication;
}

/** Hands a packet to whom it is for. Throws a ProtocolError for one that a server must not send. */
export function handPacket(packet: Packet, to: Receivers, connectionId: number, now: number): void {
  switch (packet.type) {
    case 'publish':
      to.inbound.publish(packet, connectionId, now);
      break;
    case 'puback':
      to.outbound.puback(packet as AckPacket<'puback'>, now); // the compiler can't narrow a generic member by its type
      break;
    case 'pubrec':
      to.outbound.pubrec(packet as AckPacket<'pubrec'>, now); // as above
      break;
    case 'pubrel':
      to.inbound.pubrel(packet as AckPacket<'pubrel'>, connectionId); // as above
      break;
    case 'pubcomp':
      to.outbound.pubcomp(packet as AckPacket<'pubcomp'>, now); // as above
      break;
    case 'suback':
      to.subscriptions.suback(packet);
      break;
    case 'unsuback':
      to.subscriptions.unsuback(packet);
      break;
    case 'auth':
      to.authentication.auth(packet);
      break;
    case 'pingresp':
      break; // that something came is all it says, asked for or not
    default:
      throw new ProtocolError(
        0x82,
        `The server sent ${packet.type.toUpperCase()}, which has no place in a connection like this one.`,
      );
  }
}

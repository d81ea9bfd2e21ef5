import type { ConnackPacket, Packet, PublishPacket } from '../packets/packet.js';
import type { LedgerEntry } from './acknowledgements.js';
import type { Disconnection } from './disconnection.js';
import type { ServerLimits } from './server-limits.js';
import type { StoreWrite } from './storage.js';

/** What the session wants done, in this order. Whoever performs it decides nothing. */
export interface Effects {
  /** A packet leaves. Throws InvalidPacketError, and writes nothing, if it is not legal MQTT. */
  send(packet: Packet): void;
  /** The server's next packets are to wait, until it is called with false: they mean something only when the store knows what it has to forget. */
  hold(held: boolean): void;
  /** The server accepted the connection; `sessionPresent`: it goes on with the session that is known here. */
  connected(limits: ServerLimits, sessionPresent: boolean): void;
  /** The server wants an answer, see `Session.answer`. MQTT 5.0, 4.12. */
  challenged(challenge: Uint8Array): void;
  /** The server is content with what `Session.renew` began. */
  authenticated(data: Uint8Array): void;
  /** The server refused the connection: close it. */
  refused(connack: ConnackPacket): void;
  /** The server said goodbye: nothing may be sent any more; close the connection. */
  disconnected(disconnection: Disconnection): void;
  /** A message for the application; `entry` is its place in the ledger, QoS 0 has none. */
  deliver(packet: PublishPacket, entry: LedgerEntry | undefined): void;
  /** A request has its answer, or will never have one. */
  answer<A>(request: Request<A>, outcome: A | Error): void;
  /** A ledger entry that was settled left, or never will, or could not be stored: `entry.state` says which. */
  acknowledged(entry: LedgerEntry): void;
  /** A subscription of a lost session could not be made again: its messages come no more. */
  subscriptionLost(filter: string, error: Error): void;
  /** A write for the session store; `Session.stored` is told of its end, in the order of the writes. Never without a durable store. */
  store(write: StoreWrite): void;
  /** The store failed where no request is there to be told: the connection cannot go on. */
  storeFailed(error: Error): void;
}

/** Somebody waits for an answer of type `A`. The session hands the request back with it and does nothing else to it. */
export interface Request<A> {
  /** Nobody waits any more: it is not sent again. */
  readonly isAbandoned?: boolean;
  settle(outcome: A | Error): void;
}

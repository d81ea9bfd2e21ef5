import type { PubrecPacket } from '../packets/packet.js';
import type { PublishRequest } from './publish-request.js';
import type { SubscribeRequest, UnsubscribeRequest } from './subscriptions.js';

/** What a packet identifier of this client stands for until its last answer came. */
export type Exchange =
  | PublishExchange
  | SubscriptionExchange<'subscribe', SubscribeRequest>
  | SubscriptionExchange<'unsubscribe', UnsubscribeRequest>;

/** A SUBSCRIBE or UNSUBSCRIBE on one connection. */
export interface SubscriptionExchange<Kind, Request> {
  readonly kind: Kind;
  readonly request: Request;
  /** A connection ended under it before: it is not sent a third time. */
  readonly isRepeated: boolean;
  /** The answer came; the store has to know of it first. */
  isAnswered?: true;
}

/** A QoS 1 or 2 publish from the moment in which it has an identifier, over any number of connections. */
export interface PublishExchange {
  readonly kind: 'publish';
  readonly request: PublishRequest;
  /** `pubrel`: QoS 2, the server has the message, PUBREL is what would be sent again. `done`: answered, the store has to forget it first. */
  phase: 'publish' | 'pubrel' | 'done';
  /** The PUBREC that began the second phase: it says what became of the message. */
  received: PubrecPacket | undefined;
  /** The order of what is sent again: of the PUBLISH in the first phase, of the PUBREC in the second. */
  seq: number;
  /** It has one of the slots of the present connection. */
  hasSlot: boolean;
  /** The store has what this phase needs; always true without one. */
  isStored: boolean;
  /** The PUBLISH was written at least once. */
  wasSent: boolean;
}

/** The server has got the packet on the present connection, and its answer is due. */
export function awaitsAnswer(exchange: Exchange): boolean {
  if (exchange.kind !== 'publish') return !exchange.isAnswered;
  return exchange.hasSlot && exchange.isStored && exchange.phase !== 'done';
}

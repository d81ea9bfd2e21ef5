import type { PubrecPacket } from '../packets/packet.js';
import type { PublishRequest } from './publish-request.js';
import type { SubscribeRequest, UnsubscribeRequest } from './subscriptions.js';

/** What a packet identifier of this client stands for until its last answer came. */
export type Exchange =
  | PublishExchange
  | {
      readonly kind: 'subscribe';
      readonly request: SubscribeRequest;
      /** A connection ended under it before: it is not sent a third time. */
      readonly isRepeated: boolean;
    }
  | { readonly kind: 'unsubscribe'; readonly request: UnsubscribeRequest; readonly isRepeated: boolean };

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

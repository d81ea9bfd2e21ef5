import type { PubrecPacket } from '../packets/packet.js';
import type { PublishRequest } from './outbound.js';
import type { SubscribeRequest, UnsubscribeRequest } from './subscriptions.js';

/** What a packet identifier of this client stands for until its last answer came. A publish carries what a resend needs. */
export type Exchange =
  | {
      readonly kind: 'publish';
      /** `pubrel`: QoS 2, the server has the message, PUBREL is what would be sent again. */
      phase: 'publish' | 'pubrel';
      /** The PUBREC that began that phase: it says what became of the message. */
      received: PubrecPacket | undefined;
      readonly request: PublishRequest;
    }
  | { readonly kind: 'subscribe'; readonly request: SubscribeRequest }
  | { readonly kind: 'unsubscribe'; readonly request: UnsubscribeRequest };

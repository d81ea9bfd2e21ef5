import type { PublishProperties, QoS } from '../../packets/packet.js';
import type { Clock } from '../../time/clock.js';
import type { Logger } from '../logger.js';

/** A message on its way to the broker: encoded, on the topic that the broker will see. */
export interface OutgoingMessage {
  /** With the application's prefix. */
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Empty on MQTT 3.1.1, which has none. */
  readonly properties: PublishProperties;
}

/** What a middleware may want to know beside the message that is published. */
export interface PublishContext {
  /** `message`: by `publish()`, `clear()` or a handler's return. `request`: its result is there when the reply is. `reply` and `dead-letter`: by the application itself. */
  readonly kind: 'message' | 'request' | 'reply' | 'dead-letter';
  /** Of the contract, as it was written; undefined for replies and dead letters, whose topics no contract names. */
  readonly pattern: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 4 is MQTT 3.1.1, which has no properties: what has any is refused there. */
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
}

/** What the broker said to a message. */
export interface PublishResult {
  readonly reasonCode: number;
}

/**
 * Runs around a publish, after the message was encoded and before it leaves. `next` publishes, at most once, what it is given: the same message or another one. It resolves when the broker has taken it and rejects
 * as `publish` does; what a middleware throws, the caller of `publish` gets. Returning a result of its own without calling `next` publishes nothing, and is an error for a request, whose reply there is none of then.
 * One that returns nothing and did not call `next`, and one that calls it twice, reject with a `MiddlewareError`.
 */
export type PublishMiddleware = (
  outgoing: OutgoingMessage,
  next: (outgoing: OutgoingMessage) => Promise<PublishResult>,
  context: PublishContext,
) => Promise<PublishResult>;

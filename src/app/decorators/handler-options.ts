import type { TopicMessage } from '../../contracts/index.js';
import type { QoS } from '../../packets/packet.js';
import type { Duration } from '../../time/duration.js';
import type { Dedupe } from '../middleware/dedupe.js';
import type { Concurrency } from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';

/** Whether the broker's retained messages come with the subscription. MQTT 5 only, but for `send`. */
export type RetainedOption = 'send' | 'send-if-new' | 'never';

/** How a route subscribes and when its message is acknowledged. */
export interface HandlerOptions {
  /** The highest QoS at which the broker delivers. Default: the contract's `qos`, else 1. */
  qos?: QoS;
  /** Share the messages with every subscriber of this name: each message goes to one of them. Never write `$share/` yourself. */
  share?: string;
  /** Default `'send'`. */
  retained?: RetainedOption;
  /** Don't deliver what this application publishes itself. MQTT 5 only. Default false. */
  noLocal?: boolean;
  /** Keep the retain flag as the publisher set it. MQTT 5 only. Default false. */
  retainAsPublished?: boolean;
  /**
   * `'auto'`: acknowledged after the handler succeeded. `'manual'`: the handler calls `message.ack()` or `message.reject()`; if neither was called `timeout` after the handler
   * returned, the message has failed. `'on-receipt'`: acknowledged before the handler runs, so a failure loses it. Default `'auto'`.
   */
  ack?: 'auto' | 'manual' | 'on-receipt';
  /** Default: the controller's, else the application's, member by member. */
  concurrency?: Concurrency;
  /** How long the handler may take; then `message.signal` is aborted, and the last step of its failure policy applies. 0: as long as it likes. Default '30s'. */
  timeout?: Duration;
  /** Rules for failures; asked before those of the controller and of the application. */
  errors?: ErrorPolicy;
  /** Handles a message that is delivered twice once: the middleware {@link dedupe}, inside all others of the route. */
  dedupe?: Dedupe;
  /** A route on `#`, or any that matches dead letters beside other topics, gets them only if it asks for them. Default false. */
  deadLetters?: boolean;
  /** Asked before the message is decoded: false leaves it to the other routes. `payload` is the bytes. */
  when?: (message: TopicMessage<Readonly<Record<string, string>>, Uint8Array>) => boolean;
  /** A line for people: in the list of routes and in the AsyncAPI document. */
  summary?: string;
  /** How logs and errors call the route. Default `Class.method`. */
  name?: string;
}

import type { QoS } from '../../packets/packet.js';

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
   * `'auto'`: acknowledged after the handler succeeded. `'manual'`: the handler calls `message.ack()` or `message.reject()`.
   * Default `'auto'`.
   */
  ack?: 'auto' | 'manual';
  /** How logs and errors call the route. Default `Class.method`. */
  name?: string;
}

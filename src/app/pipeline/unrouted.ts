import { settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import type { Logger } from '../logger.js';
import type { DeliveryReport } from './delivery.js';

/** Topics that are reported one by one. */
const MAX_REPORTS = 100;

export interface UnroutedOptions {
  readonly unrouted: 'ack' | 'log' | 'reject';
  readonly protocolVersion: 4 | 5;
  readonly logger: Logger;
}

/** What becomes of messages that no route matches: a session can hold some of filters that this deployment no longer has. */
export class Unrouted {
  readonly #options: UnroutedOptions;
  /** Topics that were reported. */
  readonly #known = new Set<string>();

  constructor(options: UnroutedOptions) {
    this.#options = options;
  }

  settle(message: ReceivedMessage): DeliveryReport {
    const { unrouted, protocolVersion } = this.#options;
    // MQTT 3.1.1 has no negative acknowledgement.
    const isRejected = unrouted === 'reject' && protocolVersion === 5 && message.qos > 0;
    const code = isRejected ? 0x80 : 0;
    settleMessage(message, code);
    if (unrouted !== 'ack') this.#log(message.topic, isRejected);
    const reasonCode = message.qos === 0 ? undefined : code;
    return { message, outcome: isRejected ? 'rejected' : 'dropped', reasonCode, reports: [] };
  }

  #log(topic: string, isRejected: boolean): void {
    if (this.#known.size >= MAX_REPORTS || this.#known.has(topic)) return;
    this.#known.add(topic);
    const fate = isRejected ? 'was rejected' : 'was acknowledged and dropped';
    this.#options.logger.warn(
      { topic },
      `A message that no route matches ${fate}. Its session may be older than these routes.`,
    );
  }
}

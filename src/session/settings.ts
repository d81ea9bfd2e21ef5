import type { AckOrder } from './acknowledgements.js';

export interface SessionSettings {
  readonly protocolVersion: 4 | 5;
  /** Unacknowledged messages that the server may have under way; on MQTT 3.1.1 it is for the caller to stop reading. */
  readonly receiveMaximum: number;
  /** The caller stops reading at the receive maximum; otherwise more is an error of the server's. */
  readonly pausesWhenFull: boolean;
  /** In which order acknowledgements leave. */
  readonly ackOrder: AckOrder;
  /** Publishes under way, beside what the server allows. */
  readonly sendMaximum: number;
  /** How many topic aliases the server may use. */
  readonly topicAliasMaximum: number;
  /** How many topic aliases are given at most, beside what the server allows. */
  readonly outboundAliases: number;
}

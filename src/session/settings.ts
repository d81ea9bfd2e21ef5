import type { AckOrder } from './acknowledgements.js';
import type { OfflineLimits } from './waiting-publishes.js';

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
  /** What becomes of a publish whose session the server lost. */
  readonly onSessionLost: 'reject' | 'republish';
  /** When subscriptions are made again on the next connection. */
  readonly resubscribe: 'when-session-lost' | 'always' | 'never';
  /** Whether retained messages come again then. */
  readonly replayRetained: boolean;
  /** What may wait for a connection; undefined: nothing. */
  readonly offline: OfflineLimits | undefined;
  /** There is a session store: `Effects.store` is to be performed, and `Session.stored` called. */
  readonly isDurable: boolean;
  /** How many topic aliases the server may use. */
  readonly topicAliasMaximum: number;
  /** How many topic aliases are given at most, beside what the server allows. */
  readonly outboundAliases: number;
}

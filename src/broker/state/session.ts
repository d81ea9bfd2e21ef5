import type { ProtocolVersion, QoS, SubscriptionRequest } from '../../packets/packet.js';
import type { BrokerLimits } from '../settings.js';
import type { Connection } from './connection.js';
import type { Deadline } from './deadlines.js';
import { Outbound } from './outbound.js';
import type { SharedGroup } from './shared-group.js';
import type { Will } from './will.js';

/** Session expiry interval of a session that never expires, in seconds. MQTT 5.0, 3.1.2.11.2. */
export const NEVER_EXPIRES = 0xffffffff;

/** One filter of one session. */
export interface Subscription {
  readonly session: Session;
  /** As the client wrote it, `$share/` included. */
  readonly filter: string;
  readonly grantedQoS: QoS;
  readonly options: SubscriptionRequest;
  readonly identifier: number | undefined;
  readonly group: SharedGroup | undefined;
}

/** What the broker keeps of a client across its connections. MQTT 5.0, 4.1. */
export class Session {
  readonly clientId: string;
  /** Of its last connection. */
  version: ProtocolVersion;
  connection: Connection | undefined;
  /** Seconds that it outlives its connection. */
  expiryInterval = 0;
  readonly subscriptions = new Map<string, Subscription>();
  /** Bytes of their filters, as `filterSize` counts them. */
  subscriptionBytes = 0;
  readonly outbound: Outbound;
  /** Identifiers of QoS 2 messages taken over and not yet released: a repeat is not delivered again. */
  readonly unreleased = new Set<number>();
  will: Will | undefined;
  willDeadline: Deadline | undefined;
  expiryDeadline: Deadline | undefined;

  constructor(clientId: string, version: ProtocolVersion, limits: BrokerLimits) {
    this.clientId = clientId;
    this.version = version;
    this.outbound = new Outbound(limits);
  }
}

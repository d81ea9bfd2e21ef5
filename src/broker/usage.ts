import type { Session } from './state/session.js';
import type { State } from './state/state.js';

/** What a broker holds at this moment, to be set against its limits. */
export interface BrokerUsage {
  /** Connections, those included that sent no CONNECT yet or are about to end: `limits.connections`. */
  readonly connections: number;
  /** In the order in which they began: `limits.sessions`. */
  readonly sessions: readonly SessionUsage[];
  /** `limits.retainedMessages` */
  readonly retainedMessages: number;
  /** Bytes of payload, topic and properties: `limits.retainedBytes`. */
  readonly retainedBytes: number;
  /** What is due at some time: one for each connection (its keep-alive) and two for each session (its end, its will) at most. */
  readonly deadlines: number;
}

/** The part of one session in it. */
export interface SessionUsage {
  readonly clientId: string;
  /** `limits.subscriptionsPerSession` */
  readonly subscriptions: number;
  /** Bytes of their filters: `limits.subscriptionBytesPerSession`. */
  readonly subscriptionBytes: number;
  /** Messages that wait to be sent: `limits.queuedMessages`. */
  readonly queuedMessages: number;
  /** Bytes of payload, topic and properties that wait: `limits.queuedBytes`. */
  readonly queuedBytes: number;
  /** Messages sent at QoS 1 or 2 and not completely acknowledged, 65,535 at most. */
  readonly inFlightMessages: number;
  /** Bytes of payload, topic and properties in flight: `limits.queuedBytes`, and one message more. */
  readonly inFlightBytes: number;
  /** Messages of the client at QoS 2 that it has not released yet, 65,535 at most. */
  readonly unreleased: number;
}

export function usageOf({ sessions, retained, deadlines }: State, connections: number): BrokerUsage {
  return {
    connections,
    sessions: [...sessions.values()].map(sessionUsage),
    retainedMessages: retained.size,
    retainedBytes: retained.bytes,
    deadlines: deadlines.size,
  };
}

function sessionUsage(session: Session): SessionUsage {
  const { clientId, subscriptions, subscriptionBytes, outbound, unreleased } = session;
  return {
    clientId,
    subscriptions: subscriptions.size,
    subscriptionBytes,
    queuedMessages: outbound.queued,
    queuedBytes: outbound.queuedBytes,
    inFlightMessages: outbound.inFlight,
    inFlightBytes: outbound.inFlightBytes,
    unreleased: unreleased.size,
  };
}

import type { Broker } from '../broker/index.js';
import type { QoS } from '../packets/packet.js';

/** A subscription that the broker granted. */
export interface SubscriptionView {
  /** As the client wrote it, `$share/` included. */
  readonly filter: string;
  /** As granted. */
  readonly qos: QoS;
  /** MQTT 5 only, where the client gave it one: 1 to 268,435,455. */
  readonly identifier?: number;
}

/** What the broker keeps of a client. */
export interface SessionView {
  /** Whether it has a connection at the moment. */
  readonly connected: boolean;
  readonly subscriptions: readonly SubscriptionView[];
  /** Messages that wait to be sent. */
  readonly queued: number;
  /** Messages sent at QoS 1 or 2 and not completely acknowledged. */
  readonly inflight: number;
  /** Topics of the messages that wait, in the order in which they will be sent; those at QoS 0 last. */
  readonly queuedTopics: readonly string[];
  /** Topics of those in flight, in the order in which they would be sent again. */
  readonly inflightTopics: readonly string[];
  /** Messages that the limits of the queue cost this session. */
  readonly dropped: number;
}

type Session = NonNullable<ReturnType<Broker['session']>>;

export function viewOf(session: Session): SessionView {
  const { outbound, subscriptions, connection } = session;
  return {
    connected: connection !== undefined,
    subscriptions: [...subscriptions.values()].map(({ filter, grantedQoS, identifier }) => ({
      filter,
      qos: grantedQoS,
      ...(identifier !== undefined && { identifier }),
    })),
    queued: outbound.queued,
    inflight: outbound.inFlight,
    queuedTopics: outbound.waitingCopies.map(({ message }) => message.topic),
    inflightTopics: outbound.copiesInFlight.map(({ message }) => message.topic),
    dropped: outbound.dropped,
  };
}

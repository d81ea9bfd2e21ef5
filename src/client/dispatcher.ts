import type { Disconnection } from '../session/disconnection.js';
import type { Message } from './message.js';

/** For app/: what becomes of the connection, told in the moment in which it happens. */
export interface ConnectionWatch {
  /**
   * A connection is gone, by whomever, before any promise settles; whether another one follows, the client's state says. From then on every settlement of its messages at QoS 1 is
   * `stale`; one at QoS 2 is `queued`, and leaves on the next connection if the server has the session.
   */
  readonly lost?: (disconnection: Disconnection) => void;
  /** There is a connection again. */
  readonly regained?: (sessionPresent: boolean) => void;
  /** A subscription could not be made again: its messages come no more. */
  readonly subscriptionLost?: (filter: string, error: Error) => void;
  /** A reply came on this response topic that nobody waits for: `request()` has given up, or had its answer. */
  readonly replyLate?: (responseTopic: string) => void;
}

/** For app/: who gets every message. See `dispatchMessages`. */
export interface Dispatcher extends ConnectionWatch {
  readonly receive: (message: Message) => void;
}

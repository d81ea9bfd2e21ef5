import type { Driver } from './driver.js';
import type { Observers } from './observers.js';
import type { RequestReply } from './request-reply.js';
import type { Inbox } from './streams/inbox.js';

/** Numbers to look at; each is bounded by an option or by the server's limits. */
export interface ClientStats {
  /** QoS 1 and 2 publishes that the server has not finished acknowledging. */
  readonly inFlightOut: number;
  /** Publishes that wait for a slot or for the socket. */
  readonly queuedOut: number;
  /** Received QoS 1 and 2 messages that are not acknowledged yet. */
  readonly unackedIn: number;
  /** Milliseconds since the oldest of them came; 0 if there is none. */
  readonly oldestUnackedMs: number;
  /** Its topic; undefined if there is none, or an earlier process got it. */
  readonly oldestUnackedTopic: string | undefined;
  /** Messages that no reader took yet. */
  readonly bufferedIn: number;
  /** QoS 0 messages dropped because no reader came in time. */
  readonly dropped: number;
  /**
   * Acknowledgements from the server that answered nothing, repetitions that were not delivered again, and further copies for a stream, of which
   * some brokers send one for each matching subscription.
   */
  readonly ignored: number;
  /** How often one of the `hooks` threw. */
  readonly failedHooks: number;
  /** Calls of `request()` that wait for their reply. */
  readonly waitingRequests: number;
  /** Replies that nobody waited for any more, or ever. */
  readonly lateReplies: number;
  /** Connections after the first. */
  readonly reconnects: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** `now` in milliseconds of the client's clock. */
export function statsOf(
  driver: Driver,
  inbox: Inbox,
  requests: RequestReply,
  observers: Observers,
  { reconnects, now }: { reconnects: number; now: number },
): ClientStats {
  const { inFlight, queued, unacknowledged, oldestUnacknowledged: oldest, ignored } = driver.session.counts;
  return {
    inFlightOut: inFlight,
    queuedOut: queued,
    unackedIn: unacknowledged,
    oldestUnackedMs: oldest ? now - oldest.at : 0,
    oldestUnackedTopic: oldest?.topic,
    bufferedIn: inbox.length,
    dropped: inbox.dropped,
    ignored: ignored + inbox.repeated,
    failedHooks: observers.failed,
    waitingRequests: requests.waiting,
    lateReplies: requests.late,
    reconnects,
    bytesIn: driver.bytesIn,
    bytesOut: driver.bytesOut,
  };
}

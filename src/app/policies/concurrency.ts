// The parameters differ from route to route; the payload is not decoded yet.
// biome-ignore lint/suspicious/noExplicitAny: asked about messages of every route
type UndecodedMessage = import('../../contracts/index.js').TopicMessage<any, Uint8Array>;

/** How many messages a route handles at once, and in which order. */
export interface Concurrency {
  /** Handlers of the route that run at once: a whole number from 1. The receive maximum of the connection follows from the sum over all routes. Default 16. */
  max?: number;
  /**
   * `topic`: in order within each concrete topic, side by side across topics. `none`: as they come. `strict`: one after the other. Or a function that names what has to stay in
   * order, such as a customer: asked once for each message, when it comes, with `payload` and `params` as they came. If it throws, the message has failed. Default 'topic'.
   */
  order?: 'topic' | 'none' | 'strict' | ((message: UndecodedMessage) => string);
  /** QoS 0 messages of the route that wait, all keys together: a whole number from 1. QoS 1 and 2 are bounded by the receive maximum. Default 1,000. */
  queue?: number;
  /**
   * What becomes of QoS 0 messages beyond `queue`. `drop-oldest`: the oldest of the same key goes, of the route if none of its key waits. `drop-newest`: the one that comes goes. Both are counted as
   * `dropped`, and the first is logged. `latest`: of each key of `order` only the newest waits, in the turn of the one that it replaces, which is counted as `conflated`; beyond `queue` keys the oldest goes.
   * QoS 1 and 2 are never dropped. Default 'drop-oldest'.
   */
  overflow?: 'drop-oldest' | 'drop-newest' | 'latest';
}

/** What a route does, once handler, controller and application have had their say. */
export type RouteConcurrency = Readonly<Required<Concurrency>>;

export const defaultConcurrency: RouteConcurrency = {
  max: 16,
  order: 'topic',
  queue: 1_000,
  overflow: 'drop-oldest',
};

/** What `own` says, and `from` where it says nothing. */
export function concurrencyOf(from: RouteConcurrency, own: Concurrency | undefined): RouteConcurrency {
  return {
    max: own?.max ?? from.max,
    order: own?.order ?? from.order,
    queue: own?.queue ?? from.queue,
    overflow: own?.overflow ?? from.overflow,
  };
}

/** What MQTT allows at most, and what a client has by default. */
const RECEIVE_MAXIMUM = { most: 65_535, least: 100 };

/** How many QoS 1 and 2 messages may wait for their acknowledgement, so that every route can be busy. */
export function receiveMaximumOf(routes: readonly { readonly concurrency: RouteConcurrency }[]): number {
  const busy = routes.reduce((sum, { concurrency }) => sum + concurrency.max, 0);
  return Math.min(RECEIVE_MAXIMUM.most, Math.max(RECEIVE_MAXIMUM.least, busy));
}

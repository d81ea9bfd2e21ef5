import type { ConnectionState } from '../../client/state.js';
import { matches } from '../../topics/index.js';
import type { RouteCounts } from '../pipeline/reports.js';
import type { Route } from '../routes/route.js';
import type { Online } from './go-online.js';

/** How an application is at the moment. */
export interface Health {
  /** Started and not stopped, and its connection is not lost for good: false where only a restart helps. */
  readonly live: boolean;
  /** Live, connected and subscribed, and the oldest unacknowledged message is no older than `health.oldestUnacked` allows. */
  readonly ready: boolean;
  /** `none` before the start; `waiting` for the next attempt; `closed` for good. */
  readonly connection: 'none' | ConnectionState['state'];
  /** Messages that came and are not handled yet: they run, wait for their turn, or their route is paused. QoS 0 counts too. */
  readonly lag: number;
  /** Since when the oldest message waits for its acknowledgement, in milliseconds; 0 if none does. */
  readonly oldestUnackedMs: number;
  /** The routes that this message is for: one of them holds it, and with it the acknowledgements behind it. */
  readonly oldestUnackedRoutes: readonly string[];
  /** By the name of the route. */
  readonly routes: Readonly<Record<string, RouteCounts>>;
}

export interface HealthFacts {
  readonly isRunning: boolean;
  readonly online: Online | undefined;
  readonly routes: readonly Route[];
  /** Milliseconds; 0: no limit. */
  readonly oldestUnacked: number;
}

/** How the application is, from what it does at the moment. */
export function healthOf({ isRunning, online, routes, oldestUnacked: limit }: HealthFacts): Health {
  const connection = online?.client.state.state ?? 'none';
  const { oldestUnackedMs = 0, oldestUnackedTopic } = online?.client.stats() ?? {};
  const counts = Object.fromEntries(
    online ? routes.map((route) => [route.name, online.pipeline.counts(route)] as const) : [],
  );
  const live = isRunning && connection !== 'closed';
  return {
    live,
    ready: live && connection === 'connected' && (limit === 0 || oldestUnackedMs <= limit),
    connection,
    lag: online?.pipeline.open ?? 0,
    oldestUnackedMs,
    oldestUnackedRoutes: oldestUnackedTopic === undefined ? [] : holding(oldestUnackedTopic, routes, counts),
    routes: counts,
  };
}

/** Of the routes that a message is for, those that are at work; none may be, where one gave it up. */
function holding(topic: string, routes: readonly Route[], counts: Health['routes']): string[] {
  const names = routes
    .filter(({ filters }) => filters.some((filter) => matches(filter, topic)))
    .map(({ name }) => name);
  const busy = names.filter((name) => (counts[name]?.inFlight ?? 0) > 0);
  return busy.length > 0 ? busy : names;
}

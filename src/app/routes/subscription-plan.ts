// Which SUBSCRIBEs serve a set of routes, so that each matching route runs exactly once for each message.
import { covers } from '../../topics/index.js';
import { overlapWarnings } from './overlaps.js';
import { highest, type RouteGroup, type Subscribing, trieOf } from './route-group.js';

export interface SubscriptionPlan<R> {
  /** Every distinct filter. */
  readonly groups: readonly RouteGroup<R>[];
  /** Those to subscribe to. The others are covered by one of these and served locally. */
  readonly subscribed: readonly RouteGroup<R>[];
  /** Pairs that the broker may serve twice and that nobody can tell apart, a sentence each. */
  readonly warnings: readonly string[];
}

/** With subscription identifiers every filter has a subscription of its own; without, overlaps are the plan's business. */
export function planSubscriptions<R extends Subscribing>(
  groups: readonly RouteGroup<R>[],
  identifiers: boolean,
): SubscriptionPlan<R> {
  if (identifiers) return { groups, subscribed: groups, warnings: [] };
  const places = new Map(groups.map((group, place) => [group, place] as const));
  const trie = trieOf(groups);
  const served = new Set<RouteGroup<R>>();
  const qos = new Map(groups.map((group) => [group, group.qos] as const));
  for (const [place, narrow] of groups.entries()) {
    for (const wide of trie.covering(narrow.filter)) {
      if (wide === narrow || !mayServe(wide, narrow)) continue;
      // Two filters may cover each other (`#` and `+/#`): then the earlier one serves both.
      const isWider = !covers(narrow.filter, wide.filter) || (places.get(wide) ?? 0) < place;
      if (isWider) served.add(narrow);
      if (isWider) qos.set(wide, highest([qos.get(wide) ?? 0, narrow.qos]));
    }
  }
  const subscribed = groups
    .filter((group) => !served.has(group))
    .map((group) => ({ ...group, qos: qos.get(group) ?? group.qos }));
  return { groups, subscribed, warnings: overlapWarnings(subscribed) };
}

function mayServe<R>(wide: RouteGroup<R>, narrow: RouteGroup<R>): boolean {
  return wide.share === undefined && narrow.share === undefined && sameOptions(wide, narrow);
}

export function sameOptions<R>(one: RouteGroup<R>, other: RouteGroup<R>): boolean {
  return (
    one.retained === other.retained &&
    one.noLocal === other.noLocal &&
    one.retainAsPublished === other.retainAsPublished
  );
}

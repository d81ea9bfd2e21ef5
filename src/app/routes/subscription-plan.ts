// Which SUBSCRIBEs serve a set of routes, so that each matching route runs exactly once for each message.
import type { QoS } from '../../packets/packet.js';
import { covers, overlaps, validateTopicFilter } from '../../topics/index.js';
import type { RetainedOption } from '../decorators/handler-options.js';

/** What the plan has to know of a route. */
export interface Subscribing {
  readonly name: string;
  /** Without `$share/`. */
  readonly filter: string;
  readonly share: string | undefined;
  readonly qos: QoS;
  readonly retained: RetainedOption;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
}

/** The routes of one distinct filter. */
export interface RouteGroup<R> {
  readonly filter: string;
  readonly share: string | undefined;
  /** As SUBSCRIBE has it: with `$share/<share>/`. */
  readonly topicFilter: string;
  readonly identifier: number;
  readonly qos: QoS;
  readonly retained: RetainedOption;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly routes: readonly R[];
}

export interface SubscriptionPlan<R> {
  /** Every distinct filter. */
  readonly groups: readonly RouteGroup<R>[];
  /** Those to subscribe to. The others are covered by one of these and served locally. */
  readonly subscribed: readonly RouteGroup<R>[];
  /** Pairs that the broker may serve twice and that nobody can tell apart, a sentence each. */
  readonly warnings: readonly string[];
}

/** Puts routes of equal filter and share together. Contradictions among them go to `findings`. */
export function groupRoutes<R extends Subscribing>(
  routes: readonly R[],
  findings: string[],
): RouteGroup<R>[] {
  const byFilter = new Map<string, R[]>();
  for (const route of routes) {
    const topicFilter = route.share === undefined ? route.filter : `$share/${route.share}/${route.filter}`;
    const wrong = badShare(route.share) ?? validateTopicFilter(topicFilter);
    if (wrong) findings.push(`${route.name}: ${wrong}`);
    if (route.share !== undefined && route.noLocal) {
      findings.push(
        `${route.name}: noLocal can't be combined with share ([MQTT-3.8.3-4]). Leave one of them out.`,
      );
    }
    const equal = byFilter.get(topicFilter);
    if (equal) equal.push(route);
    else byFilter.set(topicFilter, [route]);
  }
  const taken = new Set<number>();
  return [...byFilter].map(([topicFilter, equal]) => group(topicFilter, equal, taken, findings));
}

/** With subscription identifiers every filter has a subscription of its own; without, overlaps are the plan's business. */
export function planSubscriptions<R extends Subscribing>(
  groups: readonly RouteGroup<R>[],
  identifiers: boolean,
): SubscriptionPlan<R> {
  if (identifiers) return { groups, subscribed: groups, warnings: [] };
  const widest = groups
    .filter(
      (narrow, at) => !groups.some((wide, place) => wide !== narrow && servesAlso(wide, narrow, place < at)),
    )
    .map((wide) => ({ ...wide, qos: highestServed(wide, groups) }));
  return { groups, subscribed: widest, warnings: overlapWarnings(widest) };
}

/** With a slash in it, the rest of the name would become part of the filter. */
function badShare(share: string | undefined): string | undefined {
  if (share === undefined || /^[^/+#]+$/.test(share)) return undefined;
  return `share: ${JSON.stringify(share)} is no share name. Write one or more characters without "/", "+" and "#".`;
}

function group<R extends Subscribing>(
  topicFilter: string,
  routes: readonly R[],
  taken: Set<number>,
  findings: string[],
): RouteGroup<R> {
  const [first] = routes as readonly [R, ...R[]]; // a group is made by its first route
  for (const option of ['retained', 'noLocal', 'retainAsPublished'] as const) {
    const other = routes.find((route) => route[option] !== first[option]);
    if (!other) continue;
    findings.push(
      `${first.name} and ${other.name} share the subscription ${JSON.stringify(topicFilter)} but contradict each other: ${option} is ${JSON.stringify(first[option])} for the one and ${JSON.stringify(other[option])} for the other. Write the same for both.`,
    );
  }
  const { filter, share, retained, noLocal, retainAsPublished } = first;
  const qos = highest(routes.map((route) => route.qos));
  const identifier = stableIdentifier(topicFilter, taken);
  return { filter, share, topicFilter, identifier, qos, retained, noLocal, retainAsPublished, routes };
}

/** Made from the filter alone: what a session queued under an older deployment still means the same filter. FNV-1a in 28 bits. */
function stableIdentifier(topicFilter: string, taken: Set<number>): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topicFilter.length; i++) hash = Math.imul(hash ^ topicFilter.charCodeAt(i), 0x01000193);
  let identifier = ((hash >>> 0) % 268_435_455) + 1;
  while (taken.has(identifier)) identifier = (identifier % 268_435_455) + 1;
  taken.add(identifier);
  return identifier;
}

/** Two filters may cover each other (`#` and `+/#`): then the earlier one serves both. */
function servesAlso<R>(wide: RouteGroup<R>, narrow: RouteGroup<R>, earlier: boolean): boolean {
  if (wide.share !== undefined || narrow.share !== undefined || !sameOptions(wide, narrow)) return false;
  return covers(wide.filter, narrow.filter) && (earlier || !covers(narrow.filter, wide.filter));
}

function sameOptions<R>(one: RouteGroup<R>, other: RouteGroup<R>): boolean {
  return (
    one.retained === other.retained &&
    one.noLocal === other.noLocal &&
    one.retainAsPublished === other.retainAsPublished
  );
}

function highestServed<R>(wide: RouteGroup<R>, groups: readonly RouteGroup<R>[]): QoS {
  const served = groups.filter((narrow) => servesAlso(wide, narrow, true));
  return highest([wide.qos, ...served.map(({ qos }) => qos)]);
}

function highest(all: readonly QoS[]): QoS {
  return all.reduce((one, other) => (other > one ? other : one), 0);
}

function overlapWarnings<R extends Subscribing>(subscribed: readonly RouteGroup<R>[]): string[] {
  const warnings: string[] = [];
  for (const [at, one] of subscribed.entries()) {
    for (const other of subscribed.slice(at + 1)) {
      if (overlaps(one.filter, other.filter)) warnings.push(overlapWarning(one, other));
    }
  }
  return warnings;
}

function overlapWarning<R extends Subscribing>(one: RouteGroup<R>, other: RouteGroup<R>): string {
  const named = (each: RouteGroup<R>) =>
    `${JSON.stringify(each.topicFilter)} (${each.routes.map(({ name }) => name).join(', ')})`;
  return `${named(one)} and ${named(other)} overlap, and this connection has no subscription identifiers. If the broker sends a message that matches both once for each of them, their handlers run twice. Connect with MQTT 5, or write one filter so that it covers the other.`;
}

// The routes of equal filter and share, which have one subscription together.
import type { QoS } from '../../packets/packet.js';
import { TopicTrie, validateTopicFilter } from '../../topics/index.js';
import type { RetainedOption } from '../decorators/handler-options.js';
import { SubscriptionIdentifiers } from './subscription-identifiers.js';

/** What the plan has to know of a route. */
export interface Subscribing {
  readonly name: string;
  /** With the prefix, without `$share/`: one, or several where a parameter is bound to several values; none where it is bound to none. */
  readonly filters: readonly string[];
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

export interface Grouping<R> {
  /** Default: the filters that the route has. */
  readonly filtersOf?: (route: R) => readonly string[];
  readonly identifiers?: SubscriptionIdentifiers;
}

/** Puts routes of equal filter and share together. Contradictions among them go to `findings`. */
export function groupRoutes<R extends Subscribing>(
  routes: readonly R[],
  findings: string[],
  { filtersOf = ({ filters }) => filters, identifiers = new SubscriptionIdentifiers() }: Grouping<R> = {},
): RouteGroup<R>[] {
  const byFilter = new Map<string, { readonly filter: string; readonly routes: R[] }>();
  for (const route of routes) {
    findings.push(...shareFindings(route));
    for (const filter of filtersOf(route)) {
      const topicFilter = route.share === undefined ? filter : `$share/${route.share}/${filter}`;
      const wrong = validateTopicFilter(topicFilter);
      if (wrong) findings.push(`${route.name}: ${wrong}`);
      const equal = byFilter.get(topicFilter);
      if (equal) equal.routes.push(route);
      else byFilter.set(topicFilter, { filter, routes: [route] });
    }
  }
  return [...byFilter].map(([topicFilter, { filter, routes }]) => {
    findings.push(...contradictions(topicFilter, routes));
    const { share, retained, noLocal, retainAsPublished } = routes[0] as R; // a group is made by its first route
    const qos = highest(routes.map((route) => route.qos));
    const identifier = identifiers.of(topicFilter);
    return { filter, share, topicFilter, identifier, qos, retained, noLocal, retainAsPublished, routes };
  });
}

/** By filter, without the share. */
export function trieOf<R>(groups: readonly RouteGroup<R>[]): TopicTrie<RouteGroup<R>> {
  const trie = new TopicTrie<RouteGroup<R>>();
  for (const group of groups) trie.add(group.filter, group);
  return trie;
}

function shareFindings({ name, share, noLocal }: Subscribing): string[] {
  if (share === undefined) return [];
  const wrong = badShare(share);
  return [
    ...(wrong ? [`${name}: ${wrong}`] : []),
    ...(noLocal
      ? [`${name}: noLocal can't be combined with share ([MQTT-3.8.3-4]). Leave one of them out.`]
      : []),
  ];
}

export function highest(all: readonly QoS[]): QoS {
  return all.reduce((one, other) => (other > one ? other : one), 0);
}

/** With a slash in it, the rest of the name would become part of the filter. */
function badShare(share: string): string | undefined {
  if (/^[^/+#]+$/.test(share)) return undefined;
  return `share: ${JSON.stringify(share)} is no share name. Write one or more characters without "/", "+" and "#".`;
}

function contradictions<R extends Subscribing>(topicFilter: string, routes: readonly R[]): string[] {
  const [first, ...others] = routes;
  if (!first || others.length === 0) return [];
  return (['retained', 'noLocal', 'retainAsPublished'] as const).flatMap((option) => {
    const other = others.find((route) => route[option] !== first[option]);
    if (!other) return [];
    return [
      `${first.name} and ${other.name} share the subscription ${JSON.stringify(topicFilter)} but contradict each other: ${option} is ${JSON.stringify(first[option])} for the one and ${JSON.stringify(other[option])} for the other. Write the same for both.`,
    ];
  });
}

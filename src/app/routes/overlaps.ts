// Pairs of filters that can match the same topic, and which of two is more specific.
import { covers } from '../../topics/index.js';
import { type RouteGroup, type Subscribing, trieOf } from './route-group.js';

/** Pairs that are told one by one. */
const MAXIMUM_PAIRS = 100;

/** Pairs that the broker may serve twice and that nobody can tell apart, a sentence each. */
export function overlapWarnings<R extends Subscribing>(subscribed: readonly RouteGroup<R>[]): string[] {
  return sentences(subscribed, (one, other) => {
    return `${named(one)} and ${named(other)} overlap, and this connection has no subscription identifiers. If the broker sends a message that matches both once for each of them, their handlers run twice. Connect with MQTT 5, or write one filter so that it covers the other.`;
  });
}

/** Routes between which `overlap: 'most-specific'` can't choose, a sentence each. */
export function tieFindings<R extends Subscribing>(groups: readonly RouteGroup<R>[]): string[] {
  const equal = groups.flatMap(({ topicFilter, routes: [one, other] }) =>
    one && other
      ? [
          `overlap: 'most-specific' can't choose between ${one.name} and ${other.name}: both are on ${JSON.stringify(topicFilter)}. Leave one of them out, or write overlap: 'all'.`,
        ]
      : [],
  );
  const crossing = sentences(groups, (one, other) => {
    if (isMoreSpecific(one.filter, other.filter) || isMoreSpecific(other.filter, one.filter))
      return undefined;
    return `overlap: 'most-specific' can't choose between ${named(one)} and ${named(other)}: they can match the same topic, and neither is more specific. Narrow one of them, or write overlap: 'all'.`;
  });
  return [...equal, ...crossing];
}

/** Level by level a literal goes before `+`, and `+` before `#`: no level of the one is wider, and one at least is narrower. For filters that overlap. */
export function isMoreSpecific(one: string, other: string): boolean {
  if (one === other || !covers(other, one)) return false;
  // "+/#" and "#" match the same topics.
  return !covers(one, other) || one.length > other.length;
}

/** A sentence for each pair of overlapping groups that has one. */
function sentences<R extends Subscribing>(
  groups: readonly RouteGroup<R>[],
  sentenceOf: (one: RouteGroup<R>, other: RouteGroup<R>) => string | undefined,
): string[] {
  const found: string[] = [];
  const trie = trieOf(groups);
  const places = new Map(groups.map((group, place) => [group, place] as const));
  for (const [place, one] of groups.entries()) {
    const later = trie.overlapping(one.filter).filter((other) => (places.get(other) ?? 0) > place);
    for (const other of later.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))) {
      const sentence = sentenceOf(one, other);
      if (sentence === undefined) continue;
      if (found.length === MAXIMUM_PAIRS)
        return [...found, `More filters overlap: only the first ${MAXIMUM_PAIRS} pairs are named here.`];
      found.push(sentence);
    }
  }
  return found;
}

function named<R extends Subscribing>({ topicFilter, routes }: RouteGroup<R>): string {
  return `${JSON.stringify(topicFilter)} (${routes.map(({ name }) => name).join(', ')})`;
}

// Routes and their filters as a whole: what they come to, and what `app.bind` makes of them.
import { TopicError } from '../../topics/index.js';
import { type Binding, bindPattern } from './binding.js';
import { tieFindings } from './overlaps.js';
import type { Route } from './route.js';
import { type Grouping, groupRoutes, type RouteGroup, type Subscribing } from './route-group.js';
import type { SubscriptionIdentifiers } from './subscription-identifiers.js';

/** The groups of routes, with what contradicts itself among them in `findings`. */
export function placeRoutes<R extends Subscribing>(
  routes: readonly R[],
  overlap: 'all' | 'most-specific' | undefined,
  findings: string[],
  grouping?: Grouping<R>,
): RouteGroup<R>[] {
  const wrong: string[] = [];
  const groups = groupRoutes(routes, wrong, grouping);
  if (wrong.length === 0 && overlap === 'most-specific') wrong.push(...tieFindings(groups));
  findings.push(...wrong);
  return groups;
}

/** The new bindings of the routes of a topic, before anything has changed. */
export type Rebinding = ReadonlyMap<Route, Binding>;

/**
 * What binding these parameters makes of the routes of a pattern.
 * @throws TopicError for a pattern that no route has, a parameter that it does not have, a value that can't stand there.
 */
export function rebinding(
  routes: readonly Route[],
  pattern: string,
  values: Readonly<Record<string, unknown>>,
): Rebinding {
  const meant = routes.filter(({ contract }) => contract.pattern === pattern);
  const names = meant[0]?.pattern.names;
  if (!names)
    throw new TopicError(
      pattern,
      `app.bind: no route of this application has the pattern ${JSON.stringify(pattern)}. Bind the topic of a handler.`,
    );
  if (typeof values !== 'object' || values === null)
    throw new TopicError(
      pattern,
      "app.bind: the values are no object of parameters. Write { site: 'ams1' }.",
    );
  for (const name of Object.keys(values)) {
    if (names.includes(name)) continue;
    const known = names.length === 0 ? 'It has no named wildcard' : `It has ${names.join(', ')}`;
    throw new TopicError(
      pattern,
      `app.bind: ${JSON.stringify(pattern)} has no parameter ${JSON.stringify(name)}. ${known}.`,
    );
  }
  return new Map(
    meant.map((route) => [route, bindPattern(route.contract, route.pattern, values, route.bound)]),
  );
}

/**
 * The groups that the routes come to under new bindings.
 * @throws TopicError if they contradict themselves then.
 */
export function rebound(
  routes: readonly Route[],
  next: Rebinding,
  { overlap, identifiers }: { overlap: 'all' | 'most-specific'; identifiers?: SubscriptionIdentifiers },
): RouteGroup<Route>[] {
  const findings: string[] = [];
  const filtersOf = (route: Route) => (next.get(route) ?? route).filters;
  const groups = placeRoutes(routes, overlap, findings, { filtersOf });
  const [first] = next.keys();
  if (findings.length > 0) throw new TopicError(first?.contract.pattern ?? '', findings.join(' '));
  // Only now: what comes to nothing would keep its identifiers for ever.
  return identifiers ? groupRoutes(routes, [], { filtersOf, identifiers }) : groups;
}

/** From now on the routes are bound so. */
export function commit(next: Rebinding): void {
  for (const [route, { bound, filters }] of next) {
    route.bound = bound;
    route.filters = filters;
  }
}

/** Parameters of the option `bind` that no route has. */
export function bindFindings(bind: unknown, routes: readonly Pick<Route, 'pattern'>[]): string[] {
  if (bind === undefined) return [];
  if (typeof bind !== 'object' || bind === null || Array.isArray(bind))
    return ["bind is no object of parameters. Write bind: { site: 'ams1' }."];
  const known = new Set(routes.flatMap(({ pattern }) => pattern.names));
  return Object.keys(bind)
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `bind: no topic of this application has the parameter ${JSON.stringify(name)}. ${known.size === 0 ? 'None has a named wildcard' : `There are: ${[...known].join(', ')}`}.`,
    );
}

import type { UnboundRoute } from './controller-routes.js';

/**
 * The same routes, each with a name of its own: counts, logs and errors go by it. What has the same name (a method with two topics, classes of the same
 * name in two files) is told apart by its pattern, then by a number.
 */
export function namesApart<R extends Pick<UnboundRoute, 'name' | 'contract'>>(routes: readonly R[]): R[] {
  const shared = repeated(routes.map(({ name }) => name));
  const taken = new Map<string, number>();
  return routes.map((route) => {
    const pattern = ` on ${route.contract.pattern}`;
    const wanted =
      shared.has(route.name) && !route.name.endsWith(pattern) ? `${route.name}${pattern}` : route.name;
    const count = (taken.get(wanted) ?? 0) + 1;
    taken.set(wanted, count);
    return { ...route, name: count === 1 ? wanted : `${wanted} (${count})` };
  });
}

function repeated(names: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(names.filter((name) => seen.size === seen.add(name).size));
}

import type { RouteInfo } from '../app/routes/route-info.js';
import { paint } from './colours.js';
import type { Output } from './host.js';
import { type Row, tableText } from './table.js';

/** The routes of an application as a table; `details` adds concurrency, failure policy and overlaps. */
export function routeTable(routes: readonly RouteInfo[], output: Output, details?: 'details'): string {
  const { head, body } = tableText(
    ['Filter', 'QoS', 'Share', 'Handler'],
    routes.flatMap((route) => rowsOf(route, details !== undefined)),
  );
  return paint(output, 'bold', head) + body;
}

function rowsOf(route: RouteInfo, hasDetails: boolean): Row[] {
  const { filters, filter, qos, share = '-', handler, source } = route;
  const [first = `${filter} (bound to nothing)`, ...others] = filters;
  const named = source === undefined ? handler : `${handler}  ${source}`;
  const lines = [[first, String(qos), share, named], ...others.map((other) => [other])];
  return lines.map((cells, at) => {
    const isLast = at === lines.length - 1;
    return { cells, under: isLast && hasDetails ? detailsOf(route) : [] };
  });
}

function detailsOf({ concurrency, errors, overlaps }: RouteInfo): string[] {
  return [concurrency, ...errors, ...overlaps.map((other) => `overlaps with ${other}`)];
}

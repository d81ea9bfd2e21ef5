import type { QoS } from '../../packets/packet.js';
import { overlaps } from '../../topics/index.js';
import type { Route } from './route.js';

/** A route, to look at. */
export interface RouteInfo {
  readonly handler: string;
  readonly pattern: string;
  readonly filter: string;
  readonly qos: QoS;
  readonly share?: string;
  /** The handlers that may get the same message. */
  readonly overlaps: readonly string[];
}

export function routeInfos(routes: readonly Route[]): readonly RouteInfo[] {
  return routes.map((route) => ({
    handler: route.name,
    pattern: route.contract.pattern,
    filter: route.filter,
    qos: route.qos,
    ...(route.share !== undefined && { share: route.share }),
    overlaps: routes
      .filter((other) => other !== route && overlaps(other.filter, route.filter))
      .map(({ name }) => name),
  }));
}

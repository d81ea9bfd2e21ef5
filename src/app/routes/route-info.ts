import type { QoS } from '../../packets/packet.js';
import { overlaps } from '../../topics/index.js';
import type { Route } from './route.js';

/** A route, to look at. */
export interface RouteInfo {
  /** `Class.method`, or the `name` of the handler's options. */
  readonly handler: string;
  /** As it was written: `sensors/+deviceId/reading`. */
  readonly pattern: string;
  /** What is subscribed to, without `$share/`: `sensors/+/reading`. */
  readonly filter: string;
  /** The highest at which the broker is asked to deliver. */
  readonly qos: QoS;
  /** The name under which its messages are shared. */
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

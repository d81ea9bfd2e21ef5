import { type JsonSchema, jsonSchemaOf } from '../../asyncapi/index.js';
import type { QoS } from '../../packets/packet.js';
import { TopicTrie } from '../../topics/index.js';
import type { RouteConcurrency } from '../policies/concurrency.js';
import { describePolicy } from '../policies/describe-policy.js';
import type { Bound } from './binding.js';
import type { UnboundRoute } from './controller-routes.js';

/** A route, to look at. */
export interface RouteInfo {
  /** `Class.method`, or the `name` of the handler's options. */
  readonly handler: string;
  /** As it was written, without the prefix: `sensors/+deviceId/reading`. */
  readonly pattern: string;
  /** What the pattern comes to with the prefix, and with nothing bound: `sensors/+/reading`. */
  readonly filter: string;
  /** What is subscribed to at the moment, without `$share/`: the filter, or one for each bound value. */
  readonly filters: readonly string[];
  /** The values of each parameter that is narrowed, by `bind`. */
  readonly bound: Bound;
  /** The highest at which the broker is asked to deliver. */
  readonly qos: QoS;
  /** The name under which its messages are shared. */
  readonly share?: string;
  /** Where the handler's topic is written: `src/sensors.ts:12`. Left out where the run time does not tell. */
  readonly source?: string;
  /** The handlers that may get the same message, in the order of the routes. */
  readonly overlaps: readonly string[];
  /** `max 16, order topic`, and the overflow unless it is the default. */
  readonly concurrency: string;
  /** Its failure policy, a rule each, the default ones included: `InvalidMessage: reject 0x99`. */
  readonly errors: readonly string[];
  /** The JSON Schema (draft 7) of the payload as it travels, where it has a schema; what has no JSON Schema is left open. */
  readonly payload?: JsonSchema;
}

export function routeInfos(routes: readonly UnboundRoute[]): readonly RouteInfo[] {
  const overlapping = overlapsOf(routes);
  return routes.map((route) => {
    const source = route.source();
    const { payload } = route.contract.spec;
    return {
      handler: route.name,
      pattern: route.contract.pattern,
      filter: route.pattern.filter,
      filters: route.filters,
      bound: route.bound,
      qos: route.qos,
      ...(route.share !== undefined && { share: route.share }),
      ...(source !== undefined && { source }),
      overlaps: overlapping(route),
      concurrency: concurrencyText(route.concurrency),
      errors: describePolicy(route.errors),
      ...(payload && { payload: jsonSchemaOf(payload).schema }),
    };
  });
}

function overlapsOf(routes: readonly UnboundRoute[]): (route: UnboundRoute) => readonly string[] {
  const trie = new TopicTrie<number>({ cachedTopics: 0 });
  for (const [place, { filters }] of routes.entries()) for (const each of filters) trie.add(each, place);
  return (route) => {
    const places = new Set(route.filters.flatMap((filter) => trie.overlapping(filter)));
    return [...places]
      .sort((one, other) => one - other)
      .flatMap((place) => {
        const other = routes[place];
        return other && other !== route ? [other.name] : [];
      });
  };
}

function concurrencyText({ max, order, overflow }: RouteConcurrency): string {
  const orderText = typeof order === 'function' ? 'by a function' : order;
  return `max ${max}, order ${orderText}${overflow === 'drop-oldest' ? '' : `, overflow ${overflow}`}`;
}

import type { Message as ReceivedMessage } from '../../client/message.js';
import { matches, TopicTrie } from '../../topics/index.js';
import type { RouteGroup } from './subscription-plan.js';

/** Finds the routes of a message: by the subscription identifiers in the packet, or by its topic where there are none. */
export class RouteTable<R> {
  readonly #byIdentifier = new Map<number, RouteGroup<R>>();
  readonly #byFilter = new TopicTrie<RouteGroup<R>>();

  readonly #onStale: () => void;

  /** `onStale` hears of every message that is routed although nobody here gave out its identifiers: a session kept the subscription of an older deployment. */
  constructor(groups: readonly RouteGroup<R>[], onStale: () => void = () => undefined) {
    this.#onStale = onStale;
    for (const group of groups) {
      this.#byIdentifier.set(group.identifier, group);
      this.#byFilter.add(group.filter, group);
    }
  }

  /** Each route at most once. */
  match(message: Pick<ReceivedMessage, 'topic' | 'subscriptionIdentifiers'>): readonly R[] {
    const { topic, subscriptionIdentifiers: identifiers } = message;
    if (identifiers.length === 1) {
      // What nearly every packet has: nothing to put together.
      const group = this.#byIdentifier.get(identifiers[0] ?? 0);
      if (group && matches(group.filter, topic)) return group.routes;
    } else if (identifiers.length > 1) {
      const groups = this.#named(identifiers, topic);
      if (groups.length > 0) return routesOf(groups);
    }
    const groups = this.#byFilter.match(topic);
    // Handling twice beats losing: what waited in the session came by no other subscription.
    if (identifiers.length > 0 && groups.length > 0) this.#onStale();
    return routesOf(groups);
  }

  #named(identifiers: readonly number[], topic: string): readonly RouteGroup<R>[] {
    const groups: RouteGroup<R>[] = [];
    for (const identifier of identifiers) {
      const group = this.#byIdentifier.get(identifier);
      if (group && matches(group.filter, topic) && !groups.includes(group)) groups.push(group);
    }
    return groups;
  }
}

function routesOf<R>(groups: readonly RouteGroup<R>[]): readonly R[] {
  const [first] = groups;
  return first && groups.length === 1 ? first.routes : groups.flatMap((group) => group.routes);
}

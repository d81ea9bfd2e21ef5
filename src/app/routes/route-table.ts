import type { Message as ReceivedMessage } from '../../client/message.js';
import { matches, TopicTrie } from '../../topics/index.js';
import { failedTopic } from '../policies/dead-letter.js';
import type { DeadLetterTopics } from '../policies/dead-letter-topics.js';
import { isMoreSpecific } from './overlaps.js';
import type { RouteGroup } from './route-group.js';
import type { TopicPrefix } from './topic-prefix.js';

/** What the table has to know of a route. */
interface Routed {
  readonly deadLetters: boolean;
}

type RoutedMessage = Pick<ReceivedMessage, 'topic' | 'subscriptionIdentifiers' | 'userProperties'>;
type Groups<R> = readonly RouteGroup<R>[];

export interface RouteTableOptions {
  readonly overlap: 'all' | 'most-specific';
  readonly prefix: TopicPrefix;
  readonly deadLetters: DeadLetterTopics;
  /** Hears of every message that is routed although nobody here gave out its identifiers: a session kept the subscription of an older deployment. */
  readonly onStale: () => void;
}

/** Finds the routes of a message: by the subscription identifiers in the packet, or by its topic where there are none. */
export class RouteTable<R extends Routed> {
  readonly #overlap: 'all' | 'most-specific';
  readonly #prefix: string;
  readonly #deadLetters: DeadLetterTopics;
  readonly #onStale: () => void;
  #byIdentifier = new Map<number, Groups<R>>();
  #live = new TopicTrie<RouteGroup<R>>();
  #retired = new TopicTrie<RouteGroup<R>>();

  constructor({ overlap, prefix, deadLetters, onStale }: RouteTableOptions) {
    this.#overlap = overlap;
    this.#prefix = prefix.text;
    this.#deadLetters = deadLetters;
    this.#onStale = onStale;
  }

  /** From now on these are the groups. `retired` are those that were unsubscribed: messages that are still on their way by them find their routes. */
  show(live: Groups<R>, retired: Iterable<RouteGroup<R>> = []): void {
    this.#byIdentifier = new Map();
    this.#live = new TopicTrie();
    this.#retired = new TopicTrie();
    for (const group of retired) {
      this.#byIdentifier.set(group.identifier, [group]);
      this.#retired.add(group.filter, group);
    }
    for (const group of live) {
      this.#byIdentifier.set(group.identifier, [group]);
      this.#live.add(group.filter, group);
    }
  }

  /** Each route at most once. Empty: none of the routes that match takes it, or not by this copy. Undefined: no route matches. */
  match(message: RoutedMessage): readonly R[] | undefined {
    const groups = this.#groupsOf(message);
    if (groups.length === 0) return undefined;
    const isLetter = this.#deadLetters.includes(message);
    if (this.#overlap === 'most-specific') return this.#mostSpecific(message, groups, isLetter);
    if (!isLetter) return routesOf(groups);
    return routesOf(groups.map((group) => this.#takingLetter(group, message)));
  }

  /** Those by whose subscriptions it came. */
  #groupsOf({ topic, subscriptionIdentifiers: identifiers }: RoutedMessage): Groups<R> {
    if (identifiers.length === 1) {
      // What nearly every packet has: nothing to put together.
      const known = this.#byIdentifier.get(identifiers[0] ?? 0);
      if (known?.[0] && matches(known[0].filter, topic)) return known;
    } else if (identifiers.length > 1) {
      const known = new Set(identifiers.flatMap((identifier) => this.#byIdentifier.get(identifier) ?? []));
      const groups = [...known].filter(({ filter }) => matches(filter, topic));
      if (groups.length > 0) return groups;
    }
    let groups = this.#live.match(topic);
    if (groups.length === 0) groups = this.#retired.match(topic);
    // Handling twice beats losing: what waited in the session came by no other subscription.
    if (identifiers.length > 0 && groups.length > 0) this.#onStale();
    return groups;
  }

  /** Where a copy comes for each subscription, all but one of them are for nobody. */
  #mostSpecific(message: RoutedMessage, arrived: Groups<R>, isLetter: boolean): readonly R[] {
    let best: RouteGroup<R> | undefined;
    for (const groups of [arrived, this.#live.match(message.topic)]) {
      for (const each of groups) {
        if (isLetter && this.#takingLetter(each, message).routes.length === 0) continue;
        if (!best || isMoreSpecific(each.filter, best.filter)) best = each;
      }
    }
    // While a route is bound anew, what came by its old filter is for its new one.
    const [winner] = best?.routes ?? [];
    if (!best || !winner || !arrived.some(({ routes }) => routes.includes(winner))) return [];
    return isLetter ? this.#takingLetter(best, message).routes : best.routes;
  }

  /** Only those routes of a group that take this dead letter. */
  #takingLetter(group: RouteGroup<R>, message: RoutedMessage): RouteGroup<R> {
    const takesAny = this.#isOnlyForLetters(group.filter, message);
    return { ...group, routes: group.routes.filter(({ deadLetters }) => deadLetters || takesAny) };
  }

  /** It names where dead letters go, and is not for what failed as well: else a handler that fails on everything would get its own dead letters. */
  #isOnlyForLetters(filter: string, message: RoutedMessage): boolean {
    const first = filter[filter.startsWith(this.#prefix) ? this.#prefix.length : 0];
    if (first === '+' || first === '#') return false;
    const failed = failedTopic(message, this.#deadLetters.start, this.#prefix);
    return failed === undefined || !matches(filter, failed);
  }
}

function routesOf<R>(groups: Groups<R>): readonly R[] {
  const [first] = groups;
  if (first && groups.length === 1) return first.routes;
  // While a route is bound anew, a message may come by its old filter and by its new one.
  return [...new Set(groups.flatMap((group) => group.routes))];
}

import { parseSharedFilter, TopicTrie } from '../../topics/index.js';
import type { Session, Subscription } from './session.js';
import { SharedGroup } from './shared-group.js';

/** What a level costs beside its characters: it may need a node of the tree for itself. */
const LEVEL = 100;

/** What a filter costs while a session has it, in bytes: a character for one, and its levels. */
export function filterSize(filter: string): number {
  let levels = 1;
  for (let at = filter.indexOf('/'); at !== -1; at = filter.indexOf('/', at + 1)) levels += 1;
  return filter.length + LEVEL * levels;
}

/** All subscriptions of all sessions, found by topic. */
export class Subscriptions {
  readonly #trie = new TopicTrie<Subscription | SharedGroup>();
  readonly #groups = new Map<string, SharedGroup>();

  /** Adds the subscription, or replaces the session's one with the same filter [MQTT-3.8.4-3]. */
  put(session: Session, wanted: Omit<Subscription, 'session' | 'group'>): void {
    const group = this.#groupOf(wanted.filter, session);
    const subscription: Subscription = { ...wanted, session, group };
    const old = session.subscriptions.get(wanted.filter);
    if (old === undefined) session.subscriptionBytes += filterSize(wanted.filter);
    session.subscriptions.set(wanted.filter, subscription);
    if (group !== undefined) return void group.put(subscription);
    if (old !== undefined) this.#trie.delete(old.filter, old);
    this.#trie.add(subscription.filter, subscription);
  }

  /** False if the session has no such subscription. */
  remove(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined) return false;
    session.subscriptions.delete(filter);
    session.subscriptionBytes -= filterSize(filter);
    const { group } = subscription;
    if (group === undefined) {
      this.#trie.delete(filter, subscription);
      return true;
    }
    group.remove(subscription);
    if (group.isEmpty) {
      this.#groups.delete(group.key);
      this.#trie.delete(group.filter, group);
    }
    return true;
  }

  removeAll(session: Session): void {
    for (const filter of [...session.subscriptions.keys()]) this.remove(session, filter);
  }

  match(topic: string): readonly (Subscription | SharedGroup)[] {
    return this.#trie.match(topic);
  }

  /** A new group begins where the random number of its first member says. */
  #groupOf(key: string, session: Session): SharedGroup | undefined {
    const shared = parseSharedFilter(key);
    if (shared === undefined) return undefined;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = new SharedGroup(key, shared.filter, session.connection?.nonce ?? 0);
    this.#groups.set(key, group);
    this.#trie.add(group.filter, group);
    return group;
  }
}

// One topic against many filters. Cost grows with the levels of the topic and with the matches, not with the number of filters.
import { MatchCache } from './match-cache.js';
import { quote, TopicError } from './topic-error.js';
import {
  addValue,
  childOf,
  childOrNew,
  childrenOf,
  collect,
  deleteValue,
  plusOrNew,
  prune,
  TrieNode,
} from './trie-node.js';
import { collectCovering, collectOverlapping } from './trie-relations.js';
import { validateTopicFilter } from './validate.js';

const DOLLAR = 0x24;
/** A set of pairs of filter and value that finds the values of all filters which match a topic. */
export class TopicTrie<T> implements Iterable<readonly [filter: string, value: T]> {
  readonly #root = new TrieNode<T>('');
  readonly #cache: MatchCache<readonly T[]>;
  #size = 0;
  // The nodes that the walk stands on, level by level: kept, so that a match allocates its result only.
  #here: TrieNode<T>[] = [];
  #next: TrieNode<T>[] = [];

  /** `cachedTopics` (default 4,096) bounds how many topics' results are remembered: at most twice that; 0 remembers none. */
  constructor(options: { readonly cachedTopics?: number } = {}) {
    this.#cache = new MatchCache(options.cachedTopics ?? 4096);
  }

  /** How many pairs it holds. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds a value under a filter. False if this very pair is in already.
   * @throws TopicError if the filter is not legal, or shared: add the filter behind the share name (`parseSharedFilter`).
   */
  add(filter: string, value: T): boolean {
    const wrong = validateTopicFilter(filter);
    if (wrong !== undefined) throw new TopicError(filter, wrong);
    if (filter.startsWith('$share/')) {
      throw new TopicError(
        filter,
        `${quote(filter)} is a shared filter: add the filter behind its share name.`,
      );
    }
    let node = this.#root;
    for (let start = 0; start <= filter.length; ) {
      const slash = filter.indexOf('/', start);
      const end = slash === -1 ? filter.length : slash;
      const level = filter.slice(start, end);
      if (level === '#') return this.#added(node, 'rest', value);
      node = level === '+' ? plusOrNew(node) : childOrNew(node, level);
      start = end + 1;
    }
    return this.#added(node, 'values', value);
  }

  /** Removes a pair. False if it was not in. */
  delete(filter: string, value: T): boolean {
    const path = [this.#root];
    let node = this.#root;
    let kind: 'values' | 'rest' = 'values';
    for (let start = 0; start <= filter.length; ) {
      const slash = filter.indexOf('/', start);
      const end = slash === -1 ? filter.length : slash;
      const level = filter.slice(start, end);
      if (level === '#') {
        kind = 'rest';
        break;
      }
      const next = level === '+' ? node.plus : childOf(node, level);
      if (next === undefined) return false;
      path.push(next);
      node = next;
      start = end + 1;
    }
    if (!deleteValue(node, kind, value)) return false;
    this.#size--;
    this.#cache.clear();
    prune(path);
    return true;
  }

  /** Forgets everything. */
  clear(): void {
    const root = this.#root;
    root.children = root.plus = root.values = root.rest = undefined;
    this.#size = 0;
    this.#here = [];
    this.#next = [];
    this.#cache.clear();
  }

  /**
   * The values of all filters that match, a value once for each of its matching filters, in no order that means anything.
   * The array may be handed to others too and never changes: don't write to it. Any text is taken as topic, whatever its number of levels.
   */
  match(topic: string): readonly T[] {
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = this.#walk(topic);
    this.#cache.set(topic, found, found.length);
    return found;
  }

  /** The values of all filters that match some topic which this filter matches too, as `overlaps` says of two; of the filter itself as well. In no order. */
  overlapping(filter: string): T[] {
    const found: T[] = [];
    collectOverlapping(this.#root, filter, found);
    return found;
  }

  /** The values of all filters that match every topic which this filter matches, as `covers` says of two; of the filter itself as well. In no order. */
  covering(filter: string): T[] {
    const found: T[] = [];
    collectCovering(this.#root, filter, found);
    return found;
  }

  /** All pairs, depth first. Changing the trie meanwhile ends or repeats the walk at will: collect first. */
  *[Symbol.iterator](): IterableIterator<readonly [filter: string, value: T]> {
    const stack: { node: TrieNode<T>; prefix: string }[] = [{ node: this.#root, prefix: '' }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { node, prefix } = top;
      // The root has no level of its own: what follows it needs no slash.
      const below = node === this.#root ? '' : `${prefix}/`;
      if (node.values !== undefined) for (const value of node.values) yield [prefix, value];
      if (node.rest !== undefined) for (const value of node.rest) yield [`${below}#`, value];
      if (node.plus !== undefined) stack.push({ node: node.plus, prefix: `${below}+` });
      for (const child of childrenOf(node)) stack.push({ node: child, prefix: below + child.level });
    }
  }

  #added(node: TrieNode<T>, kind: 'values' | 'rest', value: T): boolean {
    if (!addValue(node, kind, value)) return false;
    this.#size++;
    this.#cache.clear();
    return true;
  }

  /** Hot. Breadth first, so that each level is cut out of the topic once; it ends where the trie does, however long the topic is. */
  #walk(topic: string): readonly T[] {
    const found: T[] = [];
    let here = this.#here;
    let next = this.#next;
    here[0] = this.#root;
    let count = 1;
    // A wildcard at the first level matches no topic that starts with "$" [MQTT-4.7.2-1].
    let wild = topic.charCodeAt(0) !== DOLLAR;
    for (let start = 0; count > 0; ) {
      const slash = topic.indexOf('/', start);
      const level = slash === -1 ? topic.slice(start) : topic.slice(start, slash);
      let reached = 0;
      for (let i = 0; i < count; i++) {
        const node = here[i] as TrieNode<T>; // filled up to count
        if (wild) {
          if (node.rest !== undefined) collect(node.rest, found);
          if (node.plus !== undefined) next[reached++] = node.plus;
        }
        const child = childOf(node, level);
        if (child !== undefined) next[reached++] = child;
      }
      const swap = here;
      here = next;
      next = swap;
      count = reached;
      if (slash === -1) break;
      start = slash + 1;
      wild = true;
    }
    // Nodes are left only if the walk came to the end of the topic.
    for (let i = 0; i < count; i++) {
      const node = here[i] as TrieNode<T>; // filled up to count
      if (node.values !== undefined) collect(node.values, found);
      if (node.rest !== undefined) collect(node.rest, found);
    }
    return found;
  }
}

// Remembers what topics matched, in bounded memory, and only while that pays.

/** A longer topic is not remembered: the bound on entries would be no bound on memory. */
const LONGEST_TOPIC = 256;
/** Nor is a longer result: collecting it costs little beside delivering it. */
const LARGEST_RESULT = 64;
/** A trial counts its hits over this many look-ups per entry of a generation, enough to see every topic twice and then hit. */
const TRIAL_LENGTH = 4;
/** After a trial that did not pay, this many times its length pass without the cache. */
const REST_LENGTH = 16;

/**
 * Two generations of at most `limit` entries: a full young one becomes the old one, whose entries that are still in use move
 * back to the young one. A topic is admitted when it comes for the second time, so a stream of new topics does not wash out the
 * ones in use. When fewer than a quarter of the look-ups hit, the cache steps aside for a while and then tries again.
 */
export class MatchCache<V> {
  readonly #limit: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  /** Hashes of topics seen once, by their low bits. A collision admits a topic too early or too late, no more. */
  #seen: Uint32Array | undefined = undefined;
  #lookups = 0;
  #hits = 0;
  /** Look-ups to let pass. */
  #resting = 0;

  constructor(limit: number) {
    this.#limit = limit;
    if (limit <= 0) this.#resting = Number.POSITIVE_INFINITY;
  }

  /** How many entries it holds. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(topic: string): V | undefined {
    if (this.#resting > 0) {
      this.#resting--;
      return undefined;
    }
    if (++this.#lookups > this.#limit * TRIAL_LENGTH) this.#judge();
    const young = this.#young.get(topic);
    if (young !== undefined) {
      this.#hits++;
      return young;
    }
    const old = this.#old.get(topic);
    if (old === undefined) return undefined;
    this.#hits++;
    this.#keep(topic, old);
    return old;
  }

  /** Offers what `get` did not know. `weight` is the size of the result. */
  set(topic: string, value: V, weight: number): void {
    if (this.#resting > 0 || topic.length > LONGEST_TOPIC || weight > LARGEST_RESULT) return;
    this.#seen ??= new Uint32Array(slots(this.#limit));
    const hash = hashOf(topic);
    const slot = hash & (this.#seen.length - 1);
    if (this.#seen[slot] === hash) this.#keep(topic, value);
    else this.#seen[slot] = hash;
  }

  /** Forgets all results; what was seen once stays seen. */
  clear(): void {
    if (this.#young.size > 0) this.#young = new Map();
    if (this.#old.size > 0) this.#old = new Map();
  }

  #keep(topic: string, value: V): void {
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(topic, value);
  }

  #judge(): void {
    if (this.#hits * 4 < this.#lookups) {
      this.#resting = this.#limit * TRIAL_LENGTH * REST_LENGTH;
      this.clear();
      this.#seen = undefined;
    }
    this.#lookups = 0;
    this.#hits = 0;
  }
}

/** Twice the entries, as a power of two. */
function slots(limit: number): number {
  return 2 ** Math.ceil(Math.log2(limit * 2));
}

/** FNV-1a over the code units; never 0, which means an empty slot. */
function hashOf(topic: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < topic.length; i++) hash = Math.imul(hash ^ topic.charCodeAt(i), 0x01000193);
  return hash >>> 0 || 1;
}

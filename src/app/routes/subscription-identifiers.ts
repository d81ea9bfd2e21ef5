/** The highest that MQTT 5 allows. */
const HIGHEST = 268_435_455;

/** A subscription identifier for each filter. Made from the filter alone: what a session queued under an older deployment still means the same filter. */
export class SubscriptionIdentifiers {
  readonly #byFilter = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** Filters that have one. */
  get size(): number {
    return this.#byFilter.size;
  }

  of(topicFilter: string): number {
    const known = this.#byFilter.get(topicFilter);
    if (known !== undefined) return known;
    let identifier = (hashOf(topicFilter) % HIGHEST) + 1;
    while (this.#taken.has(identifier)) identifier = (identifier % HIGHEST) + 1;
    this.#taken.add(identifier);
    this.#byFilter.set(topicFilter, identifier);
    return identifier;
  }

  /** No message can carry it any more. */
  release(topicFilter: string): void {
    const identifier = this.#byFilter.get(topicFilter);
    if (identifier === undefined) return;
    this.#byFilter.delete(topicFilter);
    this.#taken.delete(identifier);
  }
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

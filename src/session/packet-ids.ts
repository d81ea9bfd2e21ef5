const highest = 65_535;

/**
 * The packet identifiers that this client gives out, each with what it stands for: publishes, SUBSCRIBEs and UNSUBSCRIBEs share
 * them [MQTT-2.2.1-3]. The server's identifiers are another space.
 *
 * They go round, instead of the lowest free one first: a late second answer then meets a free identifier, not somebody else's.
 */
export class PacketIds<T> {
  readonly #inUse = new Map<number, T>();
  #last: number;

  /** `last`: the identifier given out before; a session that the server remembers goes on from a random one. */
  constructor(last = 0) {
    this.#last = last;
  }

  get size(): number {
    return this.#inUse.size;
  }

  get full(): boolean {
    return this.#inUse.size === highest;
  }

  /** The next free identifier, from now on in use for `value`. The caller has looked at `full`. */
  take(value: T): number {
    do this.#last = this.#last === highest ? 1 : this.#last + 1;
    while (this.#inUse.has(this.#last));
    this.#inUse.set(this.#last, value);
    return this.#last;
  }

  get(id: number): T | undefined {
    return this.#inUse.get(id);
  }

  free(id: number): void {
    this.#inUse.delete(id);
  }

  /** Undoes the last `take`: the identifier was not sent, so it comes next again. */
  giveBack(id: number): void {
    this.#inUse.delete(id);
    this.#last = id - 1;
  }

  /** Takes this very identifier, which an earlier process gave out. */
  restore(id: number, value: T): void {
    this.#inUse.set(id, value);
  }

  get last(): number {
    return this.#last;
  }

  /** Goes on behind `last`; what is in use stays. */
  continueAfter(last: number): void {
    this.#last = last;
  }

  /** In the order in which they were taken. */
  entries(): IterableIterator<[number, T]> {
    return this.#inUse.entries();
  }
}

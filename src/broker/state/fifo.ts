/** First in, first out, in constant time: an array with a moving head. */
export class Fifo<T> {
  /** Undefined in front of the head: what was taken must not stay in memory. */
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    // Half of the array is behind the head: give it back.
    if (this.#head > 32 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes out, in order, every item that the test picks. */
  extract(test: (item: T) => boolean): T[] {
    const picked: T[] = [];
    const kept: T[] = [];
    for (const item of this) (test(item) ? picked : kept).push(item);
    this.#items = kept;
    this.#head = 0;
    return picked;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = this.#head; index < this.#items.length; index += 1) yield this.#items[index] as T;
  }
}

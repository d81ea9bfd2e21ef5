/** First in, first out, in constant time: a ring that doubles when it is full. */
export class Queue<T> {
  #ring: (T | undefined)[] = new Array(8);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#ring[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  /** Takes out the first item that `picks`; the others keep their order. Costs as much as that item is away from the head. */
  take(picks: (item: T) => boolean): T | undefined {
    const last = this.#ring.length - 1;
    for (let index = 0; index < this.#length; index++) {
      const item = this.#ring[(this.#head + index) & last] as T; // within the length every place is filled
      if (!picks(item)) continue;
      for (let to = index; to > 0; to--) {
        this.#ring[(this.#head + to) & last] = this.#ring[(this.#head + to - 1) & last];
      }
      this.shift();
      return item;
    }
    return undefined;
  }

  clear(): void {
    this.#ring = new Array(8);
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0; index < this.#length; index++) {
      yield this.#ring[(this.#head + index) & (this.#ring.length - 1)] as T; // within the length every place is filled
    }
  }

  #grow(): void {
    const items = [...this];
    this.#ring = new Array(this.#ring.length * 2);
    this.#head = 0;
    for (const [index, item] of items.entries()) this.#ring[index] = item;
  }
}

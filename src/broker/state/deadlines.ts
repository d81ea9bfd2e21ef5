/** Something that is due at a time of the broker's clock. */
export interface Deadline {
  readonly at: number;
  readonly due: (now: number) => void;
  /** Place in the heap; -1 once it is out. */
  index: number;
  /** Equal times come in the order in which they were set. */
  readonly order: number;
}

/** What is due when: a binary heap with removal, so that cancelled deadlines leave nothing behind. */
export class Deadlines {
  readonly #heap: Deadline[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Time of the nearest deadline. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  set(at: number, due: (now: number) => void): Deadline {
    const deadline: Deadline = { at, due, index: this.#heap.length, order: this.#order++ };
    this.#heap.push(deadline);
    this.#rise(deadline);
    return deadline;
  }

  clear(deadline: Deadline | undefined): void {
    if (deadline === undefined || deadline.index < 0) return;
    const last = this.#heap.pop() as Deadline;
    if (last !== deadline) {
      this.#put(last, deadline.index);
      this.#rise(last);
      this.#sink(last);
    }
    deadline.index = -1;
  }

  /** Runs, in order of time, all that is due at `now`; what these set anew for `now` included. */
  run(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.clear(first);
      first.due(now);
    }
  }

  #put(deadline: Deadline, index: number): void {
    this.#heap[index] = deadline;
    deadline.index = index;
  }

  #rise(deadline: Deadline): void {
    while (deadline.index > 0) {
      const { index } = deadline;
      const parent = this.#heap[(index - 1) >> 1] as Deadline;
      if (isBefore(parent, deadline)) return;
      this.#put(deadline, parent.index);
      this.#put(parent, index);
    }
  }

  #sink(deadline: Deadline): void {
    for (;;) {
      const { index } = deadline;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(deadline, child)) return;
      this.#put(deadline, child.index);
      this.#put(child, index);
    }
  }
}

function isBefore(one: Deadline, other: Deadline): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

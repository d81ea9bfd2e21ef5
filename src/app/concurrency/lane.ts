import type { Job } from './job.js';

/** Jobs of one key that wait, in order. They are linked to each other: nothing is made for one that waits. */
export class Lane {
  /** Undefined: those of the route that have no key. */
  readonly key: string | undefined;
  /** Waits for a free place, rather than for the end of a job of its own. */
  isReady = false;
  #head: Job | undefined;
  #tail: Job | undefined;

  constructor(key: string | undefined) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  push(job: Job): void {
    if (this.#tail) this.#tail.behind = job;
    else this.#head = job;
    this.#tail = job;
  }

  shift(): Job | undefined {
    const job = this.#head;
    if (job) this.#unlink(job, undefined);
    return job;
  }

  /** The oldest that may be given up. As far away from the head as there are others in front of it. */
  get oldestDroppable(): Job | undefined {
    let job = this.#head;
    while (job && !job.droppable) job = job.behind;
    return job;
  }

  /** Takes out a job that waits here. */
  remove(job: Job): void {
    let before: Job | undefined;
    for (let each = this.#head; each && each !== job; each = each.behind) before = each;
    this.#unlink(job, before);
  }

  #unlink(job: Job, before: Job | undefined): void {
    if (before) before.behind = job.behind;
    else this.#head = job.behind;
    if (this.#tail === job) this.#tail = before;
    job.behind = undefined;
  }
}

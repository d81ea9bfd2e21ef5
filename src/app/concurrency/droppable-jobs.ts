import type { Job } from './job.js';

/** The jobs of a route that wait and may be given up, by age, over all its lanes. They are linked to each other: any of them goes in constant time. */
export class DroppableJobs {
  #oldest: Job | undefined;
  #newest: Job | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get oldest(): Job | undefined {
    return this.#oldest;
  }

  push(job: Job): void {
    job.older = this.#newest;
    if (this.#newest) this.#newest.newer = job;
    else this.#oldest = job;
    this.#newest = job;
    this.#length++;
  }

  remove(job: Job): void {
    const { older, newer } = job;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    job.older = job.newer = undefined;
    this.#length--;
  }
}

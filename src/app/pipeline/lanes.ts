/** A job returns whether it is done; if not, it calls `done` once, later, with itself. */
export interface Job {
  readonly key: string;
  /** May be given up when too many wait: a QoS 0 message. */
  readonly droppable: boolean;
  run(done: (job: Job) => void): 'done' | 'running';
  /** Called instead of `run` when the job is given up. */
  drop(): void;
}

/**
 * Runs the jobs of one route: in order within a key (the concrete topic), side by side across keys, at most `max` at once.
 * A key without a running job costs nothing; a job that is done at once leaves no trace.
 */
export class Lanes {
  readonly #max: number;
  readonly #maxDroppable: number;
  /** A key is here while one of its jobs runs or waits for a free place; the jobs behind it wait in its list. */
  readonly #lanes = new Map<string, Job[]>();
  /** Heads of lanes that wait for a free place, in order of arrival. */
  readonly #ready: Job[] = [];
  readonly #onDone = (job: Job): void => this.#done(job.key);
  #running = 0;
  #droppable = 0;

  constructor(options: { max: number; maxDroppable: number }) {
    this.#max = options.max;
    this.#maxDroppable = options.maxDroppable;
  }

  /** Jobs that run or wait. */
  get size(): number {
    let waiting = this.#running + this.#ready.length;
    for (const lane of this.#lanes.values()) waiting += lane.length;
    return waiting;
  }

  add(job: Job): void {
    const lane = this.#lanes.get(job.key);
    if (lane === undefined && this.#running < this.#max) {
      this.#start(job);
      return;
    }
    if (job.droppable && this.#droppable >= this.#maxDroppable && !this.#makeRoom(lane)) {
      job.drop();
      return;
    }
    if (job.droppable) this.#droppable++;
    if (lane) lane.push(job);
    else {
      this.#lanes.set(job.key, []);
      this.#ready.push(job);
    }
  }

  #start(job: Job): void {
    this.#running++;
    const { key } = job;
    if (job.run(this.#onDone) === 'done') {
      this.#running--;
      this.#advance(key);
    } else if (!this.#lanes.has(key)) this.#lanes.set(key, []);
  }

  #done(key: string): void {
    this.#running--;
    this.#advance(key);
    while (this.#running < this.#max) {
      const next = this.#ready.shift();
      if (!next) return;
      if (next.droppable) this.#droppable--;
      this.#start(next);
    }
  }

  /** The next job of the lane queues up for a place behind the other lanes; an empty lane goes. */
  #advance(key: string): void {
    const lane = this.#lanes.get(key);
    if (!lane) return;
    const next = lane.shift();
    if (next) this.#ready.push(next);
    else this.#lanes.delete(key);
  }

  /** Gives up the oldest droppable job that waits in the same lane. */
  #makeRoom(lane: Job[] | undefined): boolean {
    const index = lane?.findIndex((job) => job.droppable) ?? -1;
    const [oldest] = index < 0 ? [] : (lane?.splice(index, 1) ?? []);
    if (!oldest) return false;
    this.#droppable--;
    oldest.drop();
    return true;
  }
}

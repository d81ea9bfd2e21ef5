import { Queue } from '../../session/queue.js';
import type { Concurrency } from '../policies/concurrency.js';
import { DroppableJobs } from './droppable-jobs.js';
import type { GivenUp, Job } from './job.js';
import { Lane } from './lane.js';

/** Stands for a lane whose job runs and behind which nobody waits. */
const NOBODY = new Lane(undefined);

/**
 * Runs the jobs of one route: in order within a key, side by side across keys, at most `max` at once. Of those that may be given up, at
 * most `queue` wait. A job that is done at once leaves no trace.
 */
export class Lanes {
  readonly #max: number;
  readonly #queue: number;
  readonly #overflow: Concurrency['overflow'];
  /** A key is here while one of its jobs runs or waits. */
  readonly #lanes = new Map<string, Lane>();
  readonly #withoutKey = new Lane(undefined);
  /** Lanes that wait for a free place, in order; each with a job at least. Empty while a place is free. */
  readonly #ready = new Queue<Lane>();
  readonly #droppable = new DroppableJobs();
  readonly #onDone = (job: Job): void => this.#done(job);
  #running = 0;
  #waiting = 0;
  #pauses = 0;

  constructor(options: Required<Pick<Concurrency, 'max' | 'queue' | 'overflow'>>) {
    this.#max = options.max;
    this.#queue = options.queue;
    this.#overflow = options.overflow;
  }

  /** Jobs that run. */
  get running(): number {
    return this.#running;
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  add(job: Job): void {
    const { key } = job;
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    if (lane === undefined && this.#hasPlace) {
      if (this.#runs(job) && key !== undefined) this.#lanes.set(key, NOBODY);
      return;
    }
    const victim = job.droppable ? this.#victimOf(job, lane) : undefined;
    if (victim === job) {
      job.drop('queue-full');
      return;
    }
    this.#wait(job, lane);
    if (victim) this.#giveUp(victim, job);
  }

  /** From now on no job starts; those that run go on. Whoever pauses resumes, once: jobs start again when all have. */
  pause(): void {
    this.#pauses++;
  }

  resume(): void {
    this.#pauses--;
    this.#fill();
  }

  get #hasPlace(): boolean {
    return this.#running < this.#max && this.#pauses === 0;
  }

  /** Whether it still runs. */
  #runs(job: Job): boolean {
    this.#running++;
    if (job.run(this.#onDone) === 'running') return true;
    this.#running--;
    return false;
  }

  #done({ key }: Job): void {
    this.#running--;
    this.#advance(key);
    this.#fill();
  }

  #fill(): void {
    while (this.#hasPlace) {
      const lane = this.#ready.shift();
      if (!lane) return;
      const job = lane.shift() as Job; // what is ready has one
      this.#left(job);
      // Without a key, the next one need not wait for the end of this one.
      if (lane.key === undefined && !lane.isEmpty) this.#ready.push(lane);
      else lane.isReady = false;
      if (!this.#runs(job)) this.#advance(job.key);
    }
  }

  /** The next job of the lane queues up for a place behind the other lanes; an empty lane goes. */
  #advance(key: string | undefined): void {
    if (key === undefined) return;
    const lane = this.#lanes.get(key);
    if (!lane) return;
    if (lane.isEmpty) this.#lanes.delete(key);
    else this.#queueUp(lane);
  }

  #wait(job: Job, known: Lane | undefined): void {
    const lane = known && known !== NOBODY ? known : this.#laneOf(job.key);
    lane.push(job);
    this.#waiting++;
    if (job.droppable) this.#droppable.push(job);
    if (!known && !lane.isReady) this.#queueUp(lane);
  }

  #laneOf(key: string | undefined): Lane {
    if (key === undefined) return this.#withoutKey;
    const lane = new Lane(key);
    this.#lanes.set(key, lane);
    return lane;
  }

  #queueUp(lane: Lane): void {
    lane.isReady = true;
    this.#ready.push(lane);
  }

  #left(job: Job): void {
    this.#waiting--;
    if (job.droppable) this.#droppable.remove(job);
  }

  /** Who has to go so that the job can wait: possibly the job itself. */
  #victimOf(job: Job, lane: Lane | undefined): Job | undefined {
    const isFull = this.#droppable.length >= this.#queue;
    if (this.#overflow === 'latest') {
      return lane?.oldestDroppable ?? (isFull ? this.#droppable.oldest : undefined);
    }
    if (!isFull) return undefined;
    if (this.#overflow === 'drop-newest') return job;
    // A key that floods pays for it itself, where it can.
    return lane?.oldestDroppable ?? this.#droppable.oldest;
  }

  #giveUp(victim: Job, successor: Job): void {
    const { key } = victim;
    // Whoever waits has a lane.
    const lane = key === undefined ? this.#withoutKey : (this.#lanes.get(key) as Lane);
    lane.remove(victim);
    this.#left(victim);
    if (lane.isEmpty && lane.isReady) this.#withdraw(lane);
    const why: GivenUp = this.#overflow === 'latest' && key === successor.key ? 'conflated' : 'queue-full';
    victim.drop(why);
  }

  /** Nobody waits in it any more, and nothing of it runs. */
  #withdraw(lane: Lane): void {
    lane.isReady = false;
    this.#ready.take((each) => each === lane);
    if (lane.key !== undefined) this.#lanes.delete(lane.key);
  }
}

import { Backoff, type Clock, type Random } from '../../time/index.js';
import type { Child } from '../host.js';

export interface WorkerPoolOptions {
  readonly count: number;
  readonly clock: Clock;
  readonly random: Random;
  fork(worker: number): Child;
  say(line: string): void;
  complain(sentence: string): void;
}

/** A worker that has run for so long did not die of its start. */
const SETTLED = 60_000;
const backoff = { minDelay: 500, maxDelay: 30_000 };

/** Several processes of one application, numbered from 1; one that ends is started again under its number. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #children = new Map<number, Child>();
  readonly #waits = new Set<() => void>();
  readonly #whole: Promise<number>;
  #resolve: (code: number) => void = () => {};
  #isStopping = false;
  #code = 0;

  /** The first worker starts at once, the others when it has started: what keeps one from starting keeps all. */
  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#whole = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#start(1, new Backoff(backoff, options.random), 'first');
  }

  /** Resolves with the exit code once no worker is left. */
  get whole(): Promise<number> {
    return this.#whole;
  }

  /** Passes a signal on: each worker finishes what it has begun. */
  stop(): void {
    this.#isStopping = true;
    for (const cancel of this.#waits) cancel();
    for (const child of this.#children.values()) child.stop();
    this.#endIfEmpty();
  }

  kill(): void {
    for (const child of this.#children.values()) child.kill();
  }

  #start(worker: number, backoff: Backoff, start: 'first' | 'again'): void {
    const { clock, complain, count, fork, say } = this.#options;
    const child = fork(worker);
    this.#children.set(worker, child);
    let since: number | undefined;
    child.onMessage(({ running }) => {
      if (!running || since !== undefined) return;
      since = clock.now();
      say(`Worker ${worker} is running.`);
      if (worker === 1 && start === 'first') this.#startOthers(count);
    });
    child.onEnd((how) => {
      this.#children.delete(worker);
      if (this.#isStopping) {
        if (how !== 0) this.#code = 1;
        return this.#endIfEmpty();
      }
      if (since === undefined && start === 'first') {
        complain(`Worker ${worker} could not start (${described(how)}). All are stopped.`);
        this.#code = 1;
        return this.stop();
      }
      if (since !== undefined && clock.now() - since >= SETTLED) backoff.reset();
      const delay = Math.round(backoff.next());
      complain(`Worker ${worker} ended (${described(how)}). It is started again in ${delay} ms.`);
      this.#after(delay, () => this.#start(worker, backoff, 'again'));
    });
  }

  #startOthers(count: number): void {
    for (let worker = 2; worker <= count; worker++) {
      this.#start(worker, new Backoff(backoff, this.#options.random), 'first');
    }
  }

  #after(delay: number, callback: () => void): void {
    const cancelTimer = this.#options.clock.setTimer(delay, () => {
      this.#waits.delete(cancelTimer);
      callback();
    });
    this.#waits.add(cancelTimer);
  }

  #endIfEmpty(): void {
    if (this.#children.size === 0) this.#resolve(this.#code);
  }
}

/** How a process ended. */
export function described(how: number | string): string {
  return typeof how === 'number' ? `exit code ${how}` : how;
}

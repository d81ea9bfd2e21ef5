import type { Clock } from './clock.js';
import { type Duration, parseDuration } from './duration.js';

/** The real one, also where a test replaces the global timers by its own. */
const afterMicrotasks = setImmediate;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now: number;
  /** By time; among equals in the order in which they were set. */
  readonly #timers: Timer[] = [];
  #moves: Promise<void> = Promise.resolve();

  /** Starts at `now` milliseconds: 0 unless said otherwise. */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), callback };
    this.#timers.splice(this.#placeOf(timer.at), 0, timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  }

  /** How many timers are set. 0 once everything that used this clock is closed. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, in milliseconds of this clock. */
  get nextTimerAt(): number | undefined {
    return this.#timers[0]?.at;
  }

  /**
   * Moves time on and runs every timer that falls due, in order, each at its own time. Before and after each of them,
   * what it set going settles: promises and everything that travels through an in-memory transport. Two calls at once run one
   * after the other. Rejects with what a timer's callback throws.
   */
  advance(duration: Duration): Promise<void> {
    const ms = parseDuration(duration);
    const move = this.#moves.then(() => this.#move(ms));
    this.#moves = move.catch(() => undefined); // the caller of the failed move has the error
    return move;
  }

  /** Lets promises and in-memory traffic settle; time stands still. */
  settle(): Promise<void> {
    return new Promise((resolve) => afterMicrotasks(resolve));
  }

  async #move(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.settle();
    for (let timer = this.#timers[0]; timer !== undefined && timer.at <= end; timer = this.#timers[0]) {
      this.#timers.shift();
      this.#now = timer.at;
      timer.callback();
      await this.settle();
    }
    this.#now = end;
  }

  #placeOf(at: number): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timers[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

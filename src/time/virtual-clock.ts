import type { Clock } from './clock.js';
import { type Duration, parseDuration } from './duration.js';
import { nextTurn } from './machine-clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  readonly isBackground: boolean;
  /** Counts the timers that were set by no other one. A timer that another one set has its number, unless that is a background timer. */
  readonly origin: number;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #now: number;
  /** By time; among equals in the order in which they were set. */
  readonly #timers: Timer[] = [];
  #moves: Promise<void> = Promise.resolve();
  #origins = 0;
  /** The timer whose consequences run at the moment. */
  #due: Timer | undefined;

  /** Starts at `now` milliseconds: 0 unless said otherwise. */
  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  setTimer(ms: number, callback: () => void, kind?: 'background'): () => void {
    const parent = this.#due?.isBackground === false ? this.#due : undefined;
    const timer: Timer = {
      at: this.#now + Math.max(0, ms),
      callback,
      isBackground: kind === 'background',
      origin: parent?.origin ?? ++this.#origins,
    };
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

  /** A mark for `hasTimerSince`. */
  get mark(): number {
    return this.#origins;
  }

  /**
   * Whether a timer that was set since the mark is not due yet. Background timers do not count, nor those that an older timer set: what
   * repeats itself since before would be waited for for ever.
   */
  hasTimerSince(mark: number): boolean {
    return this.#timers.some(({ isBackground, origin }) => !isBackground && origin > mark);
  }

  /**
   * Moves time on and runs every timer that falls due, in order, each at its own time. Before and after each of them,
   * what it set going settles: promises and everything that travels through an in-memory transport. Two calls at once run one
   * after the other. Rejects with what a timer's callback throws.
   */
  advance(duration: Duration): Promise<void> {
    const ms = parseDuration(duration);
    return this.#queue(() => this.#move(this.#now + ms));
  }

  /** The same up to a time of this clock, in milliseconds; nothing happens if it has passed when the calls before this one are done. */
  advanceTo(time: number): Promise<void> {
    return this.#queue(() => this.#move(Math.max(this.#now, time)));
  }

  /** Lets promises and in-memory traffic settle; time stands still. */
  settle(): Promise<void> {
    return nextTurn();
  }

  #queue(move: () => Promise<void>): Promise<void> {
    const queued = this.#moves.then(move);
    this.#moves = queued.catch(() => undefined); // the caller of the failed move has the error
    return queued;
  }

  async #move(end: number): Promise<void> {
    await this.settle();
    for (let timer = this.#timers[0]; timer !== undefined && timer.at <= end; timer = this.#timers[0]) {
      this.#timers.shift();
      this.#now = timer.at;
      this.#due = timer;
      try {
        timer.callback();
        await this.settle();
      } finally {
        this.#due = undefined;
      }
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

import type { Clock } from '../../time/clock.js';

/** Something whose time can run out, in one list of {@link Deadlines}. */
export interface Timed {
  /** When, in milliseconds of the clock; 0 while it is in no list. */
  deadline: number;
  earlier: Timed | undefined;
  later: Timed | undefined;
  expired(): void;
}

/**
 * Tells the runs of one route when their time is over. All have the same time, so the one that began first is due first: a list, to which each run brings its own
 * links, and one timer. The timer stays armed when they are done: setting and clearing one for each message would cost more than a look that finds nothing.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #time: number;
  #first: Timed | undefined;
  #last: Timed | undefined;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  /** `time` in milliseconds; 0: nothing is ever due. */
  constructor(clock: Clock, time: number) {
    this.#clock = clock;
    this.#time = time;
  }

  add(run: Timed): void {
    if (this.#time === 0 || this.#isClosed) return;
    this.delete(run);
    run.deadline = this.#clock.now() + this.#time;
    run.earlier = this.#last;
    if (this.#last) this.#last.later = run;
    else this.#first = run;
    this.#last = run;
    this.#cancel ??= this.#arm(this.#time);
  }

  delete(run: Timed): void {
    if (run.deadline === 0) return;
    run.deadline = 0;
    if (run.earlier) run.earlier.later = run.later;
    else this.#first = run.later;
    if (run.later) run.later.earlier = run.earlier;
    else this.#last = run.earlier;
    run.earlier = undefined;
    run.later = undefined;
  }

  /** When the next one is due; undefined if none runs. */
  get next(): number | undefined {
    return this.#first?.deadline;
  }

  /** Nothing is due any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
    while (this.#first) this.delete(this.#first);
  }

  /** Background: a test that lets time pass until all is settled moves on to a deadline last. */
  #arm(ms: number): () => void {
    return this.#clock.setTimer(ms, () => this.#look(), 'background');
  }

  #look(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    for (let run = this.#first; run && run.deadline <= now; run = this.#first) {
      this.delete(run);
      run.expired();
    }
    const { next } = this;
    if (next !== undefined) this.#cancel ??= this.#arm(next - now);
  }
}

import type { Clock } from '../../time/index.js';

const NEVER = Number.NEGATIVE_INFINITY;

interface Step {
  readonly at: number;
  readonly bytes: number;
  readonly go: () => void;
}

/** One direction of a connection: what goes in comes out in its order, at once or, behind what is held, later. */
export class Lane {
  readonly #clock: Clock;
  readonly #onFree: () => void;
  #steps: Step[] = [];
  /** Until when nothing comes out, by reason. */
  readonly #blocks = { partition: NEVER, slowness: NEVER };
  #heldBytes = 0;
  #running = false;
  #hasHeld = false;
  #cancel: (() => void) | undefined;

  /** `onFree` is called each time that nothing is held any more. */
  constructor(clock: Clock, onFree: () => void) {
    this.#clock = clock;
    this.#onFree = onFree;
  }

  get isHolding(): boolean {
    return this.#steps.length > 0;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Runs the step when its turn comes, `delay` milliseconds from now at the earliest. */
  add(go: () => void, { bytes = 0, delay = 0 } = {}): void {
    this.#steps.push({ at: this.#clock.now() + delay, bytes, go });
    this.#heldBytes += bytes;
    this.#run();
  }

  /** Nothing comes out before this time, if it is later than what was said before for this reason. */
  block(why: 'partition' | 'slowness', until: number): void {
    this.#blocks[why] = Math.max(this.#blocks[why], until);
  }

  unblock(why: 'partition' | 'slowness'): void {
    this.#blocks[why] = NEVER;
    this.#run();
  }

  /** What is held comes out now. */
  release(): void {
    this.#blocks.partition = this.#blocks.slowness = NEVER;
    this.#steps = this.#steps.map((step) => ({ ...step, at: NEVER }));
    this.#run();
  }

  /** What is held never comes out. */
  drop(): void {
    this.#steps = [];
    this.#heldBytes = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #run(): void {
    // A step may add others: they run in the loop that is under way.
    if (this.#running) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#running = true;
    try {
      for (let step = this.#steps[0]; step !== undefined; step = this.#steps[0]) {
        const at = Math.max(step.at, this.#blocks.partition, this.#blocks.slowness);
        const wait = at - this.#clock.now();
        if (wait > 0) return void this.#wake(wait);
        this.#steps.shift();
        this.#heldBytes -= step.bytes;
        step.go();
      }
    } finally {
      this.#running = false;
    }
    if (!this.#hasHeld) return;
    this.#hasHeld = false;
    this.#onFree();
  }

  #wake(wait: number): void {
    this.#hasHeld = true;
    const wake = () => {
      this.#cancel = undefined;
      this.#run();
    };
    this.#cancel = this.#clock.setTimer(wait, wake, 'background');
  }
}

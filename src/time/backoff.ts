import type { Random } from './clock.js';

export interface BackoffOptions {
  /** The shortest delay, in milliseconds. */
  readonly minDelay: number;
  /** The longest delay, in milliseconds. */
  readonly maxDelay: number;
}

/**
 * Delays between the tries of something that fails, with full jitter: each is drawn from `minDelay` up to a bound that starts at twice `minDelay` and doubles with
 * each try until `maxDelay`. Whoever fails at the same moment does not come back at the same moment.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #tries = 0;

  constructor(options: BackoffOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** Milliseconds to wait before the next try. */
  next(): number {
    const { minDelay, maxDelay } = this.#options;
    this.#tries++;
    const bound = Math.min(maxDelay, minDelay * 2 ** this.#tries);
    return Math.max(0, minDelay + this.#random() * (bound - minDelay));
  }

  /** It worked: the next failure is a first one. */
  reset(): void {
    this.#tries = 0;
  }
}

import type { Clock } from '../time/clock.js';

/** How long a byte stream that was closed is waited for, in milliseconds: a transport of the user's own may never say that it is gone. */
const patience = 2_000;

/** Byte streams that are not gone for good. */
export class ClosingStreams {
  readonly #clock: Clock;
  readonly #open = new Set<Promise<void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `closed` resolves when the byte stream is gone. */
  add(closed: Promise<void>): void {
    this.#open.add(closed);
    void closed.then(() => this.#open.delete(closed));
  }

  /** Resolves when all are gone, or were waited for long enough. */
  async gone(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(patience, resolve);
      void Promise.all(this.#open).then(() => {
        cancel();
        resolve();
      });
    });
  }
}

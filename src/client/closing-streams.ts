import type { Clock } from '../time/clock.js';
import type { Transport } from '../transports/transport.js';

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

/**
 * Closes a byte stream, in order or with an error at once. What a transport of the user's own throws here tells nothing that somebody could act on: the stream is
 * given up, and why is known already. Nor could it be caught: most often it is a timer or a signal that ends a stream.
 */
export function closeStream(transport: Transport, error?: Error): void {
  try {
    transport.close(error);
  } catch {
    // as said above
  }
}

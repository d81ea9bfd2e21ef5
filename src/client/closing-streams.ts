import type { Transport } from '../transports/transport.js';

/** Byte streams that are not gone for good. */
export class ClosingStreams {
  readonly #open = new Set<Promise<void>>();

  /** `closed` resolves when the byte stream is gone, or was given up. */
  add(closed: Promise<void>): void {
    this.#open.add(closed);
    void closed.then(() => this.#open.delete(closed));
  }

  /** Resolves when all are gone. */
  async gone(): Promise<void> {
    await Promise.all(this.#open);
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

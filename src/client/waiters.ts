import { onAbort } from '../time/on-abort.js';

/** Those who wait for the same moment. Whoever gives up leaves nothing behind. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next `wake`; rejects with the signal's reason. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const woken = () => {
        ignoreAbort();
        resolve();
      };
      this.#waiting.add(woken);
      const ignoreAbort = onAbort(signal, () => {
        this.#waiting.delete(woken);
        reject(signal?.reason);
      });
    });
  }

  wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const woken of waiting) woken();
  }
}

/** A value, or the promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether there is something to wait for: what is there at once goes on at once. */
export function isThenable<T>(value: Awaitable<T>): value is PromiseLike<T> {
  // The member of an unknown value, looked up.
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** What comes of the promise, or the signal's reason if that comes first. The promise itself goes on: see to what it brings. */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const aborted = () => reject(signal.reason);
    const settled = () => signal.removeEventListener('abort', aborted);
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(
      (value) => {
        settled();
        resolve(value);
      },
      (error) => {
        settled();
        reject(error);
      },
    );
  });
}

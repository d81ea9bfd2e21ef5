import { onAbort } from './on-abort.js';

/** What comes of the promise, or the signal's reason if that comes first. The promise itself goes on: see to what it brings. */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const ignoreAbort = onAbort(signal, () => reject(signal.reason));
    promise.then(
      (value) => {
        ignoreAbort();
        resolve(value);
      },
      (error) => {
        ignoreAbort();
        reject(error);
      },
    );
  });
}

/** A value, or the promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether there is something to wait for: what is there at once goes on at once. */
export function isThenable<T>(value: Awaitable<T>): value is PromiseLike<T> {
  // The member of an unknown value, looked up.
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

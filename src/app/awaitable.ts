/** A value, or the promise of one. */
export type Awaitable<T> = T | PromiseLike<T>;

/** Whether there is something to wait for: what is there at once goes on at once. */
export function isThenable<T>(value: Awaitable<T>): value is PromiseLike<T> {
  // The member of an unknown value, looked up.
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** For the answer of a function that has to give it at once. Types refuse others; JavaScript hands them in, and a promise would count for yes, or for nothing. Throws a TypeError. */
export function refusePromise(name: string, answer: unknown): void {
  if (!isThenable(answer)) return;
  // The sentence below stands for it: nobody waits for what it comes to.
  Promise.resolve(answer).catch(() => undefined);
  throw new TypeError(
    `${name} returned a promise. It has to answer at once: write a function that is not async.`,
  );
}

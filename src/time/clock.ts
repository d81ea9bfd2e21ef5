/** Where time comes from. Handed in everywhere, so that a test can run it by hand. */
export interface Clock {
  /** Milliseconds since the epoch of this clock; never goes back. */
  now(): number;
  /**
   * Calls back once, `ms` milliseconds from now, unless the returned function is called before. Nobody waits for what a
   * 'background' timer does, such as a look at the keep-alive: a test that lets time pass until all is settled does not wait for it either.
   */
  setTimer(ms: number, callback: () => void, kind?: 'background'): () => void;
}

/** Where chance comes from: a number from 0 (included) to 1 (excluded), like `Math.random`. */
export type Random = () => number;

import type { Route } from '../routes/route.js';
import type { Application } from './application.js';

/** Whoever loads and runs applications that somebody else wrote. */
export interface Overseer {
  /** One is about to start; its options may still be amended. Whoever holds it back ends the process. */
  starts(app: Application): 'start' | 'hold';
  /** Everything is built, nothing is connected. What it throws, the start rejects with. */
  booted?(app: Application, routes: readonly Route[]): void;
  running?(app: Application): void;
}

let overseer: Overseer | undefined;

/** Oversees every application of the process, until the returned function is called. */
export function oversee(by: Overseer): () => void {
  overseer = by;
  return () => {
    if (overseer === by) overseer = undefined;
  };
}

export function theOverseer(): Overseer | undefined {
  return overseer;
}

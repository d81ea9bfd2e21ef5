import type { Application } from './application.js';

/** Hears of an application that is about to start, and may still change its options; whether it may start. */
export type Launch = (app: Application) => 'start' | 'hold';

let launch: Launch | undefined;

/** For whoever loads and runs applications that somebody else wrote: asked before any of the process starts, until the returned function is called. */
export function overseeLaunches(oversee: Launch): () => void {
  launch = oversee;
  return () => {
    if (launch === oversee) launch = undefined;
  };
}

export function mayStart(app: Application): boolean {
  return launch?.(app) !== 'hold';
}

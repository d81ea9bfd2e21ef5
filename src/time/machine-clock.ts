import type { Clock } from './clock.js';
import { clockOn } from './system-clock.js';

/** The real one, also where a test replaces the global timers by its own later on. */
const afterMicrotasks = setImmediate;

/** The machine's time for what serves tests: it goes on where a test replaces the global timers by its own. */
export const machineClock: Clock = clockOn({
  now: performance.now.bind(performance),
  setTimeout,
  clearTimeout,
});

/** Resolves when the event loop turns: promises and in-memory traffic that were under way have gone on by then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => afterMicrotasks(resolve));
}

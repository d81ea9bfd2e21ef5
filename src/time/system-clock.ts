import type { Clock, Random } from './clock.js';

/** What `setTimeout` can count: a longer wait is cut into pieces of this. */
const longestTimer = 2 ** 31 - 1;

/** What a clock takes from the machine. */
interface Machine {
  /** Milliseconds since the process began. */
  now(): number;
  setTimeout(callback: () => void, ms: number): NodeJS.Timeout;
  clearTimeout(timer: NodeJS.Timeout): void;
}

/** The machine's time. It does not follow corrections of the wall clock, so it never goes back. */
export const systemClock: Clock = clockOn({
  // Looked up at each call: a test that replaces the global timers moves this clock too.
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer),
});

/** A clock on these functions. */
export function clockOn(machine: Machine): Clock {
  return {
    now: () => performance.timeOrigin + machine.now(),
    setTimer(ms, callback) {
      let left = Math.max(0, ms);
      let timer: NodeJS.Timeout;
      const arm = () => {
        const piece = Math.min(left, longestTimer);
        left -= piece;
        timer = machine.setTimeout(left > 0 ? arm : callback, piece);
      };
      arm();
      return () => machine.clearTimeout(timer);
    },
  };
}

/** The machine's chance. Not for secrets. */
export const systemRandom: Random = () => Math.random();

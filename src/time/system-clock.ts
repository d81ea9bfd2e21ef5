import type { Clock, Random } from './clock.js';

/** What `setTimeout` can count: a longer wait is cut into pieces of this. */
const longestTimer = 2 ** 31 - 1;

/** The machine's time. It does not follow corrections of the wall clock, so it never goes back. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimer(ms, callback) {
    let left = Math.max(0, ms);
    let timer: NodeJS.Timeout;
    const arm = () => {
      const piece = Math.min(left, longestTimer);
      left -= piece;
      timer = setTimeout(left > 0 ? arm : callback, piece);
    };
    arm();
    return () => clearTimeout(timer);
  },
};

/** The machine's chance. Not for secrets. */
export const systemRandom: Random = () => Math.random();

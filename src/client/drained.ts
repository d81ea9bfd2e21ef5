import type { Clock } from '../time/clock.js';
import type { Driver } from './driver.js';

/** Resolves once no request is under way and the socket took what was written, when `isOver`, or after `drainTimeout` milliseconds; rejects with the signal's reason. */
export async function drained(
  driver: Driver,
  { clock, drainTimeout }: { clock: Clock; drainTimeout: number },
  isOver: () => boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  let late = false;
  const cancel = clock.setTimer(drainTimeout, () => {
    late = true;
    driver.idle.wake();
  });
  try {
    while (!late && !isOver() && driver.busy) await driver.idle.wait(signal);
  } finally {
    cancel();
  }
}

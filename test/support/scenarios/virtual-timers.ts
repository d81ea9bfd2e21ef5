import type { VirtualClock } from '../../../src/time/index.js';

/**
 * Runs `script` while the timers and the time of this process are those of `clock`: for a library that takes them from the machine.
 * `setImmediate` and `process.nextTick` stay real, so that streams work.
 */
export async function withVirtualTimers(clock: VirtualClock, script: () => Promise<void>): Promise<void> {
  const real = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
    now: Date.now,
  };
  const cancel = (timer: { cancel?: () => void } | null | undefined) => timer?.cancel?.();
  Object.assign(globalThis, {
    setTimeout: (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      timer(clock.setTimer(ms, () => guarded(callback, args))),
    setInterval: (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const again = () =>
        clock.setTimer(Math.max(1, ms), () => {
          current = again();
          guarded(callback, args);
        });
      let current = again();
      return timer(() => current());
    },
    clearTimeout: cancel,
    clearInterval: cancel,
  });
  Date.now = () => 1_700_000_000_000 + clock.now();
  try {
    await script();
  } finally {
    Date.now = real.now;
    Object.assign(globalThis, {
      setTimeout: real.setTimeout,
      clearTimeout: real.clearTimeout,
      setInterval: real.setInterval,
      clearInterval: real.clearInterval,
    });
  }
}

function timer(cancel: () => void) {
  const handle = { cancel, ref: () => handle, unref: () => handle, hasRef: () => true };
  return handle;
}

/** What a callback throws ends the process, as with real timers, and not the move of the clock. */
function guarded(callback: (...args: unknown[]) => void, args: unknown[]): void {
  try {
    callback(...args);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

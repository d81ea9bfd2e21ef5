import type { SessionStore } from '../session/session-store.js';
import { StoreError } from '../session/storage.js';
import type { Clock } from '../time/clock.js';

/** How long a store may take for its last calls, in milliseconds. */
const patience = 30_000;

/** Closes the store once its calls have settled. Rejects with a StoreError if that takes too long: nobody waits for a store for ever. */
export async function closeStore(
  store: SessionStore,
  settled: Promise<unknown>,
  clock: Clock,
): Promise<void> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.setTimer(patience, () => {
      const cause = new Error(`it did not answer within ${patience} ms`);
      reject(new StoreError('The session store was not closed', cause));
    });
  });
  try {
    await Promise.race([settled.then(() => store.close()), late]);
  } finally {
    cancel();
  }
}

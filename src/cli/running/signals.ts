import type { Host } from '../host.js';

/** Calls back at the first signal; a second one ends the process at once, after `atOnce`. Returns how to stop listening. */
export function atSignals(host: Host, first: () => void, atOnce: () => void): () => void {
  let isFirst = true;
  return host.onSignal(() => {
    if (isFirst) {
      isFirst = false;
      first();
    } else {
      atOnce();
      host.exit(1);
    }
  });
}

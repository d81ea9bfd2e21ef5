import type { Host } from './host.js';
import { atSignals } from './running/signals.js';

/** Resolves `came` at the first signal; a second one ends the process at once, until `forget()`. */
export function firstSignal(host: Host): { came: Promise<void>; forget: () => void } {
  let forget = () => {};
  const came = new Promise<void>((resolve) => {
    forget = atSignals(host, resolve, () => {});
  });
  return { came, forget };
}

/** Who waits for one signal, with the only listener that it has for all of them. */
class Abortion {
  readonly #signal: AbortSignal;
  readonly #waiting = new Set<{ readonly callback: () => void }>();
  readonly #aborted = () => {
    abortions.delete(this.#signal);
    const thrown: unknown[] = [];
    for (const { callback } of this.#waiting) {
      try {
        callback();
      } catch (error) {
        thrown.push(error);
      }
    }
    if (thrown.length > 0) throw thrown[0];
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    abortions.set(signal, this);
    signal.addEventListener('abort', this.#aborted, { once: true });
  }

  add(callback: () => void): () => void {
    const entry = { callback };
    this.#waiting.add(entry);
    return () => {
      this.#waiting.delete(entry);
      if (this.#waiting.size > 0) return;
      this.#signal.removeEventListener('abort', this.#aborted);
      if (abortions.get(this.#signal) === this) abortions.delete(this.#signal);
    };
  }
}

/** A signal that is gone takes its entry with it. */
const abortions = new WeakMap<AbortSignal, Abortion>();

/**
 * Calls back once, when the signal aborts, unless the returned function is called before; a signal that has aborted already calls nobody. However many wait for one
 * signal, it has one listener: Node warns of a leak from the eleventh on, and a signal that ends a whole program has thousands. A callback must not throw: what one throws keeps the others from nothing,
 * but is an uncaught exception of the process, as with every listener of a signal.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (!signal || signal.aborted) return nothing;
  return (abortions.get(signal) ?? new Abortion(signal)).add(callback);
}

const nothing = () => undefined;

/** How long nothing may happen before a soak calls it a stall. */
const patience = 60_000;

/** Lets one wait for a state of affairs, woken by every step, and notices if no step is made any more. */
export class Progress {
  readonly #waiting = new Set<() => void>();
  #failure: Error | undefined;

  made(): void {
    for (const look of this.#waiting) look();
  }

  /** Everybody who waits is told. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.made();
  }

  /** Resolves once `holds`; rejects if nothing happens any more for a minute; `describe` then says how things stand. */
  until(what: string, holds: () => boolean, describe: () => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        settle();
      };
      const stalled = () =>
        end(() => reject(new Error(`Stalled while waiting for ${what}: ${JSON.stringify(describe())}`)));
      const look = () => {
        if (this.#failure) return end(() => reject(this.#failure));
        if (holds()) return end(resolve);
        timer.refresh();
      };
      timer = setTimeout(stalled, patience);
      this.#waiting.add(look);
      look();
    });
  }
}

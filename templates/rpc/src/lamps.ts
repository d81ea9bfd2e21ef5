/** The lamps of the house, on whatever wire they hang: here, on none. */
export class Lamps {
  readonly #states = new Map([
    ['hall', false],
    ['attic', false],
  ]);

  /** Whether the lamp is on, or undefined if there is no such lamp. */
  state(lamp: string): boolean | undefined {
    return this.#states.get(lamp);
  }

  /** Resolves once the lamp has answered; rejects when the signal is aborted before. */
  async switch(lamp: string, on: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#states.set(lamp, on);
  }
}

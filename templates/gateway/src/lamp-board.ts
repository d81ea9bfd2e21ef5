export interface LampState {
  readonly lamp: string;
  readonly on: boolean;
}

type Listener = (state: LampState) => void;

/** What the lamps do, between MQTT, which tells it, and HTTP, which shows it. */
export class LampBoard {
  readonly #states = new Map<string, LampState>();
  readonly #listeners = new Set<Listener>();

  /** By name. */
  get states(): readonly LampState[] {
    return [...this.#states.values()].sort((a, b) => a.lamp.localeCompare(b.lamp));
  }

  /** How many listen. */
  get watched(): number {
    return this.#listeners.size;
  }

  put(state: LampState): void {
    this.#states.set(state.lamp, state);
    for (const listener of this.#listeners) listener(state);
  }

  /** Calls back at each change, until the returned function is called. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

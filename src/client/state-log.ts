import type { Disconnection } from '../session/disconnection.js';
import type { ConnectionState } from './state.js';
import { Waiters } from './waiters.js';

/** The client's state, and everybody who waits for it to change. */
export class StateLog {
  #current: ConnectionState;
  readonly #changes = new Waiters();

  readonly #changed: (state: ConnectionState) => void;

  constructor(state: ConnectionState, changed: (state: ConnectionState) => void) {
    this.#current = state;
    this.#changed = changed;
    changed(state);
  }

  get current(): ConnectionState {
    return this.#current;
  }

  set current(state: ConnectionState) {
    this.#current = state;
    this.#changed(state);
    this.#changes.wake();
  }

  async disconnected(signal: AbortSignal | undefined): Promise<Disconnection> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#current.state === 'closed') return this.#current.last;
      await this.#changes.wait(signal);
    }
  }

  async *all(signal: AbortSignal | undefined): AsyncIterableIterator<ConnectionState> {
    for (;;) {
      signal?.throwIfAborted();
      const state = this.#current;
      yield state;
      if (state.state === 'closed') return;
      if (state === this.#current) await this.#changes.wait(signal);
    }
  }
}

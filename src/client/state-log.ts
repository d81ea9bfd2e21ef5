import type { Disconnection } from '../session/disconnection.js';
import type { ConnectionState } from './state.js';
import { Waiters } from './waiters.js';

interface Entry {
  readonly state: ConnectionState;
  readonly number: number;
  next: Entry | undefined;
}

type Connected = Extract<ConnectionState, { state: 'connected' }>;

/** A reader that is further behind goes on with the present state: nobody keeps what nobody reads. */
const mostBehind = 100;

/** The client's states, and everybody who waits for the next one. */
export class StateLog {
  #last: Entry;
  /** Why there is no connection, once there was one or an attempt failed. */
  #lastDisconnection: Disconnection | undefined;
  readonly #changes = new Waiters();

  readonly #changed: (state: ConnectionState) => void;

  constructor(state: ConnectionState, changed: (state: ConnectionState) => void) {
    this.#last = { state, number: 0, next: undefined };
    this.#changed = changed;
    changed(state);
  }

  get current(): ConnectionState {
    return this.#last.state;
  }

  set current(state: ConnectionState) {
    const entry = { state, number: this.#last.number + 1, next: undefined };
    this.#last.next = entry;
    this.#last = entry;
    if (state.state === 'waiting' || state.state === 'closed') this.#lastDisconnection = state.last;
    this.#changed(state);
    this.#changes.wake();
  }

  get lastDisconnection(): Disconnection | undefined {
    return this.#lastDisconnection;
  }

  /** Undefined once it is closed. */
  async connected(signal: AbortSignal | undefined): Promise<Connected | undefined> {
    for (;;) {
      signal?.throwIfAborted();
      const { current } = this;
      if (current.state === 'connected') return current;
      if (current.state === 'closed') return undefined;
      await this.#changes.wait(signal);
    }
  }

  async disconnected(signal: AbortSignal | undefined): Promise<Disconnection> {
    const known = this.#lastDisconnection;
    for (;;) {
      signal?.throwIfAborted();
      const last = this.#lastDisconnection;
      if (last && (last !== known || this.current.state !== 'connected')) return last;
      await this.#changes.wait(signal);
    }
  }

  async *all(signal: AbortSignal | undefined): AsyncIterableIterator<ConnectionState> {
    for (let entry = this.#last; ; ) {
      signal?.throwIfAborted();
      yield entry.state;
      if (entry.state.state === 'closed') return;
      while (!entry.next) await this.#changes.wait(signal);
      entry = this.#last.number - entry.number > mostBehind ? this.#last : entry.next;
    }
  }
}

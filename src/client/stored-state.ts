import type { ConnectPacket } from '../packets/packet.js';
import type { Session } from '../session/session.js';
import type { SessionStore, StoredSession } from '../session/session-store.js';
import { StoreError } from '../session/storage.js';
import type { Clock } from '../time/clock.js';
import type { FailedPublish, Observers } from './observers.js';
import { OrphanCall } from './orphan-call.js';

/** How long a store may take for its last calls, in milliseconds. */
const patience = 30_000;

export interface StoredStateSettings {
  readonly connect: ConnectPacket;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly clock: Clock;
}

/** What the session store has of this client, from its first call to its last. Nobody waits for a store for ever. */
export class StoredState {
  readonly #store: SessionStore;
  readonly #settings: StoredStateSettings;
  readonly #observers: Observers;
  /** While the store is being read. */
  #loading: Promise<unknown> | undefined;
  #closing: Promise<void> | undefined;
  /** Of the one call that is waited for. */
  #cancelTimer: () => void = () => undefined;

  constructor(store: SessionStore, settings: StoredStateSettings, observers: Observers) {
    this.#store = store;
    this.#settings = settings;
    this.#observers = observers;
  }

  /** Unless it `isOver` when the store has answered. Rejects with what the store says, or with a StoreError if it says nothing within `connectTimeout`. */
  async restoreTo(session: Session, isOver: () => boolean): Promise<void> {
    const { connect, connectTimeout } = this.#settings;
    const what = 'The session was not read from its store';
    const stored = await this.#inTime(this.#load(connect.clientId), connectTimeout, what);
    if (isOver()) return; // nobody waits for it any more
    for (const record of stored.damaged ?? []) this.#observers.storeDamaged(record);
    if (connect.cleanStart) return; // the server's answer clears the store
    const failed = (publish: FailedPublish) => this.#observers.storedPublishFailed(publish);
    session.restore(stored, (outbound) => new OrphanCall(outbound, failed));
  }

  /** `settled` resolves when no write is under way. A store that is still being read is closed once it has answered, and not waited for. */
  close(settled: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#loading ? this.#closeBehind(this.#loading) : this.#close(settled);
    return this.#closing;
  }

  async #load(clientId: string): Promise<StoredSession> {
    const loading = (async () => this.#store.load(clientId))(); // an async function, so that a store that throws rejects
    this.#loading = loading;
    try {
      return await loading;
    } finally {
      this.#loading = undefined;
    }
  }

  async #close(settled: () => Promise<void>): Promise<void> {
    const closing = settled().then(() => this.#store.close());
    await this.#inTime(closing, patience, 'The session store was not closed');
  }

  async #closeBehind(loading: Promise<unknown>): Promise<void> {
    this.#cancelTimer();
    const close = () => this.#store.close();
    loading.then(close, close).catch(() => undefined); // whoever wanted the session was told why there is none
  }

  async #inTime<T>(call: Promise<T>, ms: number, what: string): Promise<T> {
    const late = new Promise<never>((_, reject) => {
      this.#cancelTimer = this.#settings.clock.setTimer(ms, () =>
        reject(new StoreError(what, new Error(`it did not answer within ${ms} ms`))),
      );
    });
    try {
      return await Promise.race([call, late]);
    } finally {
      this.#cancelTimer();
    }
  }
}

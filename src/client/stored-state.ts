import type { ConnectPacket } from '../packets/packet.js';
import type { Session } from '../session/session.js';
import type { SessionStore } from '../session/session-store.js';
import { StoreError } from '../session/storage.js';
import type { Clock } from '../time/clock.js';
import type { FailedPublish, Observers } from './observers.js';
import { OrphanCall } from './orphan-call.js';

/** How long a store may take for its last calls, in milliseconds. */
const patience = 30_000;

/** What the session store has of this client, from its first call to its last. */
export class StoredState {
  readonly #store: SessionStore;
  readonly #settings: { readonly connect: ConnectPacket; readonly clock: Clock };
  readonly #observers: Observers;
  /** The store is being read. */
  #restoring: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: SessionStore, settings: { connect: ConnectPacket; clock: Clock }, observers: Observers) {
    this.#store = store;
    this.#settings = settings;
    this.#observers = observers;
  }

  /** Unless it `isOver` when the store has answered. */
  restoreTo(session: Session, isOver: () => boolean): Promise<void> {
    this.#restoring = this.#restore(session, isOver);
    return this.#restoring;
  }

  /** `settled` resolves when no write is under way. */
  close(settled: () => Promise<void>): Promise<void> {
    this.#closing ??= closeStore(this.#store, this.#settled(settled), this.#settings.clock);
    return this.#closing;
  }

  async #restore(session: Session, isOver: () => boolean): Promise<void> {
    const { connect } = this.#settings;
    const stored = await this.#store.load(connect.clientId);
    if (isOver()) return; // nobody waits for it any more
    for (const record of stored.damaged ?? []) this.#observers.storeDamaged(record);
    if (connect.cleanStart) return; // the server's answer clears the store
    const failed = (publish: FailedPublish) => this.#observers.storedPublishFailed(publish);
    session.restore(stored, (outbound) => new OrphanCall(outbound, failed));
  }

  async #settled(written: () => Promise<void>): Promise<void> {
    await this.#restoring?.catch(() => undefined); // who restored was told
    await written();
  }
}

/** Closes the store once its calls have settled. Rejects with a StoreError if that takes too long: nobody waits for a store for ever. */
async function closeStore(store: SessionStore, settled: Promise<unknown>, clock: Clock): Promise<void> {
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

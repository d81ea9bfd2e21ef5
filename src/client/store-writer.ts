import type { SessionStore } from '../session/session-store.js';
import type { StoreWrite } from '../session/storage.js';
import { Waiters } from './waiters.js';

interface Pending {
  isDone: boolean;
  failure: Error | undefined;
}

/** Performs the session's writes on its store, and tells their ends in the order in which they began. */
export class StoreWriter {
  readonly #store: SessionStore;
  readonly #done: (failure: Error | undefined) => void;
  readonly #pending: Pending[] = [];
  readonly #settled = new Waiters();

  constructor(store: SessionStore, done: (failure: Error | undefined) => void) {
    this.#store = store;
    this.#done = done;
  }

  write(write: StoreWrite): void {
    const pending: Pending = { isDone: false, failure: undefined };
    this.#pending.push(pending);
    // An async function, so that a store that throws rejects.
    const writing = (async () => this.#perform(write))();
    writing.then(
      () => this.#ended(pending, undefined),
      (thrown: unknown) => this.#ended(pending, thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  }

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) await this.#settled.wait();
  }

  #ended(pending: Pending, failure: Error | undefined): void {
    pending.isDone = true;
    pending.failure = failure;
    while (this.#pending[0]?.isDone) this.#done(this.#pending.shift()?.failure);
    if (this.#pending.length === 0) this.#settled.wake();
  }

  #perform(write: StoreWrite): Promise<void> {
    const store = this.#store;
    if ('delete' in write) {
      switch (write.delete) {
        case 'outbound':
          return store.deleteOutbound(write.packetId);
        case 'inbound':
          return store.deleteInbound(write.packetId);
      }
    }
    switch (write.put) {
      case 'outbound':
        return store.putOutbound(write.outbound);
      case 'inbound':
        return store.addInbound(write.packetId);
      case 'subscriptions':
        return store.putSubscriptions(write.subscriptions);
      case 'client':
        return store.putClient({ clientId: write.clientId, lastPacketId: write.lastPacketId });
      case 'session':
        return store.replace({ outbound: write.outbound, subscriptions: write.subscriptions });
    }
  }
}

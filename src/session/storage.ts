import { MqttError } from '../packets/errors.js';
import type { Effects } from './effects.js';
import { Queue } from './queue.js';
import type { StoredOutbound, StoredSubscription } from './session-store.js';

/** One call of a session store, as data. */
export type StoreWrite =
  | { readonly put: 'outbound'; readonly outbound: StoredOutbound }
  | { readonly delete: 'outbound'; readonly packetId: number }
  | { readonly put: 'inbound'; readonly packetId: number }
  | { readonly delete: 'inbound'; readonly packetId: number }
  | { readonly put: 'subscriptions'; readonly subscriptions: readonly StoredSubscription[] }
  | { readonly put: 'client'; readonly clientId: string; readonly lastPacketId: number }
  | {
      readonly put: 'session';
      readonly outbound: readonly StoredOutbound[];
      readonly subscriptions: readonly StoredSubscription[];
    };

/** The session store could not keep, or not forget, what a request needed it to, or did not answer; `cause` is what it said. */
export class StoreError extends MqttError {
  readonly kind = 'store';
  constructor(message: string, cause: Error) {
    super(`${message} (${cause.message.replace(/\.$/, '')}). Check the session store.`, { cause });
  }
}

type Then = (failure: Error | undefined) => void;

/** What waits for the store, in order: each write guards what may happen only after it. */
export class Storage {
  /** False: there is no store that outlives the process, nothing is ever written, and nobody asks. */
  readonly isDurable: boolean;
  readonly #effects: Effects;
  readonly #waiting = new Queue<Then>();

  constructor(isDurable: boolean, effects: Effects) {
    this.isDurable = isDurable;
    this.#effects = effects;
  }

  /** Writes; then, once the store has it or failed, calls back. Callbacks come in the order of the writes. Only if durable. */
  write(write: StoreWrite, then: Then): void {
    this.#waiting.push(then);
    this.#effects.store(write);
  }

  /** Writes what no request waits for: if that fails, the connection cannot go on. Nothing without a durable store. */
  keep(write: StoreWrite): void {
    if (!this.isDurable) return;
    this.write(write, (failure) => {
      if (failure) this.#effects.storeFailed(new StoreError('The session could not be stored', failure));
    });
  }

  /** The oldest write that waits is done. */
  done(failure: Error | undefined): void {
    this.#waiting.shift()?.(failure);
  }
}

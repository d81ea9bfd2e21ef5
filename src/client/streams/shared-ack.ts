import type { AckProperties } from '../../packets/packet.js';
import type { LedgerEntry } from '../../session/acknowledgements.js';
import { checkAck } from '../../session/limit-checks.js';
import type { Acknowledgeable, Settler } from '../received-message.js';

/**
 * One message in several streams, one acknowledgement: it leaves when all of them have settled. The worst outcome wins: a refusal over an
 * acknowledgement, among refusals the highest code.
 */
export class SharedAck implements Settler {
  readonly #entry: LedgerEntry;
  readonly #settler: Settler;
  readonly #shares: Share[] = [];
  #unsettled = 0;
  #code = 0;
  #properties: AckProperties | undefined;
  readonly #tell = () => {
    if (this.#entry.failure) this.#startAgain();
    for (const share of this.#shares) share.listener?.();
  };

  constructor(entry: LedgerEntry, settler: Settler) {
    this.#entry = entry;
    this.#settler = settler;
  }

  share(): Share {
    const share = new Share(this.#entry, () => this.#listen());
    this.#shares.push(share);
    this.#unsettled++;
    return share;
  }

  settle(share: Share, code: number, properties: AckProperties | undefined): void {
    checkAck(this.#entry, code, properties);
    if (code > this.#code || (code === this.#code && !this.#properties)) {
      this.#code = code;
      this.#properties = properties;
    }
    this.#done(share);
  }

  /** A stream ends and has not handed its share out. False: nobody else has the message. */
  release(share: Share): boolean {
    if (this.#shares.length === 1) return false;
    this.#shares.splice(this.#shares.indexOf(share), 1);
    this.#done(share);
    return true;
  }

  /** The session looks whether there is somebody to tell. */
  #listen(): void {
    this.#entry.listener = this.#shares.some(({ listener }) => listener) ? this.#tell : undefined;
  }

  /** The session store failed. Who is told of it may settle again; the others would never know, so what they said stands. */
  #startAgain(): void {
    for (const share of this.#shares) {
      if (!share.listener) continue;
      share.settled = false;
      this.#unsettled++;
    }
  }

  #done(share: Share): void {
    share.settled = true;
    if (--this.#unsettled === 0) this.#settler.settle(this.#entry, this.#code, this.#properties);
  }
}

/** What one stream sees of it. */
export class Share implements Acknowledgeable {
  readonly #entry: LedgerEntry;
  readonly #listens: () => void;
  #listener: (() => void) | undefined;
  settled = false;

  constructor(entry: LedgerEntry, listens: () => void) {
    this.#entry = entry;
    this.#listens = listens;
  }

  get listener(): (() => void) | undefined {
    return this.#listener;
  }

  set listener(listener: (() => void) | undefined) {
    this.#listener = listener;
    this.#listens();
  }

  get failure(): Error | undefined {
    return this.#entry.failure;
  }

  get state(): LedgerEntry['state'] {
    const { state } = this.#entry;
    return state === 'pending' && this.settled ? 'queued' : state;
  }
}

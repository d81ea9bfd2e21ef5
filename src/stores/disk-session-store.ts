import type {
  SessionStore,
  StoredOutbound,
  StoredSession,
  StoredSubscription,
} from '../session/session-store.js';
import { DiskSession } from './disk-session.js';
import {
  encodeInbound,
  encodeOutbound,
  encodeSubscriptions,
  inboundKey,
  outboundKey,
  subscriptionsKey,
} from './record-kinds.js';
import { acquireFolder, type Changes, releaseFolder, type SessionFolder } from './session-folder.js';
import { SessionStoreError } from './session-store-error.js';

export interface DiskSessionStoreOptions {
  /**
   * What a stored record survives. `power-loss`: every promise that something rests on waits until the disk has it (an fsync for each batch of
   * what was asked for meanwhile: about 0.2 ms on a fast disk, 10 ms on a slow one; throughput falls less, since batches grow).
   * `process-crash`: it waits for the operating system only, which keeps it when the process is killed, and loses the last seconds when the
   * machine dies. Default `power-loss`.
   */
  survives?: 'power-loss' | 'process-crash';
}

/**
 * Opens a folder for sessions that outlive the process, and creates it if need be. Needs the package `classic-level`. Clients of this
 * process, with an identifier each, may share the folder: open a store for each client; the client closes it. Two processes may not.
 *
 * Rejects with `SessionStoreError`, see its `problem`. Damaged files and records are set aside and named in what `load` resolves with.
 */
export async function openDiskSessionStore(
  folder: string,
  options: DiskSessionStoreOptions = {},
): Promise<DiskSessionStore> {
  const store = new DiskSessionStore(folder, options);
  await store.open();
  return store;
}

/** A client's session in a folder, see `openDiskSessionStore`. A closed one can be loaded again. */
export class DiskSessionStore implements SessionStore, AsyncDisposable {
  readonly #path: string;
  readonly #sync: boolean;
  #folder: Promise<SessionFolder> | undefined;
  #session: DiskSession | undefined;
  /** What was asked for before has settled, and the folder is given back. */
  #closed: Promise<void> = Promise.resolve();

  constructor(folder: string, options: DiskSessionStoreOptions = {}) {
    this.#path = folder;
    this.#sync = options.survives !== 'process-crash';
  }

  /** Takes the folder, so that what stands against it is known now; `load` would do it. */
  async open(): Promise<void> {
    await this.#acquire();
  }

  async load(clientId: string): Promise<StoredSession> {
    const folder = await this.#acquire();
    if (this.#session) {
      throw new SessionStoreError(
        'in-use',
        `This session store for ${this.#path} serves another client already: open one for each client, or close that client first.`,
      );
    }
    const session = new DiskSession(folder, clientId, this.#sync);
    this.#session = session;
    try {
      return await session.load();
    } catch (error) {
      this.#session = undefined;
      session.release();
      throw error;
    }
  }

  putOutbound(outbound: StoredOutbound): Promise<void> {
    const record = encodeOutbound(outbound);
    return this.#change(true, ({ values }) => values.set(outboundKey(outbound.packetId), record));
  }

  deleteOutbound(packetId: number): Promise<void> {
    // If the power fails first, a finished publish is sent once more: QoS 1 allows that, and QoS 2 has only its PUBREL left to send.
    return this.#change(false, ({ values }) => values.set(outboundKey(packetId), undefined));
  }

  addInbound(packetId: number): Promise<void> {
    const record = encodeInbound(packetId);
    return this.#change(true, ({ values }) => values.set(inboundKey(packetId), record));
  }

  deleteInbound(packetId: number): Promise<void> {
    // Durable: the server is about to use the identifier for a new message, which must not look like a repetition.
    return this.#change(true, ({ values }) => values.set(inboundKey(packetId), undefined));
  }

  putSubscriptions(subscriptions: readonly StoredSubscription[]): Promise<void> {
    const record = recordOf(subscriptions);
    return this.#change(true, ({ values }) => values.set(subscriptionsKey, record));
  }

  async putClient({ clientId, lastPacketId }: { clientId: string; lastPacketId: number }): Promise<void> {
    return this.#loaded().putClient(clientId, lastPacketId);
  }

  async replace({
    outbound,
    subscriptions,
  }: Pick<StoredSession, 'outbound' | 'subscriptions'>): Promise<void> {
    const records = new Map<string, Uint8Array>();
    for (const each of outbound) records.set(outboundKey(each.packetId), encodeOutbound(each));
    const subscribed = recordOf(subscriptions);
    if (subscribed) records.set(subscriptionsKey, subscribed);
    return this.#loaded().replace(records);
  }

  close(): Promise<void> {
    const [folder, session] = [this.#folder, this.#session];
    this.#folder = this.#session = undefined;
    if (folder) this.#closed = this.#release(folder, session);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #change(durable: boolean, describe: (changes: Changes) => void): Promise<void> {
    return this.#loaded().change(durable, describe);
  }

  async #acquire(): Promise<SessionFolder> {
    await this.#closed;
    this.#folder ??= acquireFolder(this.#path);
    const folder = this.#folder;
    try {
      return await folder;
    } catch (error) {
      if (this.#folder === folder) this.#folder = undefined;
      throw error;
    }
  }

  async #release(acquiring: Promise<SessionFolder>, session: DiskSession | undefined): Promise<void> {
    const folder = await acquiring.catch(() => undefined); // who asked for it was told
    if (!folder) return;
    await folder.settled();
    session?.release();
    await releaseFolder(folder);
  }

  #loaded(): DiskSession {
    if (this.#session) return this.#session;
    throw new SessionStoreError(
      'closed',
      `The session store for ${this.#path} holds no session: call load before anything else, and nothing after close.`,
    );
  }
}

function recordOf(subscriptions: readonly StoredSubscription[]): Uint8Array | undefined {
  return subscriptions.length > 0 ? encodeSubscriptions(subscriptions) : undefined;
}

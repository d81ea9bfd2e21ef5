import type { StoredSession } from '../session/session-store.js';
import { FoundRecords } from './found-records.js';
import type { LevelOperation } from './level.js';
import { clientKey, encodeClient, rangeOf, type StoredClient, sessionPrefix } from './record-kinds.js';
import type { BatchPart, Changes, Read, SessionFolder } from './session-folder.js';
import { SessionStoreError } from './session-store-error.js';

/** One client's session in a folder: which records are on disk, and what a batch makes of them. */
export class DiskSession implements BatchPart {
  readonly #folder: SessionFolder;
  readonly #sync: boolean;
  /** As it is after the last batch that succeeded: under whose name, under which keys, and the client's own record. */
  #storedUnder: string;
  readonly #stored = new Set<string>();
  #storedClient: StoredClient | undefined;
  /** As it shall be. */
  #clientId: string;
  #lastPacketId = 0;

  constructor(folder: SessionFolder, clientId: string, sync: boolean) {
    this.#folder = folder;
    this.#sync = sync;
    this.#storedUnder = this.#clientId = clientId;
    this.#take(clientId);
  }

  async load(): Promise<StoredSession> {
    const prefix = sessionPrefix(this.#clientId);
    const found = new FoundRecords(this.#clientId, this.#folder.path);
    for (const [key, record] of await this.#folder.read(rangeOf(prefix))) {
      found.add(key.slice(prefix.length), record);
    }
    found.finish();
    for (const key of found.keys) this.#stored.add(key);
    this.#storedClient = found.client;
    this.#lastPacketId = found.lastPacketId;
    if (found.damaged.length > 0) {
      await this.change(true, (changes) => changes.others.push(...found.setAside));
    }
    const flaws = this.#folder.flaws.map((message) => ({
      kind: 'unknown' as const,
      packetId: undefined,
      message,
    }));
    return {
      outbound: found.outbound.sort((one, other) => one.seq - other.seq),
      inboundQos2: found.inbound.sort((one, other) => one - other),
      subscriptions: found.subscriptions,
      lastPacketId: found.lastPacketId,
      damaged: [...flaws, ...found.damaged],
    };
  }

  /** `durable`: a promise rests on it. */
  change(durable: boolean, describe: (changes: Changes) => void): Promise<void> {
    return this.#folder.change(this, (changes) => {
      describe(changes);
      if (durable && this.#sync) changes.durable = true;
    });
  }

  putClient(clientId: string, lastPacketId: number): Promise<void> {
    const moves = clientId !== this.#clientId;
    if (moves) {
      this.#take(clientId);
      this.#folder.inUse.delete(this.#clientId);
      this.#clientId = clientId;
    }
    this.#lastPacketId = lastPacketId;
    return this.change(moves, (changes) => {
      if (moves) changes.movedTo = clientId;
    });
  }

  /** In one batch, so in one step. */
  replace(records: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#lastPacketId = 0;
    return this.change(true, (changes) => {
      changes.values.clear();
      for (const [key, record] of records) changes.values.set(key, record);
      changes.cleared = true;
    });
  }

  /** After the last change has settled. */
  release(): void {
    this.#folder.inUse.delete(this.#clientId);
  }

  async operations(changes: Changes, read: Read): Promise<LevelOperation[]> {
    const operations = [...changes.others];
    const target = changes.movedTo ?? this.#storedUnder;
    if (target !== this.#storedUnder) await this.#move(target, operations, read);
    const prefix = sessionPrefix(target);
    let records = this.#stored.size;
    if (changes.cleared) {
      for (const key of this.#stored) operations.push({ type: 'del', key: prefix + key });
      records = 0;
    }
    for (const [key, value] of changes.values) {
      const exists = this.#stored.has(key);
      if (!exists || changes.cleared) records += value ? 1 : 0;
      else if (!value) records--;
      if (value) operations.push({ type: 'put', key: prefix + key, value });
      else if (exists) operations.push({ type: 'del', key: prefix + key });
    }
    const client = { lastPacketId: this.#lastPacketId, records };
    if (client.lastPacketId === 0 && records === 0) {
      if (this.#storedClient) operations.push({ type: 'del', key: prefix + clientKey });
      changes.client = undefined;
    } else {
      if (!sameClient(client, this.#storedClient)) {
        operations.push({ type: 'put', key: prefix + clientKey, value: encodeClient(client) });
      }
      changes.client = client;
    }
    return operations;
  }

  written(changes: Changes): void {
    this.#storedUnder = changes.movedTo ?? this.#storedUnder;
    this.#storedClient = changes.client;
    if (changes.cleared) this.#stored.clear();
    for (const [key, value] of changes.values) {
      if (value) this.#stored.add(key);
      else this.#stored.delete(key);
    }
  }

  /** Everything that is stored goes to another client identifier; what was there before is gone. */
  async #move(target: string, operations: LevelOperation[], read: Read): Promise<void> {
    const [from, to] = [sessionPrefix(this.#storedUnder), sessionPrefix(target)];
    for (const [key] of await read(rangeOf(to))) operations.push({ type: 'del', key });
    for (const [key, value] of await read(rangeOf(from))) {
      operations.push({ type: 'del', key }, { type: 'put', key: to + key.slice(from.length), value });
    }
  }

  #take(clientId: string): void {
    const { inUse, path } = this.#folder;
    if (inUse.has(clientId)) {
      throw new SessionStoreError(
        'in-use',
        `Another client of this process uses the session of "${clientId}" in ${path}: close that one first, or choose another client identifier.`,
      );
    }
    inUse.add(clientId);
  }
}

function sameClient(one: StoredClient, other: StoredClient | undefined): boolean {
  return one.lastPacketId === other?.lastPacketId && one.records === other.records;
}

import { mkdir, realpath } from 'node:fs/promises';
import { isCorruption, type Level, type LevelOperation, storeErrorOf } from './level.js';
import { type OpenedLevel, openLevel, repairLevel } from './open-level.js';
import type { StoredClient } from './record-kinds.js';

/** One client's share in the batches. */
export interface BatchPart {
  /** The part's turn has come: what it has to write. The part before it is on disk, or failed. */
  operations(changes: Changes, read: Read): Promise<LevelOperation[]>;
  /** They are on disk. */
  written(changes: Changes): void;
}

export type Read = (range: { gte: string; lt: string }) => Promise<[string, Uint8Array][]>;

/** What one client asked for since the last batch. Later words about a key replace earlier ones. */
export class Changes {
  readonly values = new Map<string, Uint8Array | undefined>();
  /** Everything from before is forgotten first. */
  cleared = false;
  /** Everything moves to this client identifier. */
  movedTo: string | undefined;
  /** Beside the session. */
  readonly others: LevelOperation[] = [];
  /** Somebody's promise rests on it: the disk must have it, not only the operating system. */
  durable = false;
  /** The client's own record after it: the part notes it down. */
  client: StoredClient | undefined;
}

/** What is written together. All who have a part in it wait for the same promise. */
class Batch {
  readonly parts = new Map<BatchPart, Changes>();
  readonly done: Promise<void>;

  constructor(write: (batch: Batch) => Promise<void>) {
    this.done = write(this);
  }

  changesOf(part: BatchPart): Changes {
    let changes = this.parts.get(part);
    if (!changes) {
      changes = new Changes();
      this.parts.set(part, changes);
    }
    return changes;
  }
}

/** One database: a folder, which one process at a time may have, and within it any number of clients' sessions. */
export class SessionFolder {
  readonly path: string;
  /** The client identifiers whose sessions are in use. */
  readonly inUse = new Set<string>();
  /** What was wrong with the files, as sentences. */
  readonly flaws: string[] = [];
  #level: Level | undefined;
  /** What is done with the database, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #pending: Batch | undefined;

  constructor(path: string) {
    this.path = path;
  }

  open(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#opened();
    });
  }

  close(): Promise<void> {
    return this.#exclusively(async () => {
      const level = this.#level;
      this.#level = undefined;
      await level?.close();
    });
  }

  /**
   * Has `part` say what it wants changed, and resolves once that is written: together with all that was asked for in this tick,
   * and while the batch before was being written. That is what makes a sync for each promise affordable.
   */
  change(part: BatchPart, describe: (changes: Changes) => void): Promise<void> {
    this.#pending ??= new Batch((batch) =>
      this.#exclusively(() => {
        this.#pending = undefined;
        return this.#write(batch);
      }),
    );
    describe(this.#pending.changesOf(part));
    return this.#pending.done;
  }

  /** Everything that was asked for is written, or failed. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Everything in the range, after all that was written before. */
  async read(range: { gte: string; lt: string }): Promise<[string, Uint8Array][]> {
    let found: [string, Uint8Array][] = [];
    await this.#exclusively(async () => {
      found = await this.#read(range);
    });
    return found;
  }

  readonly #read: Read = async (range) => {
    const level = await this.#opened();
    try {
      return await entriesOf(level, range);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      await this.#repair(error);
      return entriesOf(await this.#opened(), range);
    }
  };

  async #write({ parts }: Batch): Promise<void> {
    const operations: LevelOperation[] = [];
    let sync = false;
    for (const [part, changes] of parts) {
      for (const operation of await part.operations(changes, this.#read)) operations.push(operation);
      sync ||= changes.durable;
    }
    const level = await this.#opened();
    try {
      if (operations.length > 0) await level.batch(operations, { sync });
    } catch (error) {
      // LevelDB writes no more after a failed write until it was opened again: the next use does that.
      this.#level = undefined;
      await level.close().catch(() => undefined); // the write's own failure is the one to tell
      throw error;
    }
    for (const [part, changes] of parts) part.written(changes);
  }

  async #opened(): Promise<Level> {
    return this.#level ?? this.#take(await openLevel(this.path));
  }

  async #repair(cause: unknown): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    await level?.close();
    this.#take(await repairLevel(this.path, cause));
  }

  #take({ level, flaws }: OpenedLevel): Level {
    this.#level = level;
    this.flaws.push(...flaws);
    return level;
  }

  /** One use of the database at a time, in the order of the calls. Rejects with a SessionStoreError. */
  #exclusively(use: () => Promise<void>): Promise<void> {
    const done = this.#work.then(use).catch((error) => {
      throw storeErrorOf(this.path, error);
    });
    this.#work = done.catch(() => undefined); // whoever asked is told; the next use starts anyway
    return done;
  }
}

async function entriesOf(level: Level, range: { gte: string; lt: string }): Promise<[string, Uint8Array][]> {
  const entries: [string, Uint8Array][] = [];
  for await (const entry of level.iterator(range)) entries.push(entry);
  return entries;
}

/** The folders that this process has open, each with the number of its users: two clients may share one. */
const open = new Map<string, { readonly folder: SessionFolder; users: number }>();

/** Opens a folder, or shares the one that is open. To be given back with `releaseFolder`. */
export async function acquireFolder(path: string): Promise<SessionFolder> {
  const real = await realPathOf(path);
  let shared = open.get(real);
  if (!shared) {
    shared = { folder: new SessionFolder(real), users: 0 };
    open.set(real, shared);
  }
  shared.users++;
  try {
    await shared.folder.open();
  } catch (error) {
    await releaseFolder(shared.folder);
    throw error;
  }
  return shared.folder;
}

export async function releaseFolder(folder: SessionFolder): Promise<void> {
  const shared = open.get(folder.path);
  if (!shared || --shared.users > 0) return;
  await folder.close();
  if (shared.users === 0) open.delete(folder.path); // else somebody came while it closed
}

async function realPathOf(path: string): Promise<string> {
  try {
    await mkdir(path, { recursive: true });
    return await realpath(path);
  } catch (error) {
    throw storeErrorOf(path, error);
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SessionStore, StoredSession } from '../../../src/session/session-store.js';
import {
  type DiskSessionStore,
  type DiskSessionStoreOptions,
  MemorySessionStore,
  openDiskSessionStore,
} from '../../../src/stores/index.js';

/** Where sessions are kept, as a table of behaviours sees it: each `open` is the next client's store for the same place. */
export interface Place {
  open(): Promise<SessionStore>;
}

export const places: readonly { name: string; make: () => Promise<Place> }[] = [
  {
    name: 'in memory',
    make: async () => {
      const store = new MemorySessionStore();
      return { open: async () => store };
    },
  },
  {
    name: 'on disk',
    make: async () => {
      const folder = await temporaryFolder();
      return { open: () => openStore(folder) };
    },
  },
  {
    name: 'on disk, safe from a crash of the process only',
    make: async () => {
      const folder = await temporaryFolder();
      return { open: () => openStore(folder, { survives: 'process-crash' }) };
    },
  },
];

/** A store that is closed when the test ends. */
export async function openStore(
  folder: string,
  options?: DiskSessionStoreOptions,
): Promise<DiskSessionStore> {
  const store = await openDiskSessionStore(folder, options);
  onTestFinished(() => store.close());
  return store;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'topicwise-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What the next client finds. */
export async function found(place: Place, clientId = 'c'): Promise<StoredSession> {
  const store = await place.open();
  const session = await store.load(clientId);
  await store.close();
  return session;
}

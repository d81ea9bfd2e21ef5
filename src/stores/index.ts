export {
  type DiskSessionStore,
  type DiskSessionStoreOptions,
  openDiskSessionStore,
} from './disk-session-store.js';
export { MemorySessionStore } from './memory-session-store.js';
export { SessionStoreError, type SessionStoreProblem } from './session-store-error.js';

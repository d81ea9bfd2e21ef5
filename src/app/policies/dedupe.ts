import type { Duration } from '../../time/duration.js';
import type { Awaitable } from '../awaitable.js';

// biome-ignore lint/suspicious/noExplicitAny: asked about messages of every route
type AnyMessage = import('../pipeline/topic-message.js').TopicMessage<any, any>;

/** Handles a message once, however often it is delivered. */
export interface Dedupe {
  /** What two deliveries of the same message have in common; undefined: this one is always handled. */
  key: (message: AnyMessage) => string | undefined;
  /** For how long a key is remembered. */
  window: Duration;
  /** Default: in memory, of this application. */
  store?: DedupeStore;
}

/** Where keys are remembered: in memory, or in a database that several processes share. */
export interface DedupeStore {
  /** Notes the key for `ttlMs` milliseconds, and says whether it had been noted. */
  seen(key: string, ttlMs: number): Awaitable<boolean>;
  /** The message was not handled after all: its next delivery is a first one. */
  forget(key: string): Awaitable<void>;
}

import type { Awaitable } from '../awaitable.js';

/** Where keys are remembered: in memory, or in a database that several processes share. It may be asked about several keys at once. */
export interface DedupeStore {
  /** Whether the key was noted, and its time is not over. `now`: milliseconds of the application's clock. */
  has(key: string, now: number): Awaitable<boolean>;
  /** Notes the key for `ttlMs` milliseconds from `now`. */
  add(key: string, ttlMs: number, now: number): Awaitable<void>;
}

/** How much a `MemoryDedupeStore` holds. */
export interface MemoryDedupeStoreOptions {
  /** Keys that it holds: beyond, the one that was noted first is forgotten. A whole number from 1. Default 100,000. */
  readonly limit?: number;
}

/** Remembers keys until the process ends. It has no timers: a key whose time is over goes when it is asked for, or when others are noted. */
export class MemoryDedupeStore implements DedupeStore {
  readonly #limit: number;
  /** When the time of a key is over, in the order in which they were noted. */
  readonly #expiries = new Map<string, number>();

  constructor({ limit = 100_000 }: MemoryDedupeStoreOptions = {}) {
    if (!Number.isSafeInteger(limit) || limit < 1)
      throw new RangeError(`MemoryDedupeStore: limit is ${String(limit)}. Write a whole number from 1.`);
    this.#limit = limit;
  }

  /** Keys that it holds, those included whose time is over and that nobody asked for. */
  get size(): number {
    return this.#expiries.size;
  }

  has(key: string, now: number): boolean {
    const expiry = this.#expiries.get(key);
    if (expiry === undefined) return false;
    if (now < expiry) return true;
    this.#expiries.delete(key);
    return false;
  }

  add(key: string, ttlMs: number, now: number): void {
    this.#expiries.delete(key);
    this.#expiries.set(key, now + ttlMs);
    for (const [oldest, expiry] of this.#expiries) {
      if (now < expiry && this.#expiries.size <= this.#limit) break;
      this.#expiries.delete(oldest);
    }
  }
}

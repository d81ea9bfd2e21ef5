// What a process holds: memory after the garbage is collected, and what keeps it alive.
import { getEventListeners } from 'node:events';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../src/time/clock.js';
import { systemClock } from '../../src/time/index.js';
import { type Figure, none } from './area.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // V8 has put it there, the line above asked for it

/** What may be added to the heap by caches and compiled code after the warm-up, in bytes. */
export const tolerance = 1_000_000;

/** The machine's time, with the number of timers that are set. */
export class CountingClock implements Clock {
  timers = 0;

  now(): number {
    return systemClock.now();
  }

  setTimer(ms: number, callback: () => void): () => void {
    this.timers++;
    let isSet = true;
    const unset = () => {
      if (isSet) this.timers--;
      isSet = false;
    };
    const cancel = systemClock.setTimer(ms, () => {
      unset();
      callback();
    });
    return () => {
      unset();
      cancel();
    };
  }
}

/** What is in memory once the garbage is collected. */
export async function heldMemory(): Promise<NodeJS.MemoryUsage> {
  // Sockets go a turn of the event loop after they were closed; finalizers run a turn after the collection.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage();
}

interface Sample {
  readonly heap: number;
  readonly external: number;
  readonly resources: number;
  readonly timers: number;
  readonly listeners: number;
}

/** Compares what is held at two moments at which as much should be. */
export class Growth {
  readonly #clock: CountingClock;
  readonly #signal: AbortSignal;
  #before: Sample | undefined;

  constructor(clock: CountingClock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** After the warm-up. */
  async begin(): Promise<void> {
    this.#before = await this.#sample();
  }

  async figures(): Promise<Figure[]> {
    const before = this.#before!; // `begin` was called
    const after = await this.#sample();
    const grown = (name: string, key: keyof Sample): Figure =>
      none(`${name}, growth`, after[key] - before[key], `It was ${before[key]} and is ${after[key]}.`);
    const memory = (name: string, key: 'heap' | 'external'): Figure => {
      const growth = after[key] - before[key];
      return {
        name: `${name} in bytes, growth`,
        value: growth,
        violation: growth > tolerance ? `It may grow by ${tolerance}.` : undefined,
      };
    };
    return [
      memory('heap', 'heap'),
      memory('memory outside the heap', 'external'),
      grown('sockets and other resources', 'resources'),
      grown('timers', 'timers'),
      grown('listeners', 'listeners'),
    ];
  }

  async #sample(): Promise<Sample> {
    const { heapUsed, external } = await heldMemory();
    const onProcess = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    return {
      heap: heapUsed,
      external,
      resources: process.getActiveResourcesInfo().length,
      timers: this.#clock.timers,
      listeners: onProcess + getEventListeners(this.#signal, 'abort').length,
    };
  }
}

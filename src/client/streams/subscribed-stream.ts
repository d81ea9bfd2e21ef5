import type { Granted } from '../options.js';
import { done, type MessageQueue, type Next } from './message-queue.js';
import type { StreamOptions, Subscription } from './message-stream.js';
import { Reader } from './reader.js';

/** What `stream()` resolves with: a reader of a queue that nobody else reads, and the end of the subscription. */
export class SubscribedStream implements Subscription {
  readonly granted: readonly Granted[];
  readonly #reader: Reader;
  readonly #close: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(
    queue: MessageQueue,
    granted: readonly Granted[],
    options: StreamOptions,
    close: () => Promise<void>,
  ) {
    this.granted = granted;
    this.#close = close;
    // Nobody may ever call return() then; if somebody does, it says what went wrong.
    this.#reader = new Reader(queue, options, () => void this.#leave().catch(() => undefined));
  }

  get buffered(): number {
    return this.#reader.buffered;
  }

  next(): Promise<Next> {
    return this.#reader.next();
  }

  async return(): Promise<Next> {
    void this.#reader.return(); // resolved already
    await this.#leave();
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it: whoever waits gets the error. */
  fail(error: Error): void {
    this.#reader.fail(error);
  }

  #leave(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }
}

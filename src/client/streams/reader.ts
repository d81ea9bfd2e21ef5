import { onAbort } from '../../time/on-abort.js';
import type { ReceivedMessage } from '../received-message.js';
import { done, type MessageQueue, type Next, type QueueReader } from './message-queue.js';
import type { MessageStream, ReadOptions } from './message-stream.js';

/** One iterator over a queue. Others may read from the same queue: each message goes to one of them. */
export class Reader implements MessageStream, QueueReader {
  readonly #queue: MessageQueue;
  readonly #signal: AbortSignal | undefined;
  readonly #onDisconnect: 'wait' | 'throw';
  /** With autoAck `on-next`: what was handed out and is acknowledged when the next is asked for. */
  readonly #handed: ReceivedMessage[] | undefined;
  readonly #onFailed: () => void;
  #ignoreAbort: () => void = () => undefined;
  #failure: { readonly error: unknown } | undefined;
  #returned = false;

  /** `onFailed` is called once, when the signal or the connection ends it. */
  constructor(queue: MessageQueue, options: ReadOptions, onFailed: () => void = () => undefined) {
    this.#queue = queue;
    this.#signal = options.signal;
    this.#onDisconnect = options.onDisconnect ?? 'wait';
    this.#handed = options.autoAck === 'on-next' ? [] : undefined;
    this.#onFailed = onFailed;
    if (this.#signal?.aborted) this.#failure = { error: this.#signal.reason };
    else if ((this.#signal || this.#onDisconnect === 'throw') && queue.join(this)) {
      this.#ignoreAbort = onAbort(this.#signal, () => this.fail(this.#signal?.reason));
    }
  }

  get buffered(): number {
    return this.#returned || this.#failure || this.#signal?.aborted ? 0 : this.#queue.length;
  }

  next(): Promise<Next> {
    if (this.#returned) return Promise.resolve(done);
    if (this.#handed) for (const message of this.#handed.splice(0)) message.settle(0);
    if (this.#signal?.aborted) this.fail(this.#signal.reason); // who listens to it before us may ask
    if (this.#failure) return Promise.reject(this.#failure.error);
    return this.#queue.next(this);
  }

  return(): Promise<Next> {
    this.#returned = true;
    this.over();
    for (const waiter of this.#queue.leave(this)) waiter.resolve(done);
    return Promise.resolve(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  handed(message: ReceivedMessage): void {
    this.#handed?.push(message);
  }

  interrupted(error: Error): void {
    if (this.#onDisconnect === 'throw') this.fail(error);
  }

  over(): void {
    this.#ignoreAbort();
  }

  /** Ends it, unless it has ended. */
  fail(error: unknown): void {
    if (this.#failure || this.#returned) return;
    this.#failure = { error };
    this.over();
    for (const waiter of this.#queue.leave(this)) waiter.reject(error);
    this.#onFailed();
  }
}

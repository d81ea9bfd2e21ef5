import { Queue } from '../../session/queue.js';
import type { ReceivedMessage } from '../received-message.js';

export type Next = IteratorResult<ReceivedMessage, undefined>;
export const done: Next = { done: true, value: undefined };

/** Who takes messages out of a queue, and what the queue tells it. */
export interface QueueReader {
  /** This message is its own from now on. */
  handed(message: ReceivedMessage): void;
  /** The connection is gone, but others follow. */
  interrupted(error: Error): void;
  /** No message comes any more. */
  over(): void;
}

interface Waiter {
  readonly reader: QueueReader;
  readonly resolve: (next: Next) => void;
  readonly reject: (error: unknown) => void;
}

/** What becomes of QoS 0 messages that nobody reads in time. */
export interface Overflow {
  readonly limit: number;
  readonly policy: 'drop-oldest' | 'drop-newest';
}

/**
 * Messages that arrived and wait for a reader, and readers that wait for a message; never both. QoS 1 and 2 are bounded by the
 * receive maximum and stay until somebody takes them; of QoS 0 the oldest goes, or the newest, when there are too many.
 */
export class MessageQueue {
  readonly #messages = new Queue<ReceivedMessage>();
  readonly #waiters: Waiter[] = [];
  /** Readers that are told what happens: those that listen to a signal, which may live longer than all of this, or to the connection. */
  readonly #told = new Set<QueueReader>();
  readonly #overflow: Overflow;
  readonly #onDropped: (message: ReceivedMessage) => void;
  #qos0 = 0;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(overflow: Overflow, onDropped: (message: ReceivedMessage) => void) {
    this.#overflow = overflow;
    this.#onDropped = onDropped;
  }

  get length(): number {
    return this.#messages.length;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  push(message: ReceivedMessage): void {
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.reader.handed(message);
      waiter.resolve({ done: false, value: message });
      return;
    }
    this.#messages.push(message);
    if (message.qos === 0 && ++this.#qos0 > this.#overflow.limit) this.#dropOne(message);
  }

  next(reader: QueueReader): Promise<Next> {
    const message = this.take();
    if (message) {
      reader.handed(message);
      return Promise.resolve({ done: false, value: message });
    }
    if (this.#end) return this.#end.error ? Promise.reject(this.#end.error) : Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ reader, resolve, reject });
    });
  }

  /** The oldest that waits, or the oldest that `picks` wants. */
  take(picks?: (message: ReceivedMessage) => boolean): ReceivedMessage | undefined {
    const message = picks ? this.#messages.take(picks) : this.#messages.shift();
    if (message?.qos === 0) this.#qos0--;
    return message;
  }

  /** Everything that `picks` wants, in order. */
  takeAll(picks: (message: ReceivedMessage) => boolean): ReceivedMessage[] {
    const taken: ReceivedMessage[] = [];
    const kept: ReceivedMessage[] = [];
    for (const message of this.#messages) (picks(message) ? taken : kept).push(message);
    if (taken.length === 0) return taken;
    this.#messages.clear();
    this.#qos0 = 0;
    for (const message of kept) {
      this.#messages.push(message);
      if (message.qos === 0) this.#qos0++;
    }
    return taken;
  }

  /** Tells the reader what happens until `leave`, or the end. False: that was before. */
  join(reader: QueueReader): boolean {
    if (this.#end) return false;
    this.#told.add(reader);
    return true;
  }

  /** The reader waits no more: what comes is for others. Returns what it was waiting with. */
  leave(reader: QueueReader): readonly Waiter[] {
    this.#told.delete(reader);
    const leaving = this.#waiters.filter((waiter) => waiter.reader === reader);
    for (const waiter of leaving) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    return leaving;
  }

  /** The connection is gone, but others follow: what can't be acknowledged any more goes, since the server has it. */
  interrupted(error: Error): void {
    this.dropStale();
    for (const reader of [...this.#told]) reader.interrupted(error);
  }

  /** What belonged to a session that the server has forgotten, or to a connection that is gone. */
  dropStale(): void {
    this.takeAll((message) => message.ackState === 'stale');
  }

  /**
   * No message comes any more. With an error, QoS 0 messages are still handed out first: nobody will send them again. The others
   * go, since the server has them.
   */
  end(error: Error | undefined): void {
    if (this.#end) return;
    this.#end = { error };
    this.takeAll((message) => !error || message.qos !== 0);
    for (const reader of [...this.#told]) reader.over();
    this.#told.clear();
    for (const waiter of this.#waiters.splice(0)) {
      if (error) waiter.reject(error);
      else waiter.resolve(done);
    }
  }

  #dropOne(newest: ReceivedMessage): void {
    const dropped = this.take(
      this.#overflow.policy === 'drop-newest' ? (message) => message === newest : ({ qos }) => qos === 0,
    );
    if (dropped) this.#onDropped(dropped);
  }
}

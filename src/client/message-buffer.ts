import { Queue } from '../session/queue.js';
import type { Message } from './message.js';
import type { MessageStream, StreamOptions } from './message-stream.js';

type Next = IteratorResult<Message, undefined>;
const done: Next = { done: true, value: undefined };

interface Waiter {
  readonly reader: MessageStream;
  readonly resolve: (next: Next) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Messages that arrived and wait for a reader, and readers that wait for a message; never both. QoS 1 and 2 are bounded by the
 * receive maximum and stay until somebody takes them; of QoS 0 the oldest goes when there are too many.
 */
export class MessageBuffer {
  readonly #messages = new Queue<Message>();
  readonly #waiters: Waiter[] = [];
  /** Called at the end: streams that listen to a signal, which may live longer than all of this. */
  readonly #listening = new Set<() => void>();
  readonly #qos0Limit: number;
  #qos0 = 0;
  #dropped = 0;
  #receive: ((message: Message) => void) | undefined;
  #end: { readonly error: Error | undefined } | undefined;

  constructor(qos0Limit: number) {
    this.#qos0Limit = qos0Limit;
  }

  get length(): number {
    return this.#messages.length;
  }

  /** QoS 0 messages that went unread. */
  get dropped(): number {
    return this.#dropped;
  }

  push(message: Message): void {
    if (this.#receive) {
      this.#receive(message);
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter) {
      waiter.resolve({ done: false, value: message });
      return;
    }
    this.#messages.push(message);
    if (message.qos === 0 && ++this.#qos0 > this.#qos0Limit) {
      this.#messages.take(({ qos }) => qos === 0);
      this.#qos0--;
      this.#dropped++;
    }
  }

  /** Every message goes to `receive`, at once; what waits goes first. Returns the way back. */
  dispatch(receive: (message: Message) => void): () => void {
    if (this.#receive) throw new Error('This client has a dispatcher already.');
    this.#receive = receive;
    for (let message = this.#take(); message; message = this.#take()) receive(message);
    return () => {
      if (this.#receive === receive) this.#receive = undefined;
    };
  }

  stream({ signal }: StreamOptions): MessageStream {
    return new BufferedStream(this, signal);
  }

  /** Calls `aborted` when the signal aborts, until the returned function is called or no message comes any more. */
  listen(signal: AbortSignal | undefined, aborted: () => void): () => void {
    if (!signal || signal.aborted || this.#end) return () => undefined;
    const heard = () => {
      stop();
      aborted();
    };
    const stop = () => {
      signal.removeEventListener('abort', heard);
      this.#listening.delete(stop);
    };
    signal.addEventListener('abort', heard);
    this.#listening.add(stop);
    return stop;
  }

  next(reader: MessageStream): Promise<Next> {
    const message = this.#take();
    if (message) return Promise.resolve({ done: false, value: message });
    if (this.#end) return this.#end.error ? Promise.reject(this.#end.error) : Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ reader, resolve, reject });
    });
  }

  /** The reader waits no more: what comes is for others. Returns what it was waiting with. */
  leave(reader: MessageStream): readonly Waiter[] {
    const leaving = this.#waiters.filter((waiter) => waiter.reader === reader);
    for (const waiter of leaving) this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    return leaving;
  }

  /**
   * No message comes any more. With an error, QoS 0 messages are still handed out first: nobody will send them again. The others
   * go, since the server has them.
   */
  end(error: Error | undefined): void {
    this.#end = { error };
    for (const stop of this.#listening) stop();
    const kept = error ? [...this.#messages].filter(({ qos }) => qos === 0) : [];
    this.#messages.clear();
    for (const message of kept) this.#messages.push(message);
    for (const waiter of this.#waiters.splice(0)) {
      if (error) waiter.reject(error);
      else waiter.resolve(done);
    }
  }

  #take(): Message | undefined {
    const message = this.#messages.shift();
    if (message?.qos === 0) this.#qos0--;
    return message;
  }
}

class BufferedStream implements MessageStream {
  readonly #buffer: MessageBuffer;
  readonly #signal: AbortSignal | undefined;
  readonly #stopListening: () => void;
  #returned = false;

  constructor(buffer: MessageBuffer, signal: AbortSignal | undefined) {
    this.#buffer = buffer;
    this.#signal = signal;
    this.#stopListening = buffer.listen(signal, () => {
      for (const waiter of buffer.leave(this)) waiter.reject(signal?.reason);
    });
  }

  get buffered(): number {
    return this.#returned || this.#signal?.aborted ? 0 : this.#buffer.length;
  }

  next(): Promise<Next> {
    if (this.#returned) return Promise.resolve(done);
    if (this.#signal?.aborted) return Promise.reject(this.#signal.reason);
    return this.#buffer.next(this);
  }

  return(): Promise<Next> {
    this.#returned = true;
    this.#stopListening();
    for (const waiter of this.#buffer.leave(this)) waiter.resolve(done);
    return Promise.resolve(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

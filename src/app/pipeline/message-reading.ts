import { InvalidMessage } from '../../contracts/index.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { askForKey, type KeyFunction } from '../concurrency/order-key.js';
import { HandlerMessage } from './handler-message.js';
import { type AnyMessage, type Reading, readMessage, Unreadable, undecodedMessage } from './read-message.js';
import type { RouteRun } from './route-run.js';

/** How one run comes to its message, which may take its time, or why its handler can't have it. */
export class MessageReading {
  readonly #run: RouteRun;
  #message: AnyMessage | undefined;
  #failure: Unreadable | undefined;
  /** The one that counts, where a schema takes its time. */
  #awaited: PromiseLike<Reading> | undefined;

  constructor(run: RouteRun) {
    this.#run = run;
  }

  get isOver(): boolean {
    return this.#message !== undefined;
  }

  /** Once it is over: what the handler gets; where it can't, what a policy is asked with. */
  get message(): AnyMessage {
    return this.#message as AnyMessage; // nothing asks before
  }

  get failure(): Unreadable | undefined {
    return this.#failure;
  }

  /** Whether the message itself is at fault, and not what reads it. */
  get isInvalid(): boolean {
    return this.#failure?.error instanceof InvalidMessage;
  }

  /** What the user's function names. Where it fails, the message has: it waits for its turn on its topic. */
  orderKey(order: KeyFunction): string {
    const { route, delivery } = this.#run;
    try {
      return askForKey(order, undecodedMessage(this.#run), route.name);
    } catch (error) {
      this.fail(error);
      return delivery.message.topic;
    }
  }

  begin(): void {
    if (this.isOver) this.#run.begin();
    else this.#readOn(readMessage(this.#run));
  }

  /** What reads the message failed, such as a schema that asks a database; after a pause it may not. */
  repeat(): void {
    this.#message = undefined;
    this.#failure = undefined;
    this.#readOn(readMessage(this.#run));
  }

  /** There is no message for the handler, unless it is there. */
  fail(error: unknown): void {
    if (!this.isOver) this.#fail(new Unreadable(error));
  }

  #readOn(reading: Awaitable<Reading>): void {
    if (!isThenable(reading)) {
      this.#read(reading);
      return;
    }
    this.#awaited = reading;
    this.#run.startTime();
    reading.then((read) => {
      if (this.#run.isReading && this.#awaited === reading) this.#read(read);
    });
  }

  #read(reading: Reading): void {
    if (reading === 'unwanted') {
      this.#run.unwanted();
      return;
    }
    if (reading instanceof Unreadable) this.#fail(reading);
    else this.#message = reading;
    this.#run.begin();
  }

  #fail(failure: Unreadable): void {
    this.#failure = failure;
    this.#message = HandlerMessage.unreadable(this.#run, failure.error);
  }
}

import type { TopicMessage } from '../../contracts/index.js';
import { orAborted } from '../../time/or-aborted.js';
import { isThenable } from '../awaitable.js';
import { construct, type Resolver } from './arguments.js';
import { Disposal, isDisposable } from './disposal.js';
import type { Key, Registrations } from './registrations.js';
import { CurrentMessage } from './scope.js';
import { injectionKey, type TokenOf, tokenName } from './token.js';
import type { DependencyContainer } from './tsyringe.js';

type AnyMessage = TopicMessage<unknown, unknown>;

/**
 * What is built for messages. Each attempt to handle one has a scope of its own: one that failed may leave what it used half done, a transaction open or a counter
 * raised, and its disposal is what takes that back before the next attempt begins.
 */
export class MessageScopes {
  readonly #registrations: Registrations;
  readonly #singletons: Resolver;
  readonly #open = new Map<AnyMessage, MessageScope>();
  #abandoned = 0;

  constructor(registrations: Registrations, singletons: Resolver) {
    this.#registrations = registrations;
    this.#singletons = singletons;
  }

  /** Builds the class for the message and hands it on. Returns what `use` does; a promise where the scope of an earlier attempt is still closing. */
  run(target: TokenOf<unknown>, message: AnyMessage, use: (instance: unknown) => unknown): unknown {
    const closing = this.#open.get(message)?.closing;
    if (closing) return closing.then(() => this.#begin(target, message, use));
    return this.#begin(target, message, use);
  }

  /**
   * The attempt is over: disposes of what was built for it, in reverse order, once its handler has returned. `report` hears what fails. Resolves when that is done, and
   * never rejects; undefined if there is nothing to wait for: nothing to dispose of, or a handler that takes its own time.
   */
  end(message: AnyMessage, report: (error: unknown) => void): Promise<void> | undefined {
    return this.#open.get(message)?.end(report);
  }

  /** What is still being disposed of although the application has stopped. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /**
   * Ends what is left open by messages that nobody settled, and waits for what is closing, until it is late; what a handler still uses goes when it returns. Rejects with an AggregateError of what fails
   * and was not reported elsewhere.
   */
  async close(late: AbortSignal): Promise<void> {
    const errors: unknown[] = [];
    const closing = [...this.#open.values()].flatMap(
      (scope) => scope.closing ?? scope.end((error) => errors.push(error)) ?? [],
    );
    this.#abandoned += closing.length;
    for (const each of closing) void each.then(() => this.#abandoned--); // it does not reject
    await orAborted(Promise.all(closing), late).catch(() => undefined); // too late: what is left is counted below
    for (let left = this.#abandoned; left > 0; left--)
      errors.push(new Error('What was built for a message was not disposed of in time.'));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(String).join('; '));
  }

  #begin(target: TokenOf<unknown>, message: AnyMessage, use: (instance: unknown) => unknown): unknown {
    const scope: MessageScope = new MessageScope(message, this.#registrations, this.#singletons, () => {
      if (this.#open.get(message) === scope) this.#open.delete(message);
    });
    this.#open.set(message, scope);
    return scope.run(() => use(scope.resolve(target)));
  }
}

/** What is built for one attempt to handle one message. */
class MessageScope implements Resolver {
  readonly #registrations: Registrations;
  readonly #singletons: Resolver;
  readonly #onClosed: () => void;
  readonly #values = new Map<Key, unknown>();
  readonly #disposal = new Disposal();
  #isRunning = false;
  #report: ((error: unknown) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(message: AnyMessage, registrations: Registrations, singletons: Resolver, onClosed: () => void) {
    this.#registrations = registrations;
    this.#singletons = singletons;
    this.#onClosed = onClosed;
    this.#values.set(CurrentMessage.key, message);
  }

  get container(): DependencyContainer {
    return this.#singletons.container;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Until what it held is disposed of. */
  get closing(): Promise<void> | undefined {
    return this.#closing;
  }

  resolve(token: TokenOf<unknown>): unknown {
    const key = injectionKey(token);
    if (this.#values.has(key)) return this.#values.get(key);
    const recipe = this.#registrations.recipeOf(key);
    if (!recipe || recipe.scope === 'singleton') return this.#singletons.resolve(token);
    // Only classes have another scope, beside the message itself, which is there from the beginning.
    const { class: target } = recipe.from as Extract<typeof recipe.from, { class: unknown }>;
    const value = construct(target, this);
    if (recipe.scope === 'message') this.#values.set(key, value);
    if (isDisposable(value)) this.#disposal.add(tokenName(key), value);
    return value;
  }

  run(handle: () => unknown): unknown {
    const result = handle();
    if (!isThenable(result)) return result;
    this.#isRunning = true;
    const running = Promise.resolve(result);
    running.then(this.#returned, this.#returned);
    return running;
  }

  end(report: (error: unknown) => void): Promise<void> | undefined {
    this.#report ??= report;
    return this.#isRunning ? undefined : this.#close();
  }

  readonly #returned = (): void => {
    this.#isRunning = false;
    if (this.#report) void this.#close();
  };

  #close(): Promise<void> | undefined {
    if (this.#closing) return this.#closing;
    if (this.#disposal.isEmpty) {
      this.#onClosed();
      return undefined;
    }
    this.#closing = this.#disposal.run().then(this.#onClosed, (error: unknown) => {
      this.#onClosed();
      this.#report?.(error);
    });
    return this.#closing;
  }
}

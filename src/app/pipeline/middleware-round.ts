import { AsyncResource } from 'node:async_hooks';
import { runMiddleware } from '../middleware/compose.js';
import type { Middleware, MiddlewareContext, Outcome } from '../middleware/middleware.js';
import type { HandlerMessage } from './handler-message.js';
import { HandlerTimeoutError, isWorse, type Verdict } from './outcome.js';

/** Who runs the handler inside, and hears of what the middleware made of it. */
export interface RoundListener {
  /** The innermost middleware hands on: the handler's turn. Its end is told with `decided()`. */
  handedOn(): void;
  returned(): void;
  threw(error: unknown): void;
}

/** One way through a route's middleware, around the handler and its failure policy. */
export class MiddlewareRound {
  readonly #listener: RoundListener;
  #isOver = false;
  /** The innermost middleware waits here for what becomes of the message. */
  #resolve: ((outcome: Outcome) => void) | undefined;
  /** Of the innermost middleware when it handed on: what a timer brings back to the handler runs in it too, so that an AsyncLocalStorage of the middleware holds. */
  #scope: AsyncResource | undefined;
  #inner: Verdict | undefined;
  #word: Outcome | undefined;

  constructor(listener: RoundListener) {
    this.#listener = listener;
  }

  /** Resolves with the last of the middleware; never rejects. The handler's turn may come before it returns. */
  run(
    middleware: readonly Middleware[],
    message: HandlerMessage<unknown, unknown>,
    context: MiddlewareContext,
  ): Promise<void> {
    return runMiddleware(middleware, message, context, () => this.#handOn()).then(
      (outcome) => this.#returned(outcome),
      (error: unknown) => this.#threw(error),
    );
  }

  /** Whether the handler inside is not decided on yet. */
  get isInside(): boolean {
    return this.#resolve !== undefined;
  }

  /** Calls back as if the innermost middleware did. */
  inScope(callback: () => void): void {
    if (this.#scope) this.#scope.runInAsyncScope(callback);
    else callback();
  }

  /** A middleware knows the message, and it was handled before. */
  get isDuplicate(): boolean {
    return this.#inner === undefined && this.#word?.duplicate === true;
  }

  /** What became of the message inside. */
  get inner(): Verdict | undefined {
    return this.#inner;
  }

  /** What the middleware makes of it, once all have returned: their own word, or what they were told. A dead letter that is out can't be called back. */
  get verdict(): Verdict | undefined {
    if (this.#word === undefined) return undefined;
    const { status } = this.#word;
    if (this.#inner?.outcome === status) return this.#inner;
    if (this.#inner?.outcome === 'dead-lettered' && isWorse('dead-lettered', status)) return this.#inner;
    return { outcome: status };
  }

  /** Lets the middleware go on with this. */
  decided(verdict: Verdict, told: Omit<Outcome, 'status'>): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#inner = verdict;
    resolve?.({ ...told, status: verdict.outcome });
  }

  /** What the middleware still says is not listened to. */
  end(): void {
    this.#isOver = true;
  }

  #handOn(): Promise<Outcome> {
    if (this.#isOver)
      return Promise.reject(new HandlerTimeoutError('next() was called when the time was over.'));
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#scope = new AsyncResource('topicwise.handler');
      this.#listener.handedOn();
    });
  }

  #returned(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#word = outcome;
    this.#listener.returned();
  }

  #threw(error: unknown): void {
    if (!this.#isOver) this.#listener.threw(error);
  }
}

import { isThenable } from '../awaitable.js';
import { CountedPublishes } from './counted-publishes.js';
import { following } from './following.js';
import { HandlerSignal } from './handler-signal.js';
import { publishReturned } from './returned.js';
import type { RouteRun } from './route-run.js';

/**
 * The attempts of one run at its handler, one after the other: the call, what the handler publishes, its signal. Only the latest is listened to: one whose
 * time is over may still run.
 */
export class HandlerAttempts {
  /** How often the handler ran. */
  count = 0;
  readonly #run: RouteRun;
  /** Goes up when what is under way is no longer listened to. */
  #turn = 0;
  #hasReturned = false;
  #publishes: CountedPublishes | undefined;
  #failure: { readonly error: unknown } | undefined;
  #running: Promise<unknown> | undefined;
  /** The middleware around it, which only ends after the handler where it has handed on. */
  #around: Promise<void> | undefined;
  #isHandedOn = false;
  #signal: HandlerSignal | undefined;
  #isOver = false;
  /** Of the attempts that failed, in order. */
  #errors: unknown[] | undefined;

  constructor(run: RouteRun) {
    this.#run = run;
  }

  /** Of this attempt, or of the middleware after it. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** What the attempts failed with, in order. */
  get errors(): readonly unknown[] {
    return this.#errors ?? none;
  }

  /** The handler, not what it published. */
  get hasReturned(): boolean {
    return this.#hasReturned;
  }

  /** What was published through the message is under way. */
  get isPublishing(): boolean {
    return this.#publishes !== undefined && this.#publishes.pending > 0;
  }

  /** What the handler, or the middleware that has not handed on, is still to return. */
  get running(): Promise<unknown> | undefined {
    if (this.#hasReturned) return undefined;
    return this.#isHandedOn ? this.#running : this.#around;
  }

  /** Aborted when the handler's time is over, or when the application no longer waits for it. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      this.#signal = new HandlerSignal(this.#run.context);
      if (this.#isOver) this.#signal.release();
    }
    return this.#signal.signal;
  }

  /** Nothing has failed yet, and nothing has returned. */
  reset(): void {
    this.#isHandedOn = false;
    this.#hasReturned = false;
    this.#failure = undefined;
  }

  /** Another attempt begins; without the handler, where it can't have its message. */
  begin(): void {
    this.#turn++;
    this.reset();
    this.#isHandedOn = true;
    this.#running = undefined;
    this.#signal?.renew();
  }

  /** Its turn. */
  handle(): void {
    const { route, message } = this.#run;
    this.count++;
    let result: unknown;
    try {
      result = following === undefined ? route.handle(message) : following(message, route.handle, message);
      // Not its own `then`: a thenable of the user's may throw there, or call back twice.
      if (isThenable(result)) result = Promise.resolve(result);
    } catch (error) {
      this.#threw(error);
      return;
    }
    if (result instanceof Promise) this.#await(result);
    else this.#returned(result);
  }

  /** The middleware around the handler runs: until it hands on, there is nothing else. */
  surroundedBy(middleware: Promise<void>): void {
    this.#around = middleware;
  }

  /** Lets the settlement wait for this publish, and fails the attempt if it fails. */
  publish(publishing: Promise<unknown>): void {
    this.#publishes ??= new CountedPublishes(
      () => this.#run.advance(),
      (error, isLate) => this.#publishFailed(error, isLate),
    );
    this.#publishes.add(publishing);
  }

  failed(error: unknown): void {
    this.#failure = { error };
    this.#errors ??= [];
    this.#errors.push(error);
  }

  /** The time is over: what is under way counts no more. */
  expire(error: Error): void {
    this.#signal ??= new HandlerSignal(this.#run.context);
    this.#signal.abort(error);
    this.ignore();
  }

  /** Nothing that is under way is listened to any more. */
  ignore(): void {
    this.#publishes?.forget();
    this.#turn++;
  }

  /** Nobody waits for the handler any more. */
  release(): void {
    this.#isOver = true;
    this.#signal?.release();
  }

  #await(result: Promise<unknown>): void {
    const turn = this.#turn;
    this.#running = result;
    this.#run.startTime();
    result.then(
      (value) => {
        if (turn === this.#turn) this.#returned(value);
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#threw(error);
      },
    );
  }

  #returned(result: unknown): void {
    try {
      publishReturned(this.#run, result);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#ended();
  }

  #threw(error: unknown): void {
    this.#failure ??= { error };
    this.#ended();
  }

  /** What it published has no more time than the handler itself. */
  #ended(): void {
    this.#hasReturned = true;
    if (this.#run.deadline === 0 && this.isPublishing) this.#run.startTime();
    this.#run.advance();
  }

  #publishFailed(error: unknown, isLate: boolean): void {
    if (isLate || !this.#run.isOpen) {
      // It would be lost with a promise that nobody awaits.
      this.#run.context.reports.troubled(
        this.#run,
        error,
        'What a handler published did not arrive, after its message was decided on.',
      );
      return;
    }
    this.#failure ??= { error };
    this.#run.settlement.withdraw();
  }
}

const none: readonly unknown[] = [];

import { following } from './following.js';
import type { HandlerAttempts } from './handler-attempts.js';
import { middlewareContext } from './middleware-context.js';
import { MiddlewareRound } from './middleware-round.js';
import type { OutcomeStatus, Verdict } from './outcome.js';
import type { RouteRun } from './route-run.js';

/** A run's way through the middleware of its route, and what they have to say: once around all attempts, and once more where one of them fails. */
export class MiddlewarePassage {
  readonly #run: RouteRun;
  readonly #handler: HandlerAttempts;
  #round: MiddlewareRound | undefined;

  static readonly #goesRound = (passage: MiddlewarePassage): Promise<void> => passage.#goRound();

  constructor(run: RouteRun, handler: HandlerAttempts) {
    this.#run = run;
    this.#handler = handler;
  }

  /** Whether the handler inside is not decided on yet. */
  get isInside(): boolean {
    return this.#round?.isInside === true;
  }

  /** From the first middleware on. */
  begin(): void {
    const run = this.#run;
    this.#round = new MiddlewareRound({
      handedOn: () => run.attempt(),
      returned: () => run.middlewareReturned(),
      threw: (error) => this.failed(error, 'retry'),
    });
    run.context.entered(run);
    this.#handler.surroundedBy(
      following === undefined ? this.#goRound() : following(run.message, MiddlewarePassage.#goesRound, this),
    );
  }

  /** A timer knows nothing of the middleware around the handler. */
  inScope(callback: () => void): void {
    if (this.#round?.isInside) this.#round.inScope(callback);
    else callback();
  }

  /** Lets the middleware go on with this. */
  decided(verdict: Verdict): void {
    this.#round?.decided(verdict, { attempts: this.#handler.count, ...this.#handler.failure });
  }

  /** All have returned, and what they published has arrived: what they make of it counts. */
  conclude(): void {
    const round = this.#round;
    if (!round?.verdict) return;
    // What it published afterwards did not arrive.
    if (this.#handler.failure && round.inner?.outcome === 'acked') {
      this.failed(this.#handler.failure.error, 'retry');
      return;
    }
    if (round.isDuplicate) this.#run.context.reports.duplicate(this.#run);
    this.#run.conclude(round.verdict);
  }

  /** One of them failed: with it the message has, unless that was decided on already. */
  failed(error: unknown, may: 'retry' | 'last step'): void {
    const inner = this.#round?.inner;
    this.#round?.end();
    if (inner === undefined || inner.outcome === 'acked') {
      this.#run.fail(error, may);
      return;
    }
    this.#run.context.reports.troubled(
      this.#run,
      error,
      'A middleware failed, after the message was decided on.',
    );
    this.#run.conclude(inner);
  }

  /** Nobody listens to them any more; those that wait for the handler are told. */
  end(): void {
    if (!this.#round) return;
    this.#run.context.left(this.#run);
    this.#round.end();
    if (this.#round.isInside) this.decided({ outcome: 'held' });
  }

  /** The message is read anew: for them, what was is over, and the next round begins with the first. */
  startOver(): void {
    this.end();
    this.#round = undefined;
  }

  /** Whether what the handler came to is what becomes of the message. */
  leaves(outcome: OutcomeStatus): boolean {
    return (this.#round?.inner?.outcome ?? outcome) === outcome;
  }

  #goRound(): Promise<void> {
    const run = this.#run;
    // Made right before.
    return (this.#round as MiddlewareRound).run(run.route.middleware, run.message, middlewareContext(run));
  }
}

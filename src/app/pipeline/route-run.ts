import { InvalidMessage } from '../../contracts/index.js';
import { isThenable } from '../awaitable.js';
import type { GivenUp, Job } from '../concurrency/job.js';
import { askForKey, type KeyFunction, keyOf } from '../concurrency/order-key.js';
import type { Route } from '../routes/route.js';
import { CountedPublishes } from './counted-publishes.js';
import type { Timed } from './deadlines.js';
import type { Delivery, RouteReport } from './delivery.js';
import { FailureHandling } from './failure-handling.js';
import { following } from './following.js';
import type { HandlerMessage } from './handler-message.js';
import { HandlerSignal } from './handler-signal.js';
import { middlewareContext } from './middleware-context.js';
import { MiddlewareRound } from './middleware-round.js';
import { HandlerTimeoutError, type OutcomeStatus, type Verdict } from './outcome.js';
import { type Reading, readMessage, undecodedMessage, unreadable } from './read-message.js';
import type { Rejection } from './rejection.js';
import { publishReturned } from './returned.js';
import type { RouteContext } from './route-context.js';
import { Settlement } from './settlement.js';

const handled: Verdict = { outcome: 'acked' };

/**
 * One message on its way through one route: decode, middleware, handler, what it publishes, settlement; where it fails, what its policy says. What happens
 * to it comes in as calls. Without middleware and with a handler that is not asynchronous all of it is one call and no promise.
 */
export class RouteRun implements Job, Timed {
  readonly route: Route;
  readonly delivery: Delivery;
  readonly context: RouteContext;
  readonly key: string | undefined;
  behind: Job | undefined;
  older: Job | undefined;
  newer: Job | undefined;
  deadline = 0;
  earlier: Timed | undefined;
  later: Timed | undefined;
  /** How often the handler ran. */
  attempts = 0;
  /**
   * `handling`: user code runs, or what it published is under way. `unsettled`: a manual handler returned and left its message open. `failing`: in its failure
   * policy. `decided`: the middleware still has to return.
   */
  #phase: 'new' | 'handling' | 'unsettled' | 'failing' | 'decided' | 'over' = 'new';
  readonly #settlement: Settlement;
  #message: HandlerMessage<unknown, unknown> | undefined;
  /** Why the handler can't have the message. */
  #unreadable: { readonly error: unknown } | undefined;
  /** The number of the attempt that is listened to: one whose time is over may still run. */
  #turn = 0;
  #returned = false;
  #publishes: CountedPublishes | undefined;
  /** Of this attempt, or of the middleware after it. */
  #failure: { readonly error: unknown } | undefined;
  /** Of the attempts that failed, in order. */
  #errors: unknown[] | undefined;
  #failing: FailureHandling | undefined;
  #round: MiddlewareRound | undefined;
  #signal: HandlerSignal | undefined;
  /** What the handler, or the middleware around it, is still to return. */
  #running: Promise<unknown> | undefined;
  #report: { -readonly [K in keyof RouteReport]: RouteReport[K] } | undefined;
  #done: ((job: Job) => void) | undefined;
  /** What its message came to, while what was built for it is disposed of. */
  #ending: OutcomeStatus | undefined;

  static readonly #begins = (run: RouteRun): void => run.#start();
  static readonly #goesRound = (run: RouteRun): Promise<void> => run.#goRound();

  constructor(route: Route, delivery: Delivery, context: RouteContext) {
    this.route = route;
    this.delivery = delivery;
    this.context = context;
    this.#settlement = new Settlement(delivery, route.name);
    const { order } = route.concurrency;
    this.key = typeof order === 'function' ? this.#askForKey(order) : keyOf(order, delivery.message.topic);
  }

  get droppable(): boolean {
    return this.delivery.message.qos === 0;
  }

  get status(): 'open' | 'acked' | 'rejected' {
    return this.#settlement.status;
  }

  /** What the policy is asked with, and what it may name a topic by. */
  get message(): HandlerMessage<unknown, unknown> {
    // Made before anything can fail.
    return this.#message as HandlerMessage<unknown, unknown>;
  }

  /** Whether the message itself is at fault, and not what reads it. */
  get isInvalid(): boolean {
    return this.#unreadable?.error instanceof InvalidMessage;
  }

  /** Aborted when the handler's time is over, or when the application no longer waits for it. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      this.#signal = new HandlerSignal(this.context);
      if (this.#report) this.#signal.release();
    }
    return this.#signal.signal;
  }

  run(done: (job: Job) => void): 'done' | 'running' {
    if (this.context.isAbandoned) this.abandon();
    else if (following === undefined) this.#start();
    // What runs here may have been started by the handler of another message.
    else following(undefined, RouteRun.#begins, this);
    if (this.#report) return 'done';
    this.#done = done;
    return 'running';
  }

  drop(why: GivenUp): void {
    this.context.reports.dropped(this, why);
    this.#phase = 'over';
    this.#settlement.settle({ outcome: 'dropped' });
    this.#release('dropped');
  }

  acknowledge(): void {
    if (this.#settlement.acknowledge(this.#failure)) this.#advance();
  }

  reject(rejection: Rejection): void {
    if (this.#settlement.reject(rejection)) this.#advance();
  }

  /** Lets the settlement wait for this publish, and fails the attempt if it fails. */
  count(publishing: Promise<unknown>): void {
    this.#publishes ??= new CountedPublishes(
      () => this.#advance(),
      (error, isLate) => this.#publishFailed(error, isLate),
    );
    this.#publishes.add(publishing);
  }

  /** What it does from now on counts no more, and it does not run a second time beside itself. */
  expired(): void {
    this.#inScope(() => this.#expired());
  }

  /** Its failure policy goes on: the time is over that it asked for. */
  wake(): void {
    this.#inScope(() => this.#failing?.wake());
  }

  /** The application no longer waits. */
  abandon(): void {
    this.#conclude({ outcome: 'held' });
  }

  /** The application waits for the handler no longer. The middleware around it is told, and has no say any more. */
  forsake(): void {
    if (!this.#round) return;
    this.context.left(this);
    this.#round.end();
    if (this.#round.isInside)
      this.#round.decided({ outcome: 'held' }, { attempts: this.attempts, ...this.#failure });
  }

  /** The policy says: once more. */
  again(): void {
    if (this.#round?.isInside) this.#attempt();
    else this.#begin();
  }

  /** This becomes of the message, unless the middleware has another word. */
  decide(verdict: Verdict): void {
    if (!this.#round?.isInside) {
      this.#conclude(verdict);
      return;
    }
    this.#phase = 'decided';
    this.context.deadlines(this.route).add(this);
    this.#round.decided(verdict, { attempts: this.attempts, ...this.#failure });
  }

  #expired(): void {
    const error = new HandlerTimeoutError(this.#lateSentence());
    if (this.#ending) {
      this.context.reports.troubled(
        this,
        error,
        'What was built for a message is still not disposed of. The next one is handled.',
      );
      this.#release(this.#ending);
      return;
    }
    this.#signal ??= new HandlerSignal(this.context);
    this.#signal.abort(error);
    this.#publishes?.forget();
    // An early acknowledgement would have waited for them.
    this.#settlement.withdraw();
    this.#turn++;
    // Its schema has not ended.
    if (!this.#message) this.#take(unreadable(this, error));
    if (this.#round?.isInside) this.#fail(error, 'last step');
    else this.#middlewareFailed(error, 'last step');
  }

  /** Where the user's function fails, the message has: it waits for its turn on its topic. */
  #askForKey(order: KeyFunction): string {
    try {
      return askForKey(order, undecodedMessage(this), this.route.name);
    } catch (error) {
      this.#unreadable = { error };
      return this.delivery.message.topic;
    }
  }

  /** A timer knows nothing of the middleware around the handler. */
  #inScope(callback: () => void): void {
    if (this.#round?.isInside) this.#round.inScope(callback);
    else callback();
  }

  #start(): void {
    if (this.route.ack === 'on-receipt') this.#settlement.settle(handled);
    const reading = this.#unreadable ? unreadable(this, this.#unreadable.error) : readMessage(this);
    if (!isThenable(reading)) {
      this.#read(reading);
      return;
    }
    this.context.deadlines(this.route).add(this);
    reading.then((read) => {
      if (this.#phase === 'new') this.#read(read);
    });
  }

  #read(reading: Reading): void {
    if (reading === 'unwanted') {
      this.#conclude(handled);
      return;
    }
    this.#take(reading);
    this.#begin();
  }

  #take({ message, unreadable }: Exclude<Reading, 'unwanted'>): void {
    this.#message = message;
    this.#unreadable = unreadable;
  }

  #begin(): void {
    const { middleware } = this.route;
    if (middleware.length === 0) {
      this.#attempt();
      return;
    }
    this.#phase = 'handling';
    this.#returned = false;
    this.#failure = undefined;
    this.context.deadlines(this.route).add(this);
    this.#round = new MiddlewareRound({
      handedOn: () => this.#attempt(),
      returned: () => this.#middlewareReturned(),
      threw: (error) => this.#middlewareFailed(error, 'retry'),
    });
    this.context.entered(this);
    this.#running =
      following === undefined ? this.#goRound() : following(this.message, RouteRun.#goesRound, this);
  }

  #goRound(): Promise<void> {
    // Made right before.
    return (this.#round as MiddlewareRound).run(this.route.middleware, this.message, middlewareContext(this));
  }

  #attempt(): void {
    this.#turn++;
    this.#phase = 'handling';
    this.#returned = false;
    this.#failure = undefined;
    this.#signal?.renew();
    if (this.#unreadable) {
      // It is read once: on the next try it would be as unreadable.
      this.#fail(this.#unreadable.error, 'last step');
      return;
    }
    this.attempts++;
    let result: unknown;
    try {
      result =
        following === undefined
          ? this.route.handle(this.message)
          : following(this.message, this.route.handle, this.message);
      // Not its own `then`: a thenable of the user's may throw there, or call back twice.
      if (isThenable(result)) result = Promise.resolve(result);
    } catch (error) {
      this.#handlerThrew(error);
      return;
    }
    if (result instanceof Promise) this.#await(result);
    else this.#handlerReturned(result);
  }

  #await(result: Promise<unknown>): void {
    const turn = this.#turn;
    this.#running = result;
    this.context.deadlines(this.route).add(this);
    result.then(
      (value) => {
        if (turn === this.#turn) this.#handlerReturned(value);
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#handlerThrew(error);
      },
    );
  }

  #handlerReturned(result: unknown): void {
    try {
      publishReturned(this, result);
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#handlerEnded();
  }

  #handlerThrew(error: unknown): void {
    this.#failure ??= { error };
    this.#handlerEnded();
  }

  /** What it published has no more time than the handler itself. */
  #handlerEnded(): void {
    this.#returned = true;
    if (this.deadline === 0 && this.#publishes !== undefined && this.#publishes.pending > 0)
      this.context.deadlines(this.route).add(this);
    this.#advance();
  }

  #middlewareReturned(): void {
    this.#phase = 'decided';
    this.#advance();
  }

  #middlewareFailed(error: unknown, may: 'retry' | 'last step'): void {
    const inner = this.#round?.inner;
    this.#round?.end();
    if (inner === undefined || inner.outcome === 'acked') {
      this.#fail(error, may);
      return;
    }
    this.context.reports.troubled(this, error, 'A middleware failed, after the message was decided on.');
    this.#conclude(inner);
  }

  #publishFailed(error: unknown, isLate: boolean): void {
    if (isLate || this.#phase === 'failing' || this.#phase === 'over') {
      // It would be lost with a promise that nobody awaits.
      this.context.reports.troubled(
        this,
        error,
        'What a handler published did not arrive, after its message was decided on.',
      );
      return;
    }
    this.#failure ??= { error };
    this.#settlement.withdraw();
  }

  /** Settles, and goes on to what is due. Runs after everything that happens. */
  #advance(): void {
    if (this.#publishes !== undefined && this.#publishes.pending > 0) return;
    this.#settlement.settle();
    if (this.#phase === 'handling' && this.#returned) this.#attemptEnded();
    else if (this.#phase === 'decided') this.#middlewareDone();
    else if (this.#phase === 'unsettled') this.#settledLate();
  }

  #attemptEnded(): void {
    this.context.deadlines(this.route).delete(this);
    const { verdict } = this.#settlement;
    if (this.#failure) this.#fail(this.#failure.error, 'retry');
    else if (verdict || this.route.ack !== 'manual' || this.droppable) this.decide(verdict ?? handled);
    else this.#leftOpen();
  }

  #middlewareDone(): void {
    const verdict = this.#round?.verdict;
    if (!verdict) return;
    const inner = this.#round?.inner;
    // What it published afterwards did not arrive.
    if (this.#failure && inner?.outcome === 'acked') {
      this.#middlewareFailed(this.#failure.error, 'retry');
      return;
    }
    if (this.#round?.isDuplicate) this.context.reports.duplicate(this);
    this.#conclude(verdict);
  }

  /** A manual handler returned: the next message may come, this one waits to be settled. */
  #leftOpen(): void {
    this.#phase = 'unsettled';
    this.context.reports.unsettled(this, this.context.clock.now() - this.delivery.receivedAt);
    this.context.deadlines(this.route).add(this);
    this.#release('held');
  }

  #settledLate(): void {
    const { verdict } = this.#settlement;
    if (verdict) {
      this.context.deadlines(this.route).delete(this);
      this.decide(verdict);
    } else if (this.#failure) this.#fail(this.#failure.error, 'last step');
  }

  #fail(error: unknown, may: 'retry' | 'last step'): void {
    const alive = this.#phase === 'handling' && !this.#returned ? this.#running : undefined;
    this.context.deadlines(this.route).delete(this);
    this.#phase = 'failing';
    this.#failure = { error };
    this.#errors ??= [];
    this.#errors.push(error);
    if (this.status === 'rejected') {
      // By the handler itself: there is nothing left to decide.
      this.decide({ outcome: 'rejected', rejection: this.#settlement.verdict?.rejection });
      return;
    }
    this.#failing ??= new FailureHandling(this);
    this.#failing.failed(error, may, alive);
    // What was built for this attempt is not kept while the next one, or a dead letter, is waited for.
    if (this.#phase === 'failing') this.#endAttempt();
  }

  #conclude(verdict: Verdict): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.#turn++;
    this.context.deadlines(this.route).delete(this);
    this.#publishes?.forget();
    this.forsake();
    this.#failing?.end();
    const outcome = this.#settlement.outcomeOf(verdict);
    this.#settlement.settle(verdict);
    if (this.#failure && !this.#isAnswered(outcome))
      this.context.reports.failed(this, this.#failure.error, outcome);
    else this.context.reports.handled(this, outcome);
    if (this.route.end === undefined) this.#release(outcome);
    else this.#endThenRelease(outcome);
  }

  #endAttempt(): Promise<void> | undefined {
    return this.route.end?.(this.message, (error) =>
      this.context.reports.troubled(this, error, 'What was built for a message could not be disposed of.'),
    );
  }

  /** A place in the order stays taken until what was built for it is gone: so there is never more than the places are. */
  #endThenRelease(outcome: OutcomeStatus): void {
    const ending = this.#message && this.#endAttempt();
    if (!ending || this.#report) {
      this.#release(outcome);
      return;
    }
    this.#ending = outcome;
    this.context.deadlines(this.route).add(this);
    ending.then(() => {
      this.context.deadlines(this.route).delete(this);
      if (!this.#report) this.#release(outcome);
    });
  }

  /** What its handler threw was the answer to a request, and no middleware had another word. */
  #isAnswered(outcome: OutcomeStatus): boolean {
    return outcome === 'acked' && (this.#round?.inner?.outcome ?? outcome) === 'acked';
  }

  /** Gives the place in the order free, once; the report may change afterwards. */
  #release(outcome: OutcomeStatus): void {
    if (this.#report) {
      this.#report.outcome = outcome;
      this.#report.attempts = this.attempts;
      this.#report.errors = this.#errors ?? none;
      return;
    }
    this.#signal?.release();
    this.#report = { route: this.route.name, outcome, attempts: this.attempts, errors: this.#errors ?? none };
    this.delivery.finish(this.#report);
    this.#done?.(this);
  }

  #lateSentence(): string {
    const { name, timeout } = this.route;
    if (this.#ending)
      return `${name}: the disposal took longer than ${timeout} ms on "${this.delivery.message.topic}".`;
    return this.#phase === 'unsettled'
      ? `${name} returned without ack() or reject() on "${this.delivery.message.topic}", and called neither within ${timeout} ms.`
      : `${name} took longer than ${timeout} ms on "${this.delivery.message.topic}".`;
  }
}

const none: readonly unknown[] = [];

import type { GivenUp, Job } from '../concurrency/job.js';
import { keyOf } from '../concurrency/order-key.js';
import type { Route } from '../routes/route.js';
import { AttemptScope } from './attempt-scope.js';
import type { Timed } from './deadlines.js';
import type { Delivery, RouteReport } from './delivery.js';
import { FailureHandling } from './failure-handling.js';
import { following } from './following.js';
import { HandlerAttempts } from './handler-attempts.js';
import type { HandlerMessage } from './handler-message.js';
import { MessageReading } from './message-reading.js';
import { MiddlewarePassage } from './middleware-passage.js';
import { HandlerTimeoutError, type OutcomeStatus, type Verdict } from './outcome.js';
import type { Rejection } from './rejection.js';
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
  readonly settlement: Settlement;
  readonly reading: MessageReading;
  readonly handler: HandlerAttempts;
  readonly key: string | undefined;
  behind: Job | undefined;
  older: Job | undefined;
  newer: Job | undefined;
  deadline = 0;
  earlier: Timed | undefined;
  later: Timed | undefined;
  /**
   * `handling`: user code runs, or what it published is under way. `unsettled`: a manual handler returned and left its message open. `failing`: in its failure
   * policy. `decided`: the middleware still has to return.
   */
  #phase: 'new' | 'handling' | 'unsettled' | 'failing' | 'decided' | 'over' = 'new';
  /** Undefined: the route has no middleware. */
  readonly #passage: MiddlewarePassage | undefined;
  /** Undefined: nothing is built for its messages. */
  readonly #scope: AttemptScope | undefined;
  #failing: FailureHandling | undefined;
  #report: { -readonly [K in keyof RouteReport]: RouteReport[K] } | undefined;
  #done: ((job: Job) => void) | undefined;

  static readonly #begins = (run: RouteRun): void => run.#start();

  constructor(route: Route, delivery: Delivery, context: RouteContext) {
    this.route = route;
    this.delivery = delivery;
    this.context = context;
    this.settlement = new Settlement(delivery, route.name);
    this.reading = new MessageReading(this);
    this.handler = new HandlerAttempts(this);
    this.#passage = route.middleware.length > 0 ? new MiddlewarePassage(this, this.handler) : undefined;
    this.#scope = route.end && new AttemptScope(this);
    const { order } = route.concurrency;
    this.key =
      typeof order === 'function' ? this.reading.orderKey(order) : keyOf(order, delivery.message.topic);
  }

  /** How often the handler ran. */
  get attempts(): number {
    return this.handler.count;
  }

  get droppable(): boolean {
    return this.delivery.message.qos === 0;
  }

  get message(): HandlerMessage<unknown, unknown> {
    return this.reading.message;
  }

  /** What its handler gets is not known yet. */
  get isReading(): boolean {
    return this.#phase === 'new';
  }

  /** Neither failing nor decided on for good. */
  get isOpen(): boolean {
    return this.#phase !== 'failing' && this.#phase !== 'over';
  }

  /** Its place in the order is free. */
  get isReleased(): boolean {
    return this.#report !== undefined;
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
    this.settlement.settle({ outcome: 'dropped' });
    this.release('dropped');
  }

  acknowledge(): void {
    if (this.settlement.acknowledge(this.handler.failure)) this.advance();
  }

  reject(rejection: Rejection): void {
    if (this.settlement.reject(rejection)) this.advance();
  }

  /** From now on the time of the route counts. */
  startTime(): void {
    this.context.deadlines(this.route).add(this);
  }

  stopTime(): void {
    if (this.deadline !== 0) this.context.deadlines(this.route).delete(this);
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
    this.conclude({ outcome: 'held' });
  }

  /** The application waits for the handler no longer. The middleware around it is told, and has no say any more. */
  forsake(): void {
    this.#passage?.end();
  }

  /** The policy says: once more. */
  again(): void {
    // Only a message that is wrong itself stays so.
    if (this.reading.failure && !this.reading.isInvalid) this.#readAgain();
    else if (this.#passage?.isInside) this.attempt();
    else this.begin();
  }

  /** This becomes of the message, unless the middleware has another word. */
  decide(verdict: Verdict): void {
    if (!this.#passage?.isInside) {
      this.conclude(verdict);
      return;
    }
    this.#phase = 'decided';
    this.startTime();
    this.#passage.decided(verdict);
  }

  #expired(): void {
    const error = new HandlerTimeoutError(this.#lateSentence());
    if (this.#scope?.isEnding) {
      this.#scope.expired(error);
      return;
    }
    this.handler.expire(error);
    // An early acknowledgement would have waited for what it published.
    this.settlement.withdraw();
    // Its schema has not ended.
    this.reading.fail(error);
    if (!this.#passage || this.#passage.isInside) this.fail(error, 'last step');
    else this.#passage.failed(error, 'last step');
  }

  #inScope(callback: () => void): void {
    if (this.#passage) this.#passage.inScope(callback);
    else callback();
  }

  #start(): void {
    if (this.route.ack === 'on-receipt') this.settlement.settle(handled);
    this.reading.begin();
  }

  #readAgain(): void {
    this.#passage?.startOver();
    this.#phase = 'new';
    this.reading.repeat();
  }

  /** Its route does not want the message. */
  unwanted(): void {
    this.conclude(handled);
  }

  /** What the handler gets is known, or that it gets nothing. */
  begin(): void {
    if (!this.#passage) {
      this.attempt();
      return;
    }
    this.#phase = 'handling';
    this.handler.reset();
    this.startTime();
    this.#passage.begin();
  }

  /** The handler's turn. */
  attempt(): void {
    this.#phase = 'handling';
    this.handler.begin();
    // For its retries it would be as unreadable; after a pause it is read anew.
    const { failure } = this.reading;
    if (failure) this.fail(failure.error, 'last step');
    else this.handler.handle();
  }

  middlewareReturned(): void {
    this.#phase = 'decided';
    this.advance();
  }

  /** Settles, and goes on to what is due. Runs after everything that happens. */
  advance(): void {
    if (this.handler.isPublishing) return;
    this.settlement.settle();
    if (this.#phase === 'handling' && this.handler.hasReturned) this.#attemptEnded();
    else if (this.#phase === 'decided') this.#passage?.conclude();
    else if (this.#phase === 'unsettled') this.#settledLate();
  }

  #attemptEnded(): void {
    this.stopTime();
    const { verdict } = this.settlement;
    if (this.handler.failure) this.fail(this.handler.failure.error, 'retry');
    else if (verdict || this.route.ack !== 'manual' || this.droppable) this.decide(verdict ?? handled);
    else this.#leftOpen();
  }

  /** A manual handler returned: the next message may come, this one waits to be settled. */
  #leftOpen(): void {
    this.#phase = 'unsettled';
    this.context.reports.unsettled(this, this.context.clock.now() - this.delivery.receivedAt);
    this.startTime();
    this.release('held');
  }

  #settledLate(): void {
    const { verdict } = this.settlement;
    if (verdict) {
      this.stopTime();
      this.decide(verdict);
    } else if (this.handler.failure) this.fail(this.handler.failure.error, 'last step');
  }

  /** The attempt has, or a middleware: on to what the policy says. */
  fail(error: unknown, may: 'retry' | 'last step'): void {
    const alive = this.#phase === 'handling' ? this.handler.running : undefined;
    this.stopTime();
    this.#phase = 'failing';
    this.handler.failed(error);
    if (this.settlement.status === 'rejected') {
      // By the handler itself: there is nothing left to decide.
      this.decide({ outcome: 'rejected', rejection: this.settlement.verdict?.rejection });
      return;
    }
    this.#failing ??= new FailureHandling(this);
    this.#failing.failed(error, may, alive);
    // What was built for this attempt is not kept while the next one, or a dead letter, is waited for.
    if (this.#phase === 'failing') this.#scope?.end();
  }

  /** This becomes of the message. */
  conclude(verdict: Verdict): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.stopTime();
    this.handler.ignore();
    this.forsake();
    this.#failing?.end();
    const outcome = this.settlement.outcomeOf(verdict);
    this.settlement.settle(verdict);
    if (this.handler.failure && !this.#isAnswered(outcome))
      this.context.reports.failed(this, this.handler.failure.error, outcome);
    else this.context.reports.handled(this, outcome);
    // Without a message nothing was built.
    if (this.#scope && this.reading.isOver) this.#scope.endThenRelease(outcome);
    else this.release(outcome);
  }

  /** What its handler threw was the answer to a request, and no middleware had another word. */
  #isAnswered(outcome: OutcomeStatus): boolean {
    return outcome === 'acked' && this.#passage?.leaves(outcome) !== false;
  }

  /** Gives the place in the order free, once; the report may change afterwards. */
  release(outcome: OutcomeStatus): void {
    if (this.#report) {
      this.#report.outcome = outcome;
      this.#report.attempts = this.attempts;
      this.#report.errors = this.handler.errors;
      return;
    }
    this.handler.release();
    this.#report = { route: this.route.name, outcome, attempts: this.attempts, errors: this.handler.errors };
    this.delivery.finish(this.#report);
    this.#done?.(this);
  }

  #lateSentence(): string {
    const { name, timeout } = this.route;
    if (this.#scope?.isEnding)
      return `${name}: the disposal took longer than ${timeout} ms on "${this.delivery.message.topic}".`;
    return this.#phase === 'unsettled'
      ? `${name} returned without ack() or reject() on "${this.delivery.message.topic}", and called neither within ${timeout} ms.`
      : `${name} took longer than ${timeout} ms on "${this.delivery.message.topic}".`;
  }
}

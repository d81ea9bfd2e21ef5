import { decodePayload, InvalidMessage, type Outgoing, parseParams } from '../../contracts/index.js';
import { isThenable } from '../awaitable.js';
import type { Route } from '../routes/route.js';
import type { Delivery, Rejection } from './delivery.js';
import { HandlerMessage } from './handler-message.js';
import type { Job } from './lanes.js';
import { AlreadySettledError, type OutcomeStatus } from './outcome.js';
import type { RouteContext } from './route-context.js';

/** One message on its way through one route: decode, validate, handle, publish what it returned, settle. */
export class RouteRun implements Job {
  readonly route: Route;
  readonly delivery: Delivery;
  readonly context: RouteContext;
  /** Of interest where the handler settles by itself. */
  readonly #startedAt: number;
  /** Made when the handler asks for its signal. */
  #abort: AbortController | undefined;
  /** What the handler said of its own accord, or what its result says. */
  #verdict: { readonly outcome: OutcomeStatus; readonly rejection?: Rejection } | undefined;
  #settled = false;
  #handled = false;
  /** Counted publishes that are not acknowledged yet. */
  #publishing = 0;
  #failure: { readonly error: unknown } | undefined;
  #done: ((job: Job) => void) | undefined;
  #finished = false;

  constructor(route: Route, delivery: Delivery, context: RouteContext) {
    this.route = route;
    this.delivery = delivery;
    this.context = context;
    this.#startedAt = route.manual ? context.clock.now() : 0;
  }

  get key(): string {
    return this.delivery.message.topic;
  }

  get droppable(): boolean {
    return this.delivery.message.qos === 0;
  }

  get status(): 'open' | 'acked' | 'rejected' {
    const outcome = this.#verdict?.outcome;
    return outcome === 'acked' || outcome === 'rejected' ? outcome : 'open';
  }

  /** Aborted when the application no longer waits for the handler. */
  get signal(): AbortSignal {
    this.#abort ??= this.context.abortable();
    return this.#abort.signal;
  }

  run(done: (job: Job) => void): 'done' | 'running' {
    this.#start();
    if (this.#finished) return 'done';
    this.#done = done;
    return 'running';
  }

  drop(): void {
    this.context.dropped(this);
    this.#verdict = { outcome: 'dropped' };
    this.#handled = true;
    this.#advance();
  }

  acknowledge(): void {
    if (this.status === 'rejected') throw this.#alreadySettled('rejected', 'acknowledged');
    this.#decide({ outcome: 'acked' });
  }

  reject(rejection: Rejection): void {
    if (this.status === 'acked') throw this.#alreadySettled('acknowledged', 'rejected');
    this.#decide({ outcome: 'rejected', rejection });
  }

  /** Lets the settlement wait for this publish, and fails the run if it fails. */
  count(publishing: Promise<unknown>): void {
    this.#publishing++;
    publishing.then(
      () => this.#published(),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#published();
      },
    );
  }

  #start(): void {
    const { payload, contentType } = this.delivery.message;
    try {
      const params = parseParams(this.route.contract, this.key) ?? {};
      const decoded = decodePayload(this.route.contract, payload, contentType);
      if (!isThenable(decoded)) this.#handle(params, decoded);
      else
        decoded.then(
          (value) => this.#handle(params, value),
          (error: unknown) => this.#refuse(error),
        );
    } catch (error) {
      this.#refuse(error);
    }
  }

  #handle(params: unknown, payload: unknown): void {
    try {
      const result = this.route.handle(new HandlerMessage(this, params, payload));
      if (!isThenable(result)) this.#returned(result);
      else
        result.then(
          (value) => this.#returned(value),
          (error: unknown) => this.#fail(error),
        );
    } catch (error) {
      this.#fail(error);
    }
  }

  #returned(result: unknown): void {
    for (const outgoing of outgoingOf(result)) this.count(this.context.publish(outgoing));
    this.#handled = true;
    if (!this.route.manual) this.#verdict ??= { outcome: 'acked' };
    this.#advance();
  }

  /** The message does not fit its contract: it will not fit on the next try either. */
  #refuse(error: unknown): void {
    if (error instanceof InvalidMessage) {
      this.#verdict = { outcome: 'rejected', rejection: { code: 0x99, reason: error.message } };
    }
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#handled = true;
    this.#advance();
  }

  #decide(verdict: { readonly outcome: OutcomeStatus; readonly rejection?: Rejection }): void {
    if (this.#verdict || this.#failure) return;
    this.#verdict = verdict;
    this.#advance();
  }

  #published(): void {
    this.#publishing--;
    this.#advance();
  }

  /** Settles and finishes as soon as either is due. Runs after everything that happens. */
  #advance(): void {
    if (this.#publishing > 0) return;
    // Unacknowledged, a message stays with the broker; at QoS 0 there is nothing to acknowledge.
    if (this.#failure && !this.#settled) this.#verdict ??= { outcome: this.droppable ? 'dropped' : 'held' };
    if (this.#verdict && !this.#settled) {
      this.#settled = true;
      this.delivery.settle(this.#verdict.outcome, this.#verdict.rejection);
    }
    if (this.#handled && !this.#finished) this.#finish();
  }

  #finish(): void {
    this.#finished = true;
    if (this.#abort) this.context.release(this.#abort);
    const outcome = this.#verdict?.outcome ?? 'held';
    if (this.#failure) this.context.failed(this, this.#failure.error, outcome);
    else if (!this.#verdict) this.context.unsettled(this, this.context.clock.now() - this.#startedAt);
    else if (outcome !== 'dropped') this.context.handled(this);
    this.delivery.finish({
      route: this.route.name,
      outcome,
      ...(this.#failure && { error: this.#failure.error }),
    });
    this.#done?.(this);
  }

  #alreadySettled(is: string, asked: string): AlreadySettledError {
    return new AlreadySettledError(
      `The message on "${this.key}" was already ${is} by ${this.route.name}; it can't be ${asked} any more.`,
    );
  }
}

/** What a handler returned, as messages to publish. The compiler lets nothing else through but nothing. */
function outgoingOf(result: unknown): readonly Outgoing[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).filter(isOutgoing);
}

function isOutgoing(value: unknown): value is Outgoing {
  return typeof value === 'object' && value !== null && 'target' in value && 'payload' in value;
}

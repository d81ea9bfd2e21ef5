import { decodePayload, InvalidMessage, type Outgoing, parseParams } from '../../contracts/index.js';
import { packetSize } from '../../packets/encode-packet.js';
import { isThenable } from '../awaitable.js';
import type { GivenUp, Job } from '../concurrency/job.js';
import { askForKey, type KeyFunction, keyOf } from '../concurrency/order-key.js';
import type { Route } from '../routes/route.js';
import type { Delivery, Rejection } from './delivery.js';
import { HandlerMessage } from './handler-message.js';
import { AlreadySettledError, type OutcomeStatus } from './outcome.js';
import type { RouteContext } from './route-context.js';

interface Verdict {
  readonly outcome: OutcomeStatus;
  readonly rejection?: Rejection;
}

/** One message on its way through one route: decode, validate, handle, publish what it returned, settle. */
export class RouteRun implements Job {
  readonly route: Route;
  readonly delivery: Delivery;
  readonly context: RouteContext;
  readonly key: string | undefined;
  behind: Job | undefined;
  older: Job | undefined;
  newer: Job | undefined;
  /** Of interest where the handler settles by itself. */
  readonly #startedAt: number;
  /** Made when the handler asks for its signal. */
  #abort: AbortController | undefined;
  /** What the handler said of its own accord, or what was decided before it could run. */
  #said: Verdict | undefined;
  /** What the broker is told, or not told. */
  #verdict: Verdict | undefined;
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
    this.#startedAt = route.ack === 'manual' ? context.clock.now() : 0;
    const { order } = route.concurrency;
    this.key = typeof order === 'function' ? this.#askForKey(order) : keyOf(order, delivery.message.topic);
  }

  get droppable(): boolean {
    return this.delivery.message.qos === 0;
  }

  get status(): 'open' | 'acked' | 'rejected' {
    const outcome = (this.#verdict ?? this.#said)?.outcome;
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

  drop(why: GivenUp): void {
    this.context.dropped(this, why);
    this.#said = { outcome: 'dropped' };
    this.#handled = true;
    this.#advance();
  }

  acknowledge(): void {
    if (this.status === 'acked') return;
    if (this.status === 'rejected') throw this.#alreadySettled('rejected', 'acknowledged');
    // Not even where the handler goes on: what it published did not arrive.
    if (this.#failure) throw this.#failure.error;
    this.#say({ outcome: 'acked' });
  }

  reject(rejection: Rejection): void {
    if (this.status === 'rejected') return;
    if (this.status === 'acked') throw this.#alreadySettled('acknowledged', 'rejected');
    if (this.#verdict && this.#failure) throw this.#failure.error;
    refuseIllegal(rejection);
    this.#say({ outcome: 'rejected', rejection });
  }

  /** Lets the settlement wait for this publish, and fails the run if it fails. */
  count(publishing: Promise<unknown>): void {
    this.#publishing++;
    publishing.then(
      () => this.#published(),
      (error: unknown) => this.#publishFailed(error),
    );
  }

  /** Where the user's function fails, the message has: it waits for its turn on its topic. */
  #askForKey(order: KeyFunction): string {
    const { topic, payload } = this.delivery.message;
    try {
      const params = this.route.contract['~pattern'].match(topic) ?? {};
      return askForKey(order, new HandlerMessage(this, params, payload), this.route.name);
    } catch (error) {
      this.#failure = { error };
      return topic;
    }
  }

  #start(): void {
    if (this.#failure) {
      this.#fail(this.#failure.error);
      return;
    }
    const { topic, payload, contentType } = this.delivery.message;
    try {
      const params = parseParams(this.route.contract, topic) ?? {};
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
    let result: unknown;
    try {
      result = this.route.handle(new HandlerMessage(this, params, payload));
      // Not its own `then`: a thenable of the user's may throw there, or call back twice.
      if (isThenable(result)) result = Promise.resolve(result);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (!(result instanceof Promise)) this.#returned(result);
    else
      result.then(
        (value) => this.#returned(value),
        (error: unknown) => this.#fail(error),
      );
  }

  #returned(result: unknown): void {
    for (const outgoing of outgoingOf(result)) this.count(this.context.publish(outgoing));
    this.#handled = true;
    this.#advance();
  }

  /** The message does not fit its contract: it will not fit on the next try either. */
  #refuse(error: unknown): void {
    if (error instanceof InvalidMessage) {
      this.#said = { outcome: 'rejected', rejection: { code: 0x99, reason: error.message } };
    }
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#handled = true;
    this.#advance();
  }

  #say(verdict: Verdict): void {
    this.#said = verdict;
    this.#advance();
  }

  #published(): void {
    this.#publishing--;
    this.#advance();
  }

  #publishFailed(error: unknown): void {
    const isNews = this.#finished;
    this.#failure ??= { error };
    // An acknowledgement that waited for it must not leave. A rejection may.
    if (!this.#verdict && this.#said?.outcome === 'acked') this.#said = undefined;
    this.#published();
    // The handler's own report is out: this one would be lost with a promise that nobody awaits.
    if (isNews) this.context.failed(this, error, this.#outcome);
  }

  /** Settles and finishes as soon as either is due. Runs after everything that happens. */
  #advance(): void {
    if (this.#publishing > 0) return;
    if (!this.#verdict) this.#settle();
    if (this.#handled && !this.#finished) this.#finish();
  }

  #settle(): void {
    this.#verdict = this.#said ?? (this.#handled ? this.#verdictOfResult() : undefined);
    if (!this.#verdict) return;
    this.delivery.settle(this.#verdict.outcome, this.#verdict.rejection);
    // A manual route's handler, which returned long ago.
    if (this.#finished && !this.#failure) this.context.handled(this);
  }

  #verdictOfResult(): Verdict | undefined {
    // Unacknowledged, a message stays with the broker; at QoS 0 there is nothing to acknowledge.
    if (this.#failure) return { outcome: this.droppable ? 'dropped' : 'held' };
    return this.route.ack === 'manual' && !this.droppable ? undefined : { outcome: 'acked' };
  }

  get #outcome(): OutcomeStatus {
    return this.#verdict?.outcome ?? 'held';
  }

  #finish(): void {
    this.#finished = true;
    if (this.#abort) this.context.release(this.#abort);
    const outcome = this.#outcome;
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
      `The message on "${this.delivery.message.topic}" was already ${is} by ${this.route.name}; it can't be ${asked} any more.`,
    );
  }
}

/** Now, and to whoever asks: when its turn comes, the acknowledgement could only be lost. */
function refuseIllegal({ code, reason }: Rejection): void {
  if (code < 0x80) {
    throw new RangeError(`message.reject(${code}): a refusal has a reason code of 0x80 or above.`);
  }
  const properties = reason === undefined ? {} : { properties: { reasonString: reason } };
  packetSize({ type: 'puback', packetId: 1, reasonCode: code, ...properties }, 5);
}

/** What a handler returned, as messages to publish. The compiler lets nothing else through but nothing. */
function outgoingOf(result: unknown): readonly Outgoing[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).filter(isOutgoing);
}

function isOutgoing(value: unknown): value is Outgoing {
  return typeof value === 'object' && value !== null && 'target' in value && 'payload' in value;
}

import { settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import type { Clock, Random } from '../../time/clock.js';
import type { GivenUp } from '../concurrency/job.js';
import { Lanes } from '../concurrency/lanes.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import type { Route } from '../routes/route.js';
import type { RouteTable } from '../routes/route-table.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { Deadlines } from './deadlines.js';
import { Delivery, type DeliveryReport, type Recipient } from './delivery.js';
import type { OutcomeStatus } from './outcome.js';
import type { RouteContext } from './route-context.js';
import { RouteRun } from './route-run.js';
import { Unrouted } from './unrouted.js';

/** What a route has done since the start. */
export interface RouteCounts {
  /** Messages that are being handled or wait for it. */
  readonly inFlight: number;
  /** Messages whose handler succeeded. */
  readonly handled: number;
  /** Not handled, in the end: the handler threw each time, took too long, or what it published was refused. */
  readonly failed: number;
  /** Did not fit the contract. */
  readonly invalid: number;
  /** Attempts that failed and were followed by another one, or by a pause. */
  readonly retried: number;
  /** Of those that failed or were invalid. */
  readonly deadLettered: number;
  /** QoS 0 messages given up because too many waited. */
  readonly dropped: number;
  /** QoS 0 messages that a newer one of their key replaced while they waited, as `overflow: 'latest'` asks. */
  readonly conflated: number;
  /** Messages that `dedupe` knew: acknowledged, and not handled a second time. */
  readonly duplicates: number;
}

interface RouteState {
  readonly lanes: Lanes;
  readonly deadlines: Deadlines;
  readonly counts: { -readonly [K in Exclude<keyof RouteCounts, 'inFlight'>]: number };
}

export interface PipelineOptions {
  readonly table: RouteTable<Route>;
  readonly routes: readonly Route[];
  readonly prefix: TopicPrefix;
  /** What becomes of a message that no route matches. */
  readonly unrouted: 'ack' | 'log' | 'reject';
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** 4 is MQTT 3.1.1, which has no negative acknowledgement. */
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly container: DependencyContainer;
  readonly publish: RouteContext['publish'];
  readonly publishDeadLetter: RouteContext['publishDeadLetter'];
  readonly publishReply: RouteContext['publishReply'];
  /** Connects again, this many milliseconds later. */
  readonly redeliver: (afterMs: number) => void;
  /** Stops the application as a failure. */
  readonly stop: (reason: string) => void;
}

/** The way of every message from the client to its handlers and back to its acknowledgement. */
export class Pipeline implements RouteContext, Recipient {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly prefix: TopicPrefix;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly container: DependencyContainer;
  readonly publish: RouteContext['publish'];
  readonly publishDeadLetter: RouteContext['publishDeadLetter'];
  readonly publishReply: RouteContext['publishReply'];
  readonly redeliver: Recipient['redeliver'];
  readonly stop: RouteContext['stop'];
  readonly #table: RouteTable<Route>;
  readonly #states: ReadonlyMap<Route, RouteState>;
  readonly #watchers = new Set<(report: DeliveryReport) => void>();
  readonly #unrouted: Unrouted;
  readonly #unasked = new Set<Route>();
  readonly #abortable = new Set<AbortController>();
  /** Runs inside middleware. */
  readonly #surrounded = new Set<RouteRun>();
  /** Runs that wait for time to pass, and how to end the wait. */
  readonly #waiting = new Map<RouteRun, () => void>();
  #abandoned: Error | undefined;
  #idle: (() => void)[] = [];
  #open = 0;
  #finished = 0;

  constructor(options: PipelineOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.logger = options.logger;
    this.protocolVersion = options.protocolVersion;
    this.clientId = options.clientId;
    this.container = options.container;
    this.publish = options.publish;
    this.publishDeadLetter = options.publishDeadLetter;
    this.publishReply = options.publishReply;
    this.redeliver = options.redeliver;
    this.stop = options.stop;
    this.prefix = options.prefix;
    this.#table = options.table;
    this.#unrouted = new Unrouted(options);
    const fresh = ({ concurrency, timeout }: Route): RouteState => ({
      lanes: new Lanes(concurrency),
      deadlines: new Deadlines(options.clock, timeout),
      counts: {
        handled: 0,
        failed: 0,
        invalid: 0,
        retried: 0,
        deadLettered: 0,
        dropped: 0,
        conflated: 0,
        duplicates: 0,
      },
    });
    this.#states = new Map(options.routes.map((route) => [route, fresh(route)]));
  }

  /** Takes a message from the client. Returns at once and never throws. */
  receive(message: ReceivedMessage): void {
    const routes = this.#table.match(message);
    if (routes === undefined || routes.length === 0) {
      this.#nobodys(message, routes === undefined);
      return;
    }
    this.#open++;
    const delivery = new Delivery(message, routes.length, this.clock.now(), this);
    for (const route of routes) this.#state(route).lanes.add(new RouteRun(route, delivery, this));
  }

  /** Packets whose handlers are not all done. */
  get open(): number {
    return this.#open;
  }

  /** Packets whose handlers are all done. */
  get finished(): number {
    return this.#finished;
  }

  /** Resolves once no packet is open. */
  idle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  get isAbandoned(): boolean {
    return this.#abandoned !== undefined;
  }

  /** Aborts the signal of every handler that runs; gives up what only waits for time to pass, and what has not begun. */
  abandon(reason: Error): void {
    this.#abandoned = reason;
    for (const { deadlines } of this.#states.values()) deadlines.close();
    for (const abort of this.#abortable) abort.abort(reason);
    for (const [run, cancel] of this.#waiting) {
      cancel();
      run.abandon();
    }
    this.#waiting.clear();
    for (const run of this.#surrounded) run.forsake();
    this.#surrounded.clear();
  }

  /** When the time of the next handler is over, in milliseconds of the clock; undefined if none runs against time. */
  get nextDeadline(): number | undefined {
    let first: number | undefined;
    for (const { deadlines } of this.#states.values()) {
      const { next } = deadlines;
      if (next !== undefined && (first === undefined || next < first)) first = next;
    }
    return first;
  }

  deadlines(route: Route): Deadlines {
    return this.#state(route).deadlines;
  }

  wait(run: RouteRun, ms: number): void {
    if (this.#abandoned) {
      run.abandon();
      return;
    }
    const cancel = this.clock.setTimer(ms, () => {
      this.#waiting.delete(run);
      run.wake();
    });
    this.#waiting.set(run, cancel);
  }

  pause(route: Route, scope: 'route' | 'app'): () => void {
    const paused = scope === 'app' ? [...this.#states.values()] : [this.#state(route)];
    for (const { lanes } of paused) lanes.pause();
    return () => {
      for (const { lanes } of paused) lanes.resume();
    };
  }

  abortable(): AbortController {
    const abort = new AbortController();
    if (this.#abandoned) abort.abort(this.#abandoned);
    else this.#abortable.add(abort);
    return abort;
  }

  release(abort: AbortController): void {
    this.#abortable.delete(abort);
  }

  entered(run: RouteRun): void {
    this.#surrounded.add(run);
  }

  left(run: RouteRun): void {
    this.#surrounded.delete(run);
  }

  /** Calls the watcher for every packet that is done, until the returned function is called. */
  watch(watcher: (report: DeliveryReport) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  counts(route: Route): RouteCounts {
    const { lanes, counts } = this.#state(route);
    return { inFlight: lanes.running + lanes.waiting, ...counts };
  }

  handled(run: RouteRun, outcome: OutcomeStatus): void {
    const isKept = outcome === 'held' || outcome === 'redeliver';
    if (run.attempts > 0 && !isKept) this.#state(run.route).counts.handled++;
    if (outcome === 'acked' || this.isAbandoned) return;
    const sentence = `A handler or a middleware decided. ${this.#consequence(run, outcome, 'Its message')}`;
    this.logger[isKept ? 'warn' : 'debug'](this.#facts(run), sentence);
  }

  duplicate({ route }: RouteRun): void {
    this.#state(route).counts.duplicates++;
  }

  failed(run: RouteRun, error: unknown, outcome: OutcomeStatus): void {
    const { counts } = this.#state(run.route);
    const facts = { ...this.#facts(run), error };
    if (outcome === 'acked') {
      counts.handled++;
      this.logger.debug(facts, `${whatFailed(run)} A middleware has its message acknowledged.`);
      return;
    }
    if (outcome === 'dead-lettered') counts.deadLettered++;
    if (run.isInvalid) {
      counts.invalid++;
      this.logger.warn(facts, `An invalid message. ${this.#consequence(run, outcome, 'It')}`);
      return;
    }
    counts.failed++;
    const subject = run.attempts > 0 ? 'Its message' : 'It';
    this.logger.error(facts, `${whatFailed(run)} ${this.#consequence(run, outcome, subject)}`);
  }

  retrying(run: RouteRun, error: unknown, inMs: number): void {
    this.#state(run.route).counts.retried++;
    this.logger.debug(
      { ...this.#facts(run), error, retryInMs: Math.round(inMs) },
      `${whatFailed(run)} It is tried again.`,
    );
  }

  pausing(run: RouteRun, error: unknown, ms: number, scope: 'route' | 'app'): void {
    this.#state(run.route).counts.retried++;
    const what = scope === 'app' ? 'The application' : 'Its route';
    const facts = { ...this.#facts(run), error, pausedForMs: ms };
    this.logger.error(facts, `${whatFailed(run)} ${what} pauses, then it is tried again.`);
  }

  troubled(run: RouteRun, error: unknown, sentence: string): void {
    this.logger.error({ ...this.#facts(run), error }, sentence);
  }

  unsettled({ route, delivery }: RouteRun, age: number): void {
    const facts = { route: route.name, topic: delivery.message.topic, ageMs: age };
    this.logger.warn(
      facts,
      "A handler with ack: 'manual' returned without ack() or reject(). The message stays unacknowledged until one of them is called, or its time is over.",
    );
  }

  unasked({ route, delivery }: RouteRun): void {
    if (this.#unasked.has(route)) return;
    this.#unasked.add(route);
    this.logger.debug(
      { route: route.name, topic: delivery.message.topic },
      'A message on a topic with a reply names no response topic: nobody waits for the reply, which is dropped. Only the first one of the route is reported here.',
    );
  }

  dropped({ route, delivery }: RouteRun, why: GivenUp): void {
    const { counts } = this.#state(route);
    if (why === 'conflated') {
      counts.conflated++;
      return;
    }
    counts.dropped++;
    if (counts.dropped > 1) return;
    const { queue, overflow } = route.concurrency;
    this.logger.warn(
      { route: route.name, topic: delivery.message.topic, limit: queue },
      `Too many QoS 0 messages wait for a handler: the ${overflow === 'drop-newest' ? 'newest' : 'oldest'} are dropped. Only the first one is reported here.`,
    );
  }

  #facts({ route, delivery, attempts }: RouteRun): object {
    const { topic, qos } = delivery.message;
    return { route: route.name, topic, qos, attempt: attempts };
  }

  #consequence(run: RouteRun, outcome: OutcomeStatus, subject: 'It' | 'Its message'): string {
    if (outcome === 'rejected' && run.droppable) return `${subject} is dropped: it came at QoS 0.`;
    if (outcome === 'rejected' && this.protocolVersion === 4)
      return `${subject} is acknowledged, since MQTT 3.1.1 has no rejection.`;
    return `${subject} ${consequences[outcome]}`;
  }

  #state(route: Route): RouteState {
    // The table only knows routes that were handed in with it.
    return this.#states.get(route) as RouteState;
  }

  done(report: DeliveryReport): void {
    this.#open--;
    this.#finished++;
    for (const watcher of this.#watchers) watcher(report);
    if (this.#open > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #nobodys(message: ReceivedMessage, isUnrouted: boolean): void {
    const report = isUnrouted ? this.#unrouted.settle(message) : leaveToOthers(message);
    for (const watcher of this.#watchers) watcher(report);
  }
}

/** Its routes do without it, or get another copy. */
function leaveToOthers(message: ReceivedMessage): DeliveryReport {
  settleMessage(message);
  return { message, outcome: 'acked', reasonCode: message.qos === 0 ? undefined : 0, reports: [] };
}

const consequences: Readonly<Record<OutcomeStatus, string>> = {
  acked: 'is acknowledged.',
  dropped: 'is dropped.',
  'dead-lettered': 'is dead-lettered.',
  rejected: 'is rejected.',
  redeliver: 'stays unacknowledged; the application connects again to have it delivered again.',
  held: 'stays unacknowledged; the broker delivers it again after a reconnect.',
};

/** Its schema, its middleware or its `when`, where no handler ran. */
function whatFailed({ attempts }: RouteRun): string {
  return attempts > 0 ? 'A handler failed.' : 'A message failed before its handler ran.';
}

import { settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import type { Clock, Random } from '../../time/clock.js';
import { Lanes } from '../concurrency/lanes.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import type { DeadLetterTopics } from '../policies/dead-letter-topics.js';
import type { Route } from '../routes/route.js';
import type { RouteTable } from '../routes/route-table.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { Deadlines } from './deadlines.js';
import { Delivery, type DeliveryReport, type Recipient } from './delivery.js';
import { Reports, type RouteCounts } from './reports.js';
import type { RouteContext } from './route-context.js';
import { RouteRun } from './route-run.js';
import { Unrouted } from './unrouted.js';

interface RouteState {
  readonly lanes: Lanes;
  readonly deadlines: Deadlines;
}

export interface PipelineOptions {
  readonly table: RouteTable<Route>;
  readonly routes: readonly Route[];
  readonly prefix: TopicPrefix;
  readonly deadLetters: DeadLetterTopics;
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
  readonly deadLetters: DeadLetterTopics;
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  readonly container: DependencyContainer;
  readonly publish: RouteContext['publish'];
  readonly publishDeadLetter: RouteContext['publishDeadLetter'];
  readonly publishReply: RouteContext['publishReply'];
  readonly redeliver: Recipient['redeliver'];
  readonly stop: RouteContext['stop'];
  readonly reports: Reports;
  readonly #table: RouteTable<Route>;
  readonly #states: ReadonlyMap<Route, RouteState>;
  readonly #watchers = new Set<(report: DeliveryReport) => void>();
  readonly #unrouted: Unrouted;
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
    this.deadLetters = options.deadLetters;
    this.reports = new Reports(options);
    this.#table = options.table;
    this.#unrouted = new Unrouted(options);
    const fresh = ({ concurrency, timeout }: Route): RouteState => ({
      lanes: new Lanes(concurrency),
      deadlines: new Deadlines(options.clock, timeout),
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
    this.reports.abandoned();
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
    const { lanes } = this.#state(route);
    return { inFlight: lanes.running + lanes.waiting, ...this.reports.counts(route) };
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

import { settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import { InvalidMessage, type Outgoing } from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import type { GivenUp } from '../concurrency/job.js';
import { Lanes } from '../concurrency/lanes.js';
import type { Logger } from '../logger.js';
import type { Route } from '../routes/route.js';
import type { RouteTable } from '../routes/route-table.js';
import { Delivery, type DeliveryReport } from './delivery.js';
import type { OutcomeStatus } from './outcome.js';
import type { RouteContext } from './route-context.js';
import { RouteRun } from './route-run.js';

/** Topics without a route that are reported one by one. */
const MAX_UNROUTED_REPORTS = 100;

export interface RouteCounts {
  /** Messages that are being handled or wait for it. */
  readonly inFlight: number;
  readonly handled: number;
  /** The handler threw, or what it published was refused. */
  readonly failed: number;
  /** Did not fit the contract. */
  readonly invalid: number;
  /** QoS 0 messages given up because too many waited. */
  readonly dropped: number;
  /** QoS 0 messages that a newer one of their key replaced while they waited, as `overflow: 'latest'` asks. */
  readonly conflated: number;
}

interface RouteState {
  readonly lanes: Lanes;
  handled: number;
  failed: number;
  invalid: number;
  dropped: number;
  conflated: number;
}

export interface PipelineOptions {
  readonly table: RouteTable<Route>;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** False on MQTT 3.1.1, which has no negative acknowledgement. */
  readonly canReject: boolean;
  readonly publish: (outgoing: Outgoing) => Promise<void>;
  readonly redeliver: RouteContext['redeliver'];
  readonly stop: RouteContext['stop'];
}

/** The way of every message from the client to its handlers and back to its acknowledgement. */
export class Pipeline implements RouteContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publish: (outgoing: Outgoing) => Promise<void>;
  readonly redeliver: RouteContext['redeliver'];
  readonly stop: RouteContext['stop'];
  readonly #table: RouteTable<Route>;
  readonly #canReject: boolean;
  readonly #states: ReadonlyMap<Route, RouteState>;
  readonly #watchers = new Set<(report: DeliveryReport) => void>();
  readonly #unrouted = new Set<string>();
  readonly #onFinished = (report: DeliveryReport): void => this.#report(report);
  readonly #abortable = new Set<AbortController>();
  #abandoned: Error | undefined;
  #idle: (() => void)[] = [];
  #open = 0;
  #finished = 0;

  constructor(options: PipelineOptions) {
    this.clock = options.clock;
    this.logger = options.logger;
    this.publish = options.publish;
    this.redeliver = options.redeliver;
    this.stop = options.stop;
    this.#table = options.table;
    this.#canReject = options.canReject;
    const fresh = ({ concurrency }: Route) => ({
      lanes: new Lanes(concurrency),
      handled: 0,
      failed: 0,
      invalid: 0,
      dropped: 0,
      conflated: 0,
    });
    this.#states = new Map(options.routes.map((route) => [route, fresh(route)]));
  }

  /** Takes a message from the client. Returns at once and never throws. */
  receive(message: ReceivedMessage): void {
    const routes = this.#table.match(message);
    if (routes.length === 0) {
      this.#nobodys(message);
      return;
    }
    this.#open++;
    const delivery = new Delivery(message, routes.length, this.#onFinished);
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

  /** Aborts the signal of every handler that runs, and of those that still come. */
  abandon(reason: Error): void {
    this.#abandoned = reason;
    for (const abort of this.#abortable) abort.abort(reason);
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

  /** Calls the watcher for every packet that is done, until the returned function is called. */
  watch(watcher: (report: DeliveryReport) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  counts(route: Route): RouteCounts {
    const { lanes, ...counted } = this.#state(route);
    return { inFlight: lanes.running + lanes.waiting, ...counted };
  }

  handled({ route }: RouteRun): void {
    this.#state(route).handled++;
  }

  failed({ route, delivery }: RouteRun, error: unknown, outcome: OutcomeStatus): void {
    const state = this.#state(route);
    const { topic, qos } = delivery.message;
    const facts = { route: route.name, topic, qos, error };
    if (outcome === 'rejected' && error instanceof InvalidMessage) {
      state.invalid++;
      const told = this.#canReject
        ? 'It is rejected with 0x99'
        : 'It is acknowledged, since MQTT 3.1.1 has no rejection';
      this.logger.warn(facts, `An invalid message. ${qos === 0 ? 'It is dropped' : told}.`);
      return;
    }
    state.failed++;
    this.logger.error(facts, `A handler failed. ${consequences[outcome]}`);
  }

  unsettled({ route, delivery }: RouteRun, age: number): void {
    const facts = { route: route.name, topic: delivery.message.topic, ageMs: age };
    this.logger.warn(
      facts,
      "A handler with ack: 'manual' returned without ack() or reject(). The message stays unacknowledged until one of them is called.",
    );
  }

  dropped({ route, delivery }: RouteRun, why: GivenUp): void {
    const state = this.#state(route);
    if (why === 'conflated') {
      state.conflated++;
      return;
    }
    state.dropped++;
    if (state.dropped > 1) return;
    const { queue, overflow } = route.concurrency;
    this.logger.warn(
      { route: route.name, topic: delivery.message.topic, limit: queue },
      `Too many QoS 0 messages wait for a handler: the ${overflow === 'drop-newest' ? 'newest' : 'oldest'} are dropped. Only the first one is reported here.`,
    );
  }

  #state(route: Route): RouteState {
    // The table only knows routes that were handed in with it.
    return this.#states.get(route) as RouteState;
  }

  #report(report: DeliveryReport): void {
    this.#open--;
    this.#finished++;
    for (const watcher of this.#watchers) watcher(report);
    if (this.#open > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  /** A session can hold messages of filters that this deployment no longer has. */
  #nobodys(message: ReceivedMessage): void {
    settleMessage(message);
    if (this.#unrouted.size < MAX_UNROUTED_REPORTS && !this.#unrouted.has(message.topic)) {
      this.#unrouted.add(message.topic);
      this.logger.warn(
        { topic: message.topic },
        'A message that no route matches was acknowledged and dropped. Its session may be older than these routes.',
      );
    }
    for (const watcher of this.#watchers)
      watcher({ message, outcome: 'dropped', reasonCode: 0, reports: [] });
  }
}

const consequences: Readonly<Record<OutcomeStatus, string>> = {
  held: 'Its message stays unacknowledged; the broker delivers it again after a reconnect.',
  dropped: 'Its message came at QoS 0 and is lost.',
  'dead-lettered': 'Its message is dead-lettered.',
  redeliver: 'The application connects again to have it delivered again.',
  acked: 'Its message was acknowledged already.',
  rejected: 'Its message was rejected already.',
};

// What an operator hears of messages: the counts of each route, and a line in the log for what did not go as it should.
import type { GivenUp } from '../concurrency/job.js';
import type { Logger } from '../logger.js';
import type { Route } from '../routes/route.js';
import type { OutcomeStatus } from './outcome.js';
import type { RouteRun } from './route-run.js';

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

type Counts = { -readonly [K in Exclude<keyof RouteCounts, 'inFlight'>]: number };

export interface ReportsOptions {
  readonly routes: readonly Route[];
  readonly logger: Logger;
  /** 4 is MQTT 3.1.1, which has no negative acknowledgement. */
  readonly protocolVersion: 4 | 5;
}

/** Counts what becomes of the messages of each route, and writes the lines about it. Every outcome is told here, once. */
export class Reports {
  readonly #logger: Logger;
  readonly #protocolVersion: 4 | 5;
  readonly #counts: ReadonlyMap<Route, Counts>;
  readonly #unasked = new Set<Route>();
  #isAbandoned = false;

  constructor({ routes, logger, protocolVersion }: ReportsOptions) {
    this.#logger = logger;
    this.#protocolVersion = protocolVersion;
    this.#counts = new Map(
      routes.map((route) => [
        route,
        {
          handled: 0,
          failed: 0,
          invalid: 0,
          retried: 0,
          deadLettered: 0,
          dropped: 0,
          conflated: 0,
          duplicates: 0,
        },
      ]),
    );
  }

  counts(route: Route): Readonly<Counts> {
    return this.#of(route);
  }

  /** The application no longer waits: what is left open now is told by `stop()`, as a number. */
  abandoned(): void {
    this.#isAbandoned = true;
  }

  /** The run is over, without a failure. */
  handled(run: RouteRun, outcome: OutcomeStatus): void {
    const isKept = outcome === 'held' || outcome === 'redeliver';
    if (run.attempts > 0 && !isKept) this.#of(run.route).handled++;
    if (outcome === 'acked' || this.#isAbandoned) return;
    const sentence = `A handler or a middleware decided. ${this.#consequence(run, outcome, 'Its message')}`;
    this.#logger[isKept ? 'warn' : 'debug'](this.#facts(run), sentence);
  }

  /** A middleware says that the message was handled when it came before. */
  duplicate({ route }: RouteRun): void {
    this.#of(route).duplicates++;
  }

  /** The run is over, and failed; `acked` if a middleware has it acknowledged all the same. */
  failed(run: RouteRun, error: unknown, outcome: OutcomeStatus): void {
    const counts = this.#of(run.route);
    const facts = { ...this.#facts(run), error };
    if (outcome === 'acked') {
      counts.handled++;
      this.#logger.debug(facts, `${whatFailed(run)} A middleware has its message acknowledged.`);
      return;
    }
    if (outcome === 'dead-lettered') counts.deadLettered++;
    if (run.reading.isInvalid) {
      counts.invalid++;
      this.#logger.warn(facts, `An invalid message. ${this.#consequence(run, outcome, 'It')}`);
      return;
    }
    counts.failed++;
    const subject = run.attempts > 0 ? 'Its message' : 'It';
    this.#logger.error(facts, `${whatFailed(run)} ${this.#consequence(run, outcome, subject)}`);
  }

  /** An attempt failed; the next one is `inMs` milliseconds away. */
  retrying(run: RouteRun, error: unknown, inMs: number): void {
    this.#of(run.route).retried++;
    this.#logger.debug(
      { ...this.#facts(run), error, retryInMs: Math.round(inMs) },
      `${whatFailed(run)} It is tried again.`,
    );
  }

  /** An attempt failed; nothing more is taken for `ms` milliseconds, then comes the next one. */
  pausing(run: RouteRun, error: unknown, ms: number, scope: 'route' | 'app'): void {
    this.#of(run.route).retried++;
    const what = scope === 'app' ? 'The application' : 'Its route';
    const facts = { ...this.#facts(run), error, pausedForMs: ms };
    this.#logger.error(facts, `${whatFailed(run)} ${what} pauses, then it is tried again.`);
  }

  /** A step of the failure policy did not work; `sentence` says what becomes of the message meanwhile. */
  troubled(run: RouteRun, error: unknown, sentence: string): void {
    this.#logger.error({ ...this.#facts(run), error }, sentence);
  }

  /** The handler of a manual route returned and left its message open, `age` milliseconds after it came. */
  unsettled({ route, delivery }: RouteRun, age: number): void {
    const facts = { route: route.name, topic: delivery.message.topic, ageMs: age };
    this.#logger.warn(
      facts,
      "A handler with ack: 'manual' returned without ack() or reject(). The message stays unacknowledged until one of them is called, or its time is over.",
    );
  }

  /** The topic of the run has a reply, but its message names nobody who waits for it. */
  unasked({ route, delivery }: RouteRun): void {
    if (this.#unasked.has(route)) return;
    this.#unasked.add(route);
    this.#logger.debug(
      { route: route.name, topic: delivery.message.topic },
      'A message on a topic with a reply names no response topic: nobody waits for the reply, which is dropped. Only the first one of the route is reported here.',
    );
  }

  /** A QoS 0 message was given up before its handler ran. */
  dropped({ route, delivery }: RouteRun, why: GivenUp): void {
    const counts = this.#of(route);
    if (why === 'conflated') {
      counts.conflated++;
      return;
    }
    counts.dropped++;
    if (counts.dropped > 1) return;
    const { queue, overflow } = route.concurrency;
    this.#logger.warn(
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
    if (outcome === 'rejected' && this.#protocolVersion === 4)
      return `${subject} is acknowledged, since MQTT 3.1.1 has no rejection.`;
    return `${subject} ${consequences[outcome]}`;
  }

  #of(route: Route): Counts {
    // Only routes that were handed in have runs.
    return this.#counts.get(route) as Counts;
  }
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

import type { DeliveryReport, RouteReport } from '../app/pipeline/delivery.js';
import { isWorse, type OutcomeStatus } from '../app/pipeline/outcome.js';
import type { DeliveryAck, UnderWay } from './test-device.js';

/** What became of a message that a test delivered. */
export interface Delivery {
  /**
   * The worst of what its handlers came to, in their last run if it was delivered again; `dropped` if no handler got it, `held` if it waits at
   * the broker.
   */
  readonly outcome: OutcomeStatus;
  /** The acknowledgements that reached the broker. Empty at QoS 0, for a message that is held, behind one that is, and where a fault took them. */
  readonly acks: readonly DeliveryAck[];
  /** How often the handler that ran most often ran: more than once after a retry, or if the message was delivered again. */
  readonly attempts: number;
  /** What its handlers threw in each attempt, and why it was invalid. */
  readonly errors: readonly unknown[];
  /** The routes that it went through, in the order in which they were done. */
  readonly handlers: readonly string[];
}

/** What its reports and the broker come to. */
export function summary(reports: readonly DeliveryReport[], underWay: UnderWay): Delivery {
  const runs = reports.flatMap((report) => report.reports);
  const handlers = [...new Set(runs.map(({ route }) => route))];
  let outcome: OutcomeStatus = handlers.length === 0 ? 'dropped' : 'acked';
  if (underWay.isWaiting(reports)) outcome = 'held';
  for (const report of lastOfEachCopy(reports))
    if (isWorse(report.outcome, outcome)) outcome = report.outcome;
  return {
    outcome,
    acks: underWay.acks(reports),
    attempts: Math.max(0, ...handlers.map((name) => attemptsOf(name, runs))),
    errors: runs.flatMap(({ errors }) => errors),
    handlers,
  };
}

/** A copy that was delivered again has the outcome of its last run. Copies differ in the subscriptions that they answer. */
function lastOfEachCopy(reports: readonly DeliveryReport[]): Iterable<DeliveryReport> {
  return new Map(
    reports.map((report) => [report.message.subscriptionIdentifiers.join(), report] as const),
  ).values();
}

function attemptsOf(name: string, runs: readonly RouteReport[]): number {
  return runs.reduce((sum, { route, attempts }) => (route === name ? sum + attempts : sum), 0);
}

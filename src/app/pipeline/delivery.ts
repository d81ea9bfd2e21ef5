import { giveUpMessage, settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import { isWorse, type OutcomeStatus } from './outcome.js';
import type { Rejection } from './rejection.js';

/** What one route made of a message. */
export interface RouteReport {
  readonly route: string;
  /** `held` while a manual handler that returned has not settled. */
  readonly outcome: OutcomeStatus;
  /** How often the handler ran. */
  readonly attempts: number;
  /** Of each attempt that failed, in order. */
  readonly errors: readonly unknown[];
}

/** What the application made of one packet, once every route of it is done. */
export interface DeliveryReport {
  readonly message: ReceivedMessage;
  /** The worst of what its routes came to; it changes where a manual handler settles after it returned. */
  readonly outcome: OutcomeStatus;
  /** What the acknowledgement says: 0, or the code of the rejection; undefined if there is none, or none yet. */
  readonly reasonCode: number | undefined;
  readonly reports: readonly RouteReport[];
}

/**
 * One received packet on its way through all its routes. Its single acknowledgement leaves once each of them has settled, and says what
 * the worst of them came to. A route may settle before its handler returns (an early `ack()`) or after (`ack: 'manual'`).
 */
export class Delivery implements DeliveryReport {
  readonly message: ReceivedMessage;
  /** Milliseconds of the application's clock. */
  readonly receivedAt: number;
  readonly reports: RouteReport[] = [];
  readonly #onFinished: (report: DeliveryReport) => void;
  #unsettled: number;
  #unfinished: number;
  #settled: OutcomeStatus = 'acked';
  #rejection: Rejection | undefined;

  constructor(
    message: ReceivedMessage,
    routes: number,
    receivedAt: number,
    onFinished: (report: DeliveryReport) => void,
  ) {
    this.message = message;
    this.receivedAt = receivedAt;
    this.#unsettled = routes;
    this.#unfinished = routes;
    this.#onFinished = onFinished;
  }

  get outcome(): OutcomeStatus {
    let outcome: OutcomeStatus = 'acked';
    for (const each of this.reports) if (isWorse(each.outcome, outcome)) outcome = each.outcome;
    return outcome;
  }

  get reasonCode(): number | undefined {
    if (this.#unsettled > 0 || this.message.qos === 0 || this.#isKept) return undefined;
    return this.#settled === 'rejected' ? (this.#rejection?.code ?? 0x80) : 0;
  }

  /** The route has decided what it wants to tell the broker. */
  settle(outcome: OutcomeStatus, rejection?: Rejection): void {
    if (isWorse(outcome, this.#settled)) this.#settled = outcome;
    this.#rejection ??= rejection;
    this.#unsettled--;
    if (this.#unsettled > 0) return;
    if (this.#isKept) giveUpMessage(this.message);
    else if (this.#settled === 'rejected') this.#reject();
    else settleMessage(this.message);
  }

  /** The route's handler is done, whether or not it has settled. */
  finish(report: RouteReport): void {
    this.reports.push(report);
    this.#unfinished--;
    if (this.#unfinished === 0) this.#onFinished(this);
  }

  get #isKept(): boolean {
    return this.#settled === 'held' || this.#settled === 'redeliver';
  }

  #reject(): void {
    const { code, reason } = this.#rejection ?? { code: 0x80 };
    settleMessage(this.message, code, reason === undefined ? {} : { reasonString: reason });
  }
}

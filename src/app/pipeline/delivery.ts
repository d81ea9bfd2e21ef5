import { giveUpMessage, settleMessage } from '../../client/dispatch.js';
import type { Message as ReceivedMessage } from '../../client/message.js';
import { isWorse, type OutcomeStatus, type Verdict } from './outcome.js';

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

/** Milliseconds after which the application connects again where nobody says when. */
const REDELIVER_AFTER = 1_000;

/** Whom a packet came to. */
export interface Recipient {
  /** Every route of the packet is done. */
  done(report: DeliveryReport): void;
  /** In `after` milliseconds, connects again, so that the broker delivers again what is not acknowledged; several calls within that time make one reconnect. */
  redeliver(after: number): void;
}

const acked: Verdict = { outcome: 'acked' };

/**
 * One received packet on its way through all its routes. Its single acknowledgement leaves once each of them has settled, and says what
 * the worst of them came to. A route may settle before its handler returns (an early `ack()`) or after (`ack: 'manual'`).
 */
export class Delivery implements DeliveryReport {
  readonly message: ReceivedMessage;
  /** How many routes have it. */
  readonly routes: number;
  /** Milliseconds of the application's clock. */
  readonly receivedAt: number;
  readonly reports: RouteReport[] = [];
  readonly #recipient: Recipient;
  #unsettled: number;
  #unfinished: number;
  /** The worst so far. */
  #verdict: Verdict = acked;

  constructor(message: ReceivedMessage, routes: number, receivedAt: number, recipient: Recipient) {
    this.message = message;
    this.routes = routes;
    this.receivedAt = receivedAt;
    this.#unsettled = routes;
    this.#unfinished = routes;
    this.#recipient = recipient;
  }

  get outcome(): OutcomeStatus {
    let outcome: OutcomeStatus = 'acked';
    for (const each of this.reports) if (isWorse(each.outcome, outcome)) outcome = each.outcome;
    return outcome;
  }

  get reasonCode(): number | undefined {
    if (this.#unsettled > 0 || this.message.qos === 0 || this.#isKept) return undefined;
    return this.#verdict.outcome === 'rejected' ? (this.#verdict.rejection?.code ?? 0x80) : 0;
  }

  /** The route has decided what it wants to tell the broker. */
  settle(verdict: Verdict): void {
    if (isWorse(verdict.outcome, this.#verdict.outcome) || isSooner(verdict, this.#verdict))
      this.#verdict = verdict;
    this.#unsettled--;
    if (this.#unsettled > 0) return;
    if (this.#isKept) this.#giveUp();
    else if (this.#verdict.outcome === 'rejected') this.#reject();
    else settleMessage(this.message);
  }

  /** The route's handler is done, whether or not it has settled. */
  finish(report: RouteReport): void {
    this.reports.push(report);
    this.#unfinished--;
    if (this.#unfinished === 0) this.#recipient.done(this);
  }

  get #isKept(): boolean {
    return this.#verdict.outcome === 'held' || this.#verdict.outcome === 'redeliver';
  }

  /** Where its connection is gone, the message comes again without our doing. */
  #giveUp(): void {
    giveUpMessage(this.message);
    const { outcome, redeliverAfter = REDELIVER_AFTER } = this.#verdict;
    if (outcome === 'redeliver' && this.message.ackState === 'pending')
      this.#recipient.redeliver(redeliverAfter);
  }

  #reject(): void {
    const { code, reason } = this.#verdict.rejection ?? { code: 0x80 };
    settleMessage(this.message, code, reason === undefined ? {} : { reasonString: reason });
  }
}

/** Of two routes that want the message again, the one that waits less is heard. */
function isSooner(one: Verdict, than: Verdict): boolean {
  if (one.outcome !== 'redeliver' || than.outcome !== 'redeliver') return false;
  return (one.redeliverAfter ?? REDELIVER_AFTER) < (than.redeliverAfter ?? REDELIVER_AFTER);
}

import type { Rejection } from './rejection.js';

export { AlreadySettledError } from '../../contracts/index.js';

/**
 * What became of a message, or of its run through one route.
 *  - `acked`: handled, acknowledged with success.
 *  - `dropped`: given up for good, and acknowledged.
 *  - `dead-lettered`: published on a dead-letter topic, then acknowledged.
 *  - `rejected`: acknowledged with a reason code of 0x80 or above; on MQTT 3.1.1, which has none, acknowledged and logged.
 *  - `redeliver`: not acknowledged, and the application connects again to have it delivered again.
 *  - `held`: not acknowledged; the broker delivers it again after a reconnect.
 */
export type OutcomeStatus = 'acked' | 'dropped' | 'dead-lettered' | 'rejected' | 'redeliver' | 'held';

/** What one route makes of a message. */
export interface Verdict {
  readonly outcome: OutcomeStatus;
  readonly rejection?: Rejection | undefined;
  /** Of `redeliver`: milliseconds until the application connects again. Default 1,000. */
  readonly redeliverAfter?: number | undefined;
}

const badness: Readonly<Record<OutcomeStatus, number>> = {
  acked: 0,
  dropped: 1,
  'dead-lettered': 2,
  rejected: 3,
  redeliver: 4,
  held: 5,
};

/** Whether a middleware in JavaScript returned one. */
export function isOutcomeStatus(value: unknown): value is OutcomeStatus {
  return typeof value === 'string' && Object.hasOwn(badness, value);
}

/** A packet has one acknowledgement, so the worst outcome of its routes decides. */
export function isWorse(one: OutcomeStatus, than: OutcomeStatus): boolean {
  return badness[one] > badness[than];
}

/** A handler, with its middleware, took longer than the `timeout` of its route, or a manual one did not settle its message within it. The reason of `message.signal`. */
export class HandlerTimeoutError extends Error {
  override readonly name = 'HandlerTimeoutError';
}

import { type Disconnection, describeDisconnection } from '../../session/disconnection.js';
import type { Logger } from '../logger.js';

/** What becomes of a running application's connection, as lines of its log. */
export class ConnectionNews {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `open`: handlers that run. */
  lost(disconnection: Disconnection, open: number): void {
    this.#logger.warn({ open }, `${goneBecause(disconnection)} Connecting again. ${redelivery}`);
  }

  lostForGood(disconnection: Disconnection, open: number): void {
    this.#logger.error({ open }, `${goneBecause(disconnection)} ${redelivery}`);
  }

  regained(sessionPresent: boolean): void {
    const session = sessionPresent
      ? 'It kept the session.'
      : 'It lost the session: what waited there is gone, and the routes are subscribed again.';
    this.#logger.info({ sessionPresent }, `The connection to the broker is back. ${session}`);
  }

  subscriptionLost(filter: string, error: Error): void {
    this.#logger.error({ filter, error }, `A subscription could not be made again: ${error.message}`);
  }
}

const redelivery = 'What was not acknowledged is delivered again to the next connection.';

function goneBecause(disconnection: Disconnection): string {
  return `The connection to the broker is gone: ${describeDisconnection(disconnection)}.`;
}

import type { ConnectionWatch } from '../../client/dispatcher.js';
import { type Disconnection, describeDisconnection } from '../../session/disconnection.js';
import type { Logger } from '../logger.js';
import type { Route } from '../routes/route.js';
import type { ConnectionOptions } from './app.js';

/** What becomes of a running application's connection, as lines of its log. */
export class ConnectionNews {
  readonly #app: { readonly logger: Logger };
  #hasSeenLateReply = false;

  constructor(app: { readonly logger: Logger }) {
    this.#app = app;
  }

  /** Before the first connection. */
  starting(routes: readonly Pick<Route, 'qos'>[], { clientId }: Pick<ConnectionOptions, 'clientId'>): void {
    if (clientId || !routes.some(({ qos }) => qos > 0)) return;
    this.#app.logger.warn(
      {},
      'This application handles messages at QoS 1 or 2 but has no clientId: after a restart it will not find its session, nor the messages that waited for it. Write connection: { url, clientId }.',
    );
  }

  /** Tells what happens to the connection; of a loss, whoever knows what it means for the application. */
  watch(lost: (disconnection: Disconnection) => void): ConnectionWatch {
    return {
      lost,
      regained: (sessionPresent) => this.#regained(sessionPresent),
      subscriptionLost: (filter, error) => this.#subscriptionLost(filter, error),
      replyLate: () => this.#replyLate(),
    };
  }

  /** `open`: handlers that run. */
  lost(disconnection: Disconnection, open: number): void {
    this.#app.logger.warn({ open }, `${goneBecause(disconnection)} Connecting again. ${redelivery}`);
  }

  lostForGood(disconnection: Disconnection, open: number): void {
    this.#app.logger.error({ open }, `${goneBecause(disconnection)} ${redelivery}`);
  }

  #regained(sessionPresent: boolean): void {
    const session = sessionPresent
      ? 'It kept the session.'
      : 'It lost the session: what waited there is gone, and the routes are subscribed again.';
    this.#app.logger.info({ sessionPresent }, `The connection to the broker is back. ${session}`);
  }

  #subscriptionLost(filter: string, error: Error): void {
    this.#app.logger.error({ filter, error }, `A subscription could not be made again: ${error.message}`);
  }

  #replyLate(): void {
    if (this.#hasSeenLateReply) return;
    this.#hasSeenLateReply = true;
    this.#app.logger.warn(
      {},
      'A reply came that no request waits for: after its timeout, or a second time. It is ignored. Only the first one is reported here; metrics() counts them.',
    );
  }
}

const redelivery = 'What was not acknowledged is delivered again to the next connection.';

function goneBecause(disconnection: Disconnection): string {
  return `The connection to the broker is gone: ${describeDisconnection(disconnection)}.`;
}

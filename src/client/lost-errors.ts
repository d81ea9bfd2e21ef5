import { type Disconnection, describeDisconnection } from '../session/disconnection.js';
import { ClosedError, ConnectionLostError } from '../session/errors.js';
import type { StateLog } from './state-log.js';

/** What those are told who want something of a connection that is not there. */
export class LostErrors {
  readonly #states: StateLog;
  readonly #where: () => string;

  /** `where`: how the broker is called. */
  constructor(states: StateLog, where: () => string) {
    this.#states = states;
    this.#where = where;
  }

  /** No connection will follow, or none is wanted any more. */
  over(): Error {
    const { current } = this.#states;
    if (current.state === 'closed') return this.lost(current.last, false);
    return new ClosedError('This client is being closed and takes no more requests.');
  }

  /** There is none now. */
  offline(): Error {
    const last = this.#states.lastDisconnection;
    return last ? this.lost(last, false) : new ClosedError('There is no connection yet.');
  }

  lost(disconnection: Disconnection, maybeDelivered: boolean): Error {
    const known = maybeDelivered
      ? 'The server may or may not have acted on the request.'
      : 'Nothing of the request was sent.';
    if (disconnection.by === 'client' && !disconnection.cause) {
      return new ClosedError(`The client was closed before the server answered. ${known}`);
    }
    return new ConnectionLostError(
      disconnection,
      maybeDelivered,
      `The connection to ${this.#where()} was lost: ${describeDisconnection(disconnection)}. ${known}`,
    );
  }
}

import { MqttError } from '../packets/errors.js';
import type { Disconnection } from '../session/disconnection.js';

/** A function of the option `auth` failed, or authenticating again took too long. */
export class AuthenticationError extends MqttError {
  readonly kind = 'authentication';
}

/** The first connection did not come about. */
export class ConnectError extends MqttError {
  readonly kind = 'connect';
  readonly disconnection: Disconnection;
  /** Whether trying again, unchanged, can help. */
  readonly retryable: boolean;
  constructor(disconnection: Disconnection, retryable: boolean, message: string) {
    super(
      message,
      disconnection.by !== 'server' && disconnection.cause ? { cause: disconnection.cause } : {},
    );
    this.disconnection = disconnection;
    this.retryable = retryable;
  }
}

/** The server left a packet unanswered for longer than `ackTimeout` allows: why the connection was ended. */
export class AckTimeoutError extends MqttError {
  readonly kind = 'ack-timeout';
}

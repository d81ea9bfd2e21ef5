import { MqttError } from '../packets/errors.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { Disconnection } from './disconnection.js';

/** The connection went away while a request waited for its answer. */
export class ConnectionLostError extends MqttError {
  readonly kind = 'connection-lost';
  readonly disconnection: Disconnection;
  /** False: nothing of the request left this process. True: the server may have acted on it. */
  readonly maybeDelivered: boolean;
  constructor(disconnection: Disconnection, maybeDelivered: boolean, message: string) {
    super(
      message,
      disconnection.by !== 'server' && disconnection.cause ? { cause: disconnection.cause } : {},
    );
    this.disconnection = disconnection;
    this.maybeDelivered = maybeDelivered;
  }
}

/**
 * The server has no session any more, and with it forgot a publish that it had not finished acknowledging, or a subscription that is not made
 * again.
 */
export class SessionLostError extends MqttError {
  readonly kind = 'session-lost';
  /** False: the message had not left this process. */
  readonly maybeDelivered: boolean;
  constructor(maybeDelivered: boolean, message: string) {
    super(message);
    this.maybeDelivered = maybeDelivered;
  }
}

/** The message expired while it waited to be sent for the first time: it never was. */
export class MessageExpiredError extends MqttError {
  readonly kind = 'expired';
}

/** The server answered a request with a reason code of 0x80 or above. */
export class NegativeAckError extends MqttError {
  readonly kind = 'negative-ack';
  readonly packet: 'puback' | 'pubrec' | 'pubcomp' | 'suback' | 'unsuback';
  /** One for a publish, one for each filter otherwise. */
  readonly reasonCodes: readonly ReasonCode[];
  readonly reasonString: string | undefined;
  constructor(
    packet: NegativeAckError['packet'],
    reasonCodes: readonly ReasonCode[],
    reasonString: string | undefined,
    message: string,
  ) {
    super(message);
    this.packet = packet;
    this.reasonCodes = reasonCodes;
    this.reasonString = reasonString;
  }
}

/** The client was closed, by this side, before the request was answered, or was closed already. */
export class ClosedError extends MqttError {
  readonly kind = 'closed';
}

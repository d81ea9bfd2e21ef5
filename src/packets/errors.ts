import type { ReasonCode } from './reason-codes.js';

/** The base of every error that this package's MQTT side raises; `kind` tells them apart. */
export abstract class MqttError extends Error {
  abstract readonly kind: string;
  override get name(): string {
    return this.constructor.name;
  }
}

/** The peer broke the protocol; `reasonCode` is what a DISCONNECT says about it (0x81, 0x82, 0x93, 0x94, 0x95 ...). */
export class ProtocolError extends MqttError {
  readonly kind = 'protocol';
  readonly reasonCode: ReasonCode;
  constructor(reasonCode: ReasonCode, message: string) {
    super(message);
    this.reasonCode = reasonCode;
  }
}

/** A limit of the server or of this client stands against the request; nothing was sent. */
export class LimitError extends MqttError {
  readonly kind = 'limit';
  readonly limit:
    | 'packet-size'
    | 'qos'
    | 'retain'
    | 'queue'
    | 'shared'
    | 'wildcard'
    | 'subscription-id'
    | 'packet-ids';
  constructor(limit: LimitError['limit'], message: string) {
    super(message);
    this.limit = limit;
  }
}

/** A packet that the caller made is not legal MQTT: it was never written. */
export class InvalidPacketError extends MqttError {
  readonly kind = 'invalid-packet';
}

import type { QoS, UserProperties } from '../packets/packet.js';

/** `sent`: the acknowledgement left. `stale`: the connection that brought the message is gone. `not-needed`: QoS 0. */
export type AckOutcome = 'sent' | 'stale' | 'not-needed';
/** What `reject` may say. MQTT 5.0, 3.4.2.1 and 3.5.2.1. */
export type AckErrorCode = 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99;

export interface AckOptions {
  /** For people who read logs. Left out on MQTT 3.1.1 and where it would make the packet too big for the server. */
  reasonString?: string;
  /** As `reasonString`. */
  userProperties?: UserProperties;
}

/** A message as it arrived. */
export interface Message {
  readonly topic: string;
  /** Yours to keep. */
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  /** The server says that it may have delivered this message before. */
  readonly duplicate: boolean;
  readonly packetId: number | undefined;
  /** What the publisher says about the payload. */
  readonly payloadFormat: 'bytes' | 'utf8';
  /** Seconds that the message had left when the server sent it. */
  readonly messageExpiryInterval: number | undefined;
  readonly contentType: string | undefined;
  readonly responseTopic: string | undefined;
  readonly correlationData: Uint8Array | undefined;
  /** In the publisher's order; empty where there are none. */
  readonly userProperties: UserProperties;
  /** Of the subscriptions that this copy answers; empty where there are none. */
  readonly subscriptionIdentifiers: readonly number[];
  /** Which of the client's connections brought it. */
  readonly connectionId: number;
  /** `none`: QoS 0. `pending`: not settled. `queued`: settled, waits for an older message of its QoS. */
  readonly ackState: 'none' | 'pending' | 'queued' | 'sent' | 'stale';
  /** The payload as UTF-8. */
  text(): string;
  /** The payload parsed as JSON; throws a SyntaxError where it is none. */
  json<T = unknown>(): T;
  /**
   * Takes the message over: PUBACK or PUBREC, in the order in which the messages of its QoS came [MQTT-4.6.0-2]. Resolves once
   * it left. Only the first call of `ack` or `reject` counts; later ones get its outcome.
   */
  ack(options?: AckOptions): Promise<AckOutcome>;
  /** Refuses the message for good: the server does not deliver it again. MQTT 3.1.1 has no refusal: there it is an `ack`. */
  reject(code: AckErrorCode, options?: AckOptions): Promise<AckOutcome>;
}

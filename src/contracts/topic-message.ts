import type { ParamsOf } from '../topics/index.js';
import type { MessageProperties } from './message-properties.js';
import type { PublishOptions, Target, TopicDef } from './topic-def.js';
import type { QoS } from './topic-spec.js';

/** What a rejection may say. MQTT 5.0, 3.4.2.1 and 3.5.2.1. */
export type AckErrorCode = 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99;

/** Where the application reports to. The signature of pino and its like: facts first, then the sentence. */
export interface Logger {
  debug(facts: object, message?: string): void;
  info(facts: object, message?: string): void;
  warn(facts: object, message?: string): void;
  error(facts: object, message?: string): void;
  /** A logger that adds these facts to every line. */
  child(facts: object): Logger;
}

/** The message was already acknowledged or rejected, and the other was asked for. */
export class AlreadySettledError extends Error {
  override readonly name = 'AlreadySettledError';
}

/** What a handler gets: one message that matched its topic, decoded and validated. */
export interface TopicMessage<Params = object, Payload = Uint8Array> {
  /** The values of the named wildcards. */
  readonly params: Params;
  /** Decoded by the contract's codec, checked and converted by its schema. */
  readonly payload: Payload;
  /** The concrete topic. */
  readonly topic: string;
  /** At which it was delivered. */
  readonly qos: QoS;
  /** The broker had kept it and delivers it because the route subscribed; with `retainAsPublished`, what the publisher said. MQTT 5.0, 3.3.1.3. */
  readonly retain: boolean;
  /** The broker says that it may have delivered this message before. */
  readonly duplicate: boolean;
  /** What else the publisher said. Empty on MQTT 3.1.1. */
  readonly properties: MessageProperties;
  /** The payload's bytes as they came. */
  readonly raw: Uint8Array;
  /** How often the handler has run for this message since it came, this time included: more than 1 after a retry. */
  readonly attempt: number;
  /** Aborted when the time of the handler is over (`timeout`), with a `HandlerTimeoutError`, and when the application stops and no longer waits for its handlers. */
  readonly signal: AbortSignal;
  /** Adds topic and route to every line. */
  readonly log: Logger;
  /** What was said of it in this route: `acked` once it is acknowledged, `rejected` once it is refused. */
  readonly status: 'open' | 'acked' | 'rejected';
  /** The bytes as UTF-8. */
  text(): string;
  /** The bytes parsed as JSON; throws a SyntaxError where they are none. */
  json<T = unknown>(): T;
  /**
   * Acknowledges the message: the duty of a handler with `ack: 'manual'`, early in any other. Resolves when it is noted; the packet leaves in
   * its turn, once the message's other handlers are done. A second call changes nothing. Rejects with `AlreadySettledError` after `reject`, and with
   * what made the message fail if it has failed.
   */
  ack(): Promise<void>;
  /**
   * Refuses the message for good, by default with 0x80. On MQTT 3.1.1, which has no refusal, it is acknowledged. Rejects with `AlreadySettledError` after
   * `ack`, with `InvalidPacketError` for a reason that is no MQTT string, and with what made the message fail if that has been settled.
   */
  reject(code?: AckErrorCode, reason?: string): Promise<void>;
  /** Publishes, and lets the acknowledgement of this message wait for it: if it fails, this message has failed. */
  publish<In>(to: Target<In>, payload: NoInfer<In>, options?: PublishOptions): Promise<void>;
}

/** `Message<typeof contract>`, `Message<'socks/+id/status', Payload>`, or plain `Message`. */
export type Message<T = '', Payload = Uint8Array> =
  T extends TopicDef<infer Params, infer _In, infer Out, infer _ParamsIn, infer _ReplyIn, infer _ReplyOut>
    ? TopicMessage<Params, Out>
    : T extends string
      ? TopicMessage<ParamsOf<T>, Payload>
      : never;

/** A message of any contract, for a function that may be asked about those of several. */
// biome-ignore lint/suspicious/noExplicitAny: a function of the messages of one contract has to be assignable as well
export type AnyMessage = TopicMessage<any, any>;

import type { Pattern } from '../topics/index.js';
import type { FakeInput, FakeMessage } from './fake-message.js';
import type { QoS, ResolvedSpec } from './topic-spec.js';

/** What a single publish may say; what it leaves out comes from the contract. */
export interface PublishOptions {
  /** Default: the contract's. */
  readonly qos?: QoS;
  /** Whether the broker keeps it for subscribers to come. Default: the contract's. */
  readonly retain?: boolean;
  /** Seconds after which the broker no longer delivers it: 1 to 4,294,967,295. Default: the contract's. MQTT 5 only. */
  readonly messageExpiryInterval?: number;
  /** What the payload is called. Where the contract has several codecs, it chooses one of them; one that none of them goes by is refused. MQTT 5 only. Default: what the codec is called, if it is one of yours. */
  readonly contentType?: string;
  /** In this order; a name may repeat. MQTT 5 only. */
  readonly userProperties?: Iterable<readonly [name: string, value: string]>;
  /** Ends the wait for the broker. What has not left then never does; what has may arrive. */
  readonly signal?: AbortSignal;
}

/** The part of a contract that has no types: what the run time works with. */
export interface Contract {
  /** As it was written: `sensors/+deviceId/reading`. */
  readonly pattern: string;
  /** What is subscribed to: `sensors/+/reading`. */
  readonly filter: string;
  readonly spec: ResolvedSpec;
  /** For the library itself. */
  readonly '~pattern': Pattern;
}

/** A concrete topic of a contract, to publish to. */
export interface Target<In = unknown, ReplyOut = unknown> {
  /** The topic: `sensors/7/reading`. */
  readonly address: string;
  readonly contract: Contract;
  /** Types only; never there. */
  readonly '~target'?: (payload: In) => ReplyOut;
}

/** A message that is not published yet. */
export interface Outgoing<In = unknown> {
  readonly target: Target<In>;
  /** As its contract takes it: it is checked and encoded when it is published. */
  readonly payload: In;
  readonly options?: PublishOptions;
}

/** A message that is not published yet, whatever its contract. */
export interface AnyOutgoing {
  readonly target: Target<never>;
  readonly payload: unknown;
  readonly options?: PublishOptions;
}

/**
 * A topic with its schemas, codec and options: what a handler, a publisher, a test and the documentation share. `In` is what a publisher hands in, `Out` what a handler
 * gets; `ReplyIn` is what a handler returns, `ReplyOut` what a requester gets, both `never` for a topic without a reply.
 */
export interface TopicDef<
  Params = unknown,
  In = unknown,
  Out = unknown,
  ParamsIn = unknown,
  ReplyIn = unknown,
  ReplyOut = unknown,
> extends Contract {
  /** Types only; never there. */
  readonly '~types'?: {
    readonly params: Params;
    readonly in: In;
    readonly out: Out;
    readonly replyIn: ReplyIn;
    readonly replyOut: ReplyOut;
  };
  /**
   * The topic for these parameters.
   * @throws TopicError if no legal topic comes of them, InvalidMessage if a parameter does not fit its schema.
   */
  to(params: ParamsIn): Target<In, ReplyOut>;
  /** A message to the topic for these parameters, for `return` from a handler or a batch. Throws as {@link TopicDef.to}; the payload is checked when it is published. */
  message(params: ParamsIn, payload: In, options?: PublishOptions): Outgoing<In>;
  /** The parameters of a topic, converted, or undefined if the topic or one of its parameters does not fit. */
  match(topic: string): Params | undefined;
  /**
   * A message as a handler gets it, for a test of the handler alone: `await new Thermostat(repo).onReading(reading.fake({ params, payload }))`. Parameters and payload
   * are checked, encoded, and converted back as on the way through a broker; what the handler does with the message is recorded.
   * @throws TopicError if no legal topic comes of the parameters or the payload's schema is asynchronous, InvalidMessage if something does not fit its schema.
   */
  fake(message: FakeInput<ParamsIn, In>): FakeMessage<Params, Out>;
}

/** Any contract. */
// biome-ignore lint/suspicious/noExplicitAny: the one type that every contract is assignable to, whatever its parameters
export type AnyTopic = TopicDef<any, any, any, any, any, any>;

// A message without a broker, for a test of one handler.
import { TopicError } from '../topics/index.js';
import { type MessageProperties, type PlainProperties, propertiesFrom } from './message-properties.js';
import { parseParams } from './params.js';
import { decodePayload, encodePayload } from './payload.js';
import type { Outgoing, PublishOptions, Target } from './topic-def.js';
import { type AckErrorCode, AlreadySettledError, type Logger, type TopicMessage } from './topic-message.js';
import type { QoS } from './topic-spec.js';

/** What a message has beside topic and payload; each is what it is on a first, plain delivery unless it is said here. */
export interface FakeOptions {
  /** Default: the contract's. */
  readonly qos?: QoS;
  /** Default false. */
  readonly retain?: boolean;
  /** Default false. */
  readonly duplicate?: boolean;
  /** Default 1. */
  readonly attempt?: number;
  /** Default: none. */
  readonly properties?: PlainProperties;
  /** Default: one that is never aborted. */
  readonly signal?: AbortSignal;
  /** Default: one that writes nothing. */
  readonly log?: Logger;
}

/** A message to fake: its payload as a publisher hands it in, and its parameters, where the topic has any. */
export type FakeInput<ParamsIn, In> = FakeOptions & { readonly payload: In } & (undefined extends ParamsIn
    ? { readonly params?: ParamsIn }
    : { readonly params: ParamsIn });

/** A message that records what its handler does with it. */
export interface FakeMessage<Params = object, Payload = Uint8Array> extends TopicMessage<Params, Payload> {
  /** What the handler published through the message, in order. What does not fit its contract rejects and is not in it. */
  readonly published: readonly Outgoing[];
  /** What the handler rejected it with. */
  readonly rejection: { readonly code: AckErrorCode; readonly reason: string | undefined } | undefined;
}

/** The message as it arrives: encoded and decoded, so that it holds what a handler gets, not what a publisher hands in. */
export function fakeMessage(
  { contract, address }: Target,
  payload: unknown,
  options: FakeOptions,
): FakeMessage<object, unknown> {
  const { contentType } = options.properties ?? {};
  const raw = encodePayload(contract, payload, contentType);
  if (raw instanceof Promise) {
    raw.catch(() => {}); // whatever it says, it says too late
    throw asynchronous(contract.pattern);
  }
  const decoded = decodePayload(contract, raw, contentType);
  if (decoded instanceof Promise) {
    decoded.catch(() => {});
    throw asynchronous(contract.pattern);
  }
  // The address was built for the contract, so it matches.
  const params = parseParams(contract, address) as object;
  return new FakedMessage(address, params, decoded, raw, { qos: contract.spec.qos, ...options });
}

class FakedMessage implements FakeMessage<object, unknown> {
  readonly topic: string;
  readonly params: object;
  readonly payload: unknown;
  readonly raw: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly duplicate: boolean;
  readonly attempt: number;
  readonly properties: MessageProperties;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly published: Outgoing[] = [];
  status: 'open' | 'acked' | 'rejected' = 'open';
  rejection: FakeMessage['rejection'];

  constructor(
    topic: string,
    params: object,
    payload: unknown,
    raw: Uint8Array,
    options: FakeOptions & { readonly qos: QoS },
  ) {
    this.topic = topic;
    this.params = params;
    this.payload = payload;
    this.raw = raw;
    this.qos = options.qos;
    this.retain = options.retain ?? false;
    this.duplicate = options.duplicate ?? false;
    this.attempt = options.attempt ?? 1;
    this.properties = propertiesFrom(options.properties ?? {});
    this.signal = options.signal ?? new AbortController().signal;
    this.log = options.log ?? silent;
  }

  text(): string {
    return new TextDecoder().decode(this.raw);
  }

  json<T = unknown>(): T {
    // What the bytes hold is for the caller to know.
    return JSON.parse(this.text()) as T;
  }

  async ack(): Promise<void> {
    if (this.status === 'rejected') throw this.#settled('rejected', 'acknowledged');
    this.status = 'acked';
  }

  async reject(code: AckErrorCode = 0x80, reason?: string): Promise<void> {
    if (this.status === 'acked') throw this.#settled('acknowledged', 'rejected');
    if (code < 0x80)
      throw new RangeError(`message.reject(${code}): a refusal has a reason code of 0x80 or above.`);
    this.rejection ??= { code, reason };
    this.status = 'rejected';
  }

  async publish<In>(to: Target<In>, payload: NoInfer<In>, options?: PublishOptions): Promise<void> {
    await encodePayload(to.contract, payload, options?.contentType);
    // The payload's type was checked above; from here on it is data.
    this.published.push({ target: to as Target, payload, ...(options && { options }) });
  }

  #settled(is: string, asked: string): AlreadySettledError {
    return new AlreadySettledError(
      `The message on "${this.topic}" was already ${is}; it can't be ${asked} any more.`,
    );
  }
}

function asynchronous(pattern: string): TopicError {
  return new TopicError(
    pattern,
    `The payload schema of "${pattern}" is asynchronous, and fake() answers at once: deliver the message to a test application instead.`,
  );
}

const nothing = () => {};
const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => silent };

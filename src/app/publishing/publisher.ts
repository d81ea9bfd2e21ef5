import type { Client } from '../../client/client.js';
import type { Message } from '../../client/message.js';
import {
  type Contract,
  encodePayload,
  type Outgoing,
  type PublishOptions,
  type Target,
} from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import { type Duration, parseDuration } from '../../time/duration.js';
import { orAborted } from '../../time/or-aborted.js';
import type { Awaitable } from '../awaitable.js';
import type { Logger } from '../logger.js';
import { runPublishMiddleware } from '../middleware/compose-publish.js';
import { MiddlewareError } from '../middleware/middleware-error.js';
import type {
  OutgoingMessage,
  PublishContext,
  PublishMiddleware,
  PublishResult,
} from '../middleware/publish-middleware.js';
import type { TopicPrefix } from '../routes/topic-prefix.js';
import { publishProperties } from './publish-properties.js';
import { readReply } from './reply.js';

/** What a single request may say. */
export interface RequestOptions extends Omit<PublishOptions, 'retain'> {
  /** From when the request is encoded until `request()` rejects with `RequestTimeoutError`, by the clock of the application. `Infinity`: no limit. Default '30s'. */
  readonly timeout?: Duration;
}

/** Nothing more to ask of a topic with a reply; for any other, the reason of the compiler's error. */
export type Answered<ReplyOut> = [ReplyOut] extends [never]
  ? 'this topic has no reply: define it with { reply: schema } to request it'
  : unknown;

/** Publishes what fits its contract. Inject it: `@Inject(Publisher)`. */
export abstract class Publisher {
  /**
   * Encodes and checks the payload, publishes it with the contract's QoS (1 unless it says otherwise) and options. Resolves
   * at PUBACK or PUBCOMP; at QoS 0 when the bytes are handed over. Rejects with `InvalidMessage` for a payload (`part: 'payload'`) or a content type (`part: 'content-type'`) that does not fit, before
   * anything is sent; with an Error before the application has started; and as the client's `publish` does. What the broker refuses (0x80 and above) is a `NegativeAckError`.
   */
  abstract publish<In>(
    to: Target<In>,
    payload: NoInfer<In>,
    options?: PublishOptions,
  ): Promise<{ readonly reasonCode: number }>;
  /**
   * Publishes a request and resolves with its reply, decoded and validated by the contract: the first one that carries the correlation data of the request. Later ones are ignored and counted. Rejects with
   * `ReplyError` if the handler answered with an error, with `InvalidMessage` if the payload or (`part: 'reply'`) the reply does not fit, with `RequestTimeoutError` if none came in time, with `LimitError` while
   * `connection.requestMaximum` requests (1,000) wait, with `ConnectionLostError` if the connection goes meanwhile, since the reply may be lost with it, and as the client's `request` does. The connection has to be
   * MQTT 5 (4.10 there). A request is never retained.
   */
  abstract request<In, ReplyOut>(
    to: Target<In, ReplyOut> & NoInfer<Answered<ReplyOut>>,
    payload: NoInfer<In>,
    options?: RequestOptions,
  ): Promise<ReplyOut>;
  /** Removes what the broker has retained on the topic, whatever its contract says of retaining: publishes no bytes, retained (MQTT 5.0, 3.3.1.3). Resolves and rejects as {@link Publisher.publish}. */
  abstract clear(to: Target<never>, options?: Pick<PublishOptions, 'qos' | 'signal'>): Promise<void>;
}

/** A message that the broker has taken from this application: a request, once it was answered. */
export type PublishedByApp = OutgoingMessage;

export interface AppPublisherOptions {
  /** Goes before the topics of contracts; what is published as bytes has it already. */
  readonly prefix: TopicPrefix;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How bytes are published. */
export interface SendOptions extends Pick<PublishContext, 'kind'> {
  readonly pattern?: string;
  readonly signal?: AbortSignal | undefined;
  /** Default: the application's. */
  readonly middleware?: readonly PublishMiddleware[] | undefined;
}

/** The publisher of one application, over the client that it has at the time. */
export class AppPublisher extends Publisher {
  readonly #options: AppPublisherOptions;
  readonly #middleware: readonly PublishMiddleware[];
  readonly #watchers = new Set<(published: PublishedByApp) => void>();
  #client: Client | undefined;
  #protocol: 4 | 5 = 5;
  #responseTopic: string | undefined;

  /** The middleware is around everything that the application publishes. */
  constructor(options: AppPublisherOptions, middleware: readonly PublishMiddleware[]) {
    super();
    this.#options = options;
    this.#middleware = middleware;
  }

  /** From now on publishes go over this client; replies come to `responseTopic`, or to one of the client's own. */
  use(client: Client, protocol: 4 | 5, responseTopic?: string): void {
    this.#client = client;
    this.#protocol = protocol;
    this.#responseTopic = responseTopic;
  }

  override publish<In>(
    to: Target<In>,
    payload: NoInfer<In>,
    options?: PublishOptions,
  ): Promise<{ readonly reasonCode: number }> {
    // The payload's type was checked above; from here on it is data.
    return this.send({ target: to as Target, payload, ...(options && { options }) });
  }

  override async request<In, ReplyOut>(
    to: Target<In, ReplyOut>,
    payload: NoInfer<In>,
    options: RequestOptions = {},
  ): Promise<ReplyOut> {
    const { contract } = to;
    const topic = this.#options.prefix.add(to.address);
    const client = this.#connected(topic);
    const { qos = contract.spec.qos, timeout = '30s', signal } = options;
    if (contract.spec.reply === undefined) {
      throw new TypeError(
        `"${contract.pattern}" can't be requested: it has no reply. Write defineTopic(pattern, { reply: schema }).`,
      );
    }
    if (this.#protocol === 4) {
      throw new Error(
        `"${topic}" can't be requested: MQTT 3.1.1 has no response topic. Connect with MQTT 5, or publish and have the answer published on a topic of its own.`,
      );
    }
    const waits = { timeout: parseDuration(timeout), ...(signal && { signal }) };
    const bytes = await encoded(contract, payload, options);
    const properties = publishProperties(contract, options, this.#protocol);
    const responseTopic = this.#responseTopic;
    const place = responseTopic === undefined ? {} : { responseTopic };
    let reply: Message | undefined;
    const ask = async (asked: OutgoingMessage): Promise<PublishResult> => {
      if (asked.retain)
        throw new MiddlewareError(
          `A middleware retains the request on "${topic}". A request is never retained.`,
        );
      reply = await client.request(asked.topic, asked.payload, {
        qos: asked.qos,
        ...asked.properties,
        ...place,
        ...waits,
      });
      this.#tell(asked);
      return { reasonCode: 0 };
    };
    const request = { topic, payload: bytes, qos, retain: false, properties };
    await this.#through(ask, request, { kind: 'request', pattern: contract.pattern });
    if (!reply)
      throw new MiddlewareError(
        `A middleware returned a result for the request on "${topic}" without publishing it: there is no reply. Write: return next(outgoing), or throw.`,
      );
    // The reply's schema, whose output type ReplyOut is.
    return readReply(contract, reply) as ReplyOut | Promise<ReplyOut>;
  }

  override async clear(
    to: Target<never>,
    { qos = to.contract.spec.qos, signal }: Pick<PublishOptions, 'qos' | 'signal'> = {},
  ): Promise<void> {
    const topic = this.#options.prefix.add(to.address);
    await this.sendBytes(
      { topic, payload: new Uint8Array(), qos, retain: true, properties: {} },
      { kind: 'message', pattern: to.contract.pattern, signal },
    );
  }

  /** `middleware`: instead of the application's. */
  async send(outgoing: Outgoing, middleware?: readonly PublishMiddleware[]): Promise<PublishResult> {
    const { target, options = {} } = outgoing;
    const { contract } = target;
    const topic = this.#options.prefix.add(target.address);
    this.#connected(topic);
    const payload = await encoded(contract, outgoing.payload, options);
    const { qos = contract.spec.qos, retain = contract.spec.retain, signal } = options;
    const properties = publishProperties(contract, options, this.#protocol);
    return this.sendBytes(
      { topic, payload, qos, retain, properties },
      { kind: 'message', pattern: contract.pattern, signal, middleware },
    );
  }

  /** Publishes bytes on a topic as they are. Resolves and rejects as {@link Publisher.publish}. */
  sendBytes(message: OutgoingMessage, options: SendOptions): Promise<PublishResult> {
    const { signal } = options;
    return this.#through((sent) => this.#send(sent, signal), message, options);
  }

  /** Calls the watcher for every message that the broker has taken, until the returned function is called. */
  watch(watcher: (published: PublishedByApp) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #through(
    send: (outgoing: OutgoingMessage) => Promise<PublishResult>,
    message: OutgoingMessage,
    { kind, pattern, middleware = this.#middleware }: SendOptions,
  ): Promise<PublishResult> {
    if (middleware.length === 0) return send(message);
    const { clock, logger } = this.#options;
    const clientId = this.#connected(message.topic).clientId;
    const context = { kind, pattern, clock, logger, protocolVersion: this.#protocol, clientId };
    return runPublishMiddleware(middleware, message, context, send);
  }

  async #send(message: OutgoingMessage, signal: AbortSignal | undefined): Promise<PublishResult> {
    const { topic, payload, qos, retain, properties } = message;
    const options = { qos, retain, ...properties, ...(signal && { signal }) };
    const result = await this.#connected(topic).publish(topic, payload, options);
    this.#tell(message);
    return { reasonCode: result.qos === 0 ? 0 : result.reasonCode };
  }

  #connected(topic: string): Client {
    if (this.#client) return this.#client;
    throw new Error(
      `"${topic}" can't be published before the application has started. Await app.start() first.`,
    );
  }

  #tell(published: PublishedByApp): void {
    for (const watcher of this.#watchers) watcher(published);
  }
}

/** A schema of the user's may take its time, or never end: the signal ends that wait too. */
function encoded(
  contract: Contract,
  payload: unknown,
  { contentType, signal }: PublishOptions,
): Awaitable<Uint8Array> {
  const bytes = encodePayload(contract, payload, contentType);
  return bytes instanceof Promise && signal ? orAborted(bytes, signal) : bytes;
}

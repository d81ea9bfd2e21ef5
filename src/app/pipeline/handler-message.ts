import type { AckErrorCode } from '../../client/message.js';
import {
  type MessageProperties,
  type PublishOptions,
  propertiesFrom,
  type Target,
  type TopicMessage,
} from '../../contracts/index.js';
import type { QoS } from '../../packets/packet.js';
import type { Logger } from '../logger.js';
import type { RouteRun } from './route-run.js';

/** The handler's view of its run. What a handler seldom asks for is made when it asks. */
export class HandlerMessage<Params, Payload> implements TopicMessage<Params, Payload> {
  readonly params: Params;
  readonly payload: Payload;
  readonly #run: RouteRun;
  #properties: MessageProperties | undefined;
  #log: Logger | undefined;
  #extensions: Set<string> | undefined;

  constructor(run: RouteRun, params: Params, payload: Payload) {
    this.#run = run;
    this.params = params;
    this.payload = payload;
  }

  /** Of a message that does not fit its contract: who reads its parameters or payload gets the reason. */
  static unreadable(run: RouteRun, error: unknown): HandlerMessage<unknown, unknown> {
    const message = new HandlerMessage<unknown, unknown>(run, undefined, undefined);
    const get = () => {
      throw error;
    };
    Object.defineProperties(message, { params: { get }, payload: { get } });
    return message;
  }

  get topic(): string {
    return this.#run.delivery.message.topic;
  }

  get qos(): QoS {
    return this.#run.delivery.message.qos;
  }

  get retain(): boolean {
    return this.#run.delivery.message.retain;
  }

  get duplicate(): boolean {
    return this.#run.delivery.message.duplicate;
  }

  get raw(): Uint8Array {
    return this.#run.delivery.message.payload;
  }

  get properties(): MessageProperties {
    this.#properties ??= propertiesFrom(this.#run.delivery.message);
    return this.#properties;
  }

  get attempt(): number {
    return this.#run.attempts;
  }

  get signal(): AbortSignal {
    return this.#run.handler.signal;
  }

  get log(): Logger {
    this.#log ??= this.#run.context.logger.child({ route: this.#run.route.name, topic: this.topic });
    return this.#log;
  }

  get status(): 'open' | 'acked' | 'rejected' {
    return this.#run.settlement.status;
  }

  /** For runMiddleware: the names that middleware added. */
  get '~extensions'(): Set<string> {
    this.#extensions ??= new Set();
    return this.#extensions;
  }

  text(): string {
    return this.#run.delivery.message.text();
  }

  json<T = unknown>(): T {
    return this.#run.delivery.message.json<T>();
  }

  async ack(): Promise<void> {
    this.#run.acknowledge();
  }

  async reject(code: AckErrorCode = 0x80, reason?: string): Promise<void> {
    this.#run.reject({ code, reason });
  }

  publish<In>(to: Target<In>, payload: NoInfer<In>, options?: PublishOptions): Promise<void> {
    // The payload's type was checked above; from here on it is data.
    const published = this.#run.context.publish(
      { target: to as Target, payload, ...(options && { options }) },
      this.#run.route,
    );
    this.#run.handler.publish(published);
    return published;
  }
}

import type { Driver } from './driver.js';
import type {
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  TopicFilter,
} from './options.js';
import {
  PublishCall,
  publishPacket,
  SubscribeCall,
  subscribePacket,
  UnsubscribeCall,
  unsubscribePacket,
} from './requests.js';

export type Filters = string | TopicFilter | readonly (string | TopicFilter)[];

const handedOver = Promise.resolve<PublishResult>({ qos: 0 });

/** What the application asks of the server, as promises. A mistake of the caller rejects, it never throws. */
export class Requester {
  readonly #driver: Driver;
  readonly #protocolVersion: 4 | 5;
  readonly #admit: (signal: AbortSignal | undefined) => void;

  /** `admit` throws where no request may be made, or no more. */
  constructor(driver: Driver, protocolVersion: 4 | 5, admit: (signal: AbortSignal | undefined) => void) {
    this.#driver = driver;
    this.#protocolVersion = protocolVersion;
    this.#admit = admit;
  }

  publish(topic: string, payload?: Payload, options: PublishOptions = {}): Promise<PublishResult> {
    try {
      this.#admit(options.signal);
      const packet = publishPacket(topic, payload, options);
      if (packet.qos === 0 && this.#driver.session.publishAtOnce(packet)) return handedOver;
      return new Promise((resolve, reject) => {
        const call = new PublishCall(packet, this.#protocolVersion, resolve, reject, options.signal);
        this.#driver.session.publish(call);
        if (options.signal) call.watchSignal(() => this.#driver.withdraw(call));
        this.#driver.regulate();
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  subscribe(filters: Filters, options: SubscribeOptions = {}): Promise<readonly Granted[]> {
    return new Promise((resolve, reject) => {
      this.#admit(options.signal);
      const call = new SubscribeCall(subscribePacket(filters, options), options, resolve, reject);
      this.#driver.session.subscribe(call);
      call.watchSignal();
      this.#driver.regulate();
    });
  }

  unsubscribe(
    filters: string | readonly string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<readonly Granted[]> {
    return new Promise((resolve, reject) => {
      this.#admit(options.signal);
      const call = new UnsubscribeCall(unsubscribePacket(filters), resolve, reject, options.signal);
      this.#driver.session.unsubscribe(call);
      call.watchSignal();
      this.#driver.regulate();
    });
  }
}

import type { OfflineLimits } from '../session/waiting-publishes.js';
import type { Clock } from '../time/clock.js';
import type { Driver } from './driver.js';
import type {
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  TopicFilter,
  UnsubscribeOptions,
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

export interface RequesterSettings {
  readonly protocolVersion: 4 | 5;
  readonly offline: OfflineLimits | undefined;
  readonly clock: Clock;
}

/** Who knows whether a request may be made. */
export interface Gate {
  /** Throws where no request may be made any more. False: there is no connection now. */
  admit(signal: AbortSignal | undefined): boolean;
  /** For what does not wait for a connection. */
  offlineError(): Error;
}

/** What the application asks of the server, as promises. A mistake of the caller rejects, it never throws. */
export class Requester {
  readonly #driver: Driver;
  readonly #settings: RequesterSettings;
  readonly #gate: Gate;

  constructor(driver: Driver, settings: RequesterSettings, gate: Gate) {
    this.#driver = driver;
    this.#settings = settings;
    this.#gate = gate;
  }

  publish(topic: string, payload?: Payload, options: PublishOptions = {}): Promise<PublishResult> {
    try {
      const isOnline = this.#gate.admit(options.signal);
      const packet = publishPacket(topic, payload, options);
      if (packet.qos === 0 && isOnline && this.#driver.session.publishAtOnce(packet)) return handedOver;
      return new Promise((resolve, reject) => {
        const { protocolVersion } = this.#settings;
        const { signal } = options;
        const call = new PublishCall(
          packet,
          this.#expiryOf(options),
          protocolVersion,
          resolve,
          reject,
          signal,
        );
        if (isOnline) this.#driver.session.publish(call);
        else this.#publishOffline(call);
        if (signal) call.watchSignal(() => this.#driver.withdraw(call));
        this.#driver.regulate();
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  subscribe(filters: Filters, options: SubscribeOptions = {}): Promise<readonly Granted[]> {
    return new Promise((resolve, reject) => {
      if (!this.#gate.admit(options.signal)) throw this.#gate.offlineError();
      const call = new SubscribeCall(subscribePacket(filters, options), options, resolve, reject);
      this.#driver.session.subscribe(call);
      call.watchSignal();
      this.#driver.regulate();
    });
  }

  unsubscribe(
    filters: string | readonly string[],
    options: UnsubscribeOptions = {},
  ): Promise<readonly Granted[]> {
    return new Promise((resolve, reject) => {
      const isOnline = this.#gate.admit(options.signal);
      const call = new UnsubscribeCall(unsubscribePacket(filters, options), resolve, reject, options.signal);
      if (isOnline) this.#driver.session.unsubscribe(call);
      else this.#driver.session.unsubscribeOffline(call);
      call.watchSignal();
      this.#driver.regulate();
    });
  }

  #publishOffline(call: PublishCall): void {
    const { offline } = this.#settings;
    if (!offline || (call.packet.qos === 0 && !offline.qos0)) throw this.#gate.offlineError();
    this.#driver.session.publishOffline(call, offline);
  }

  #expiryOf({ messageExpiryInterval }: PublishOptions): number | undefined {
    return messageExpiryInterval === undefined
      ? undefined
      : this.#settings.clock.now() + messageExpiryInterval * 1_000;
  }
}

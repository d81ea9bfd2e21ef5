import type { BrokerLimits } from '../settings.js';
import { isExpired, type Message, messageSize, ownPayload } from './message.js';

/** The last retained message of each topic. MQTT 5.0, 3.3.1.3. */
export class Retained {
  readonly #limits: BrokerLimits;
  readonly #byTopic = new Map<string, Message>();
  #bytes = 0;

  constructor(limits: BrokerLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#byTopic.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Stores, replaces, or with an empty payload deletes [MQTT-3.3.1-5 to -7]. False if there is no room for it. */
  put(message: Message, now: number): boolean {
    if (!this.#hasRoom(message)) this.#forgetExpired(now);
    if (!this.#hasRoom(message)) return false;
    this.#delete(message.topic);
    if (message.payload.length === 0) return true;
    ownPayload(message);
    this.#byTopic.set(message.topic, message);
    this.#bytes += messageSize(message);
    return true;
  }

  get(topic: string, now: number): Message | undefined {
    const message = this.#byTopic.get(topic);
    if (message === undefined || !isExpired(message, now)) return message;
    this.#delete(topic);
    return undefined;
  }

  /** In the order in which they were retained. */
  all(now: number): Message[] {
    this.#forgetExpired(now);
    return [...this.#byTopic.values()];
  }

  clear(): void {
    this.#byTopic.clear();
    this.#bytes = 0;
  }

  #hasRoom(message: Message): boolean {
    if (message.payload.length === 0) return true;
    const old = this.#byTopic.get(message.topic);
    if (old === undefined && this.#byTopic.size >= this.#limits.retainedMessages) return false;
    const freed = old === undefined ? 0 : messageSize(old);
    return this.#bytes - freed + messageSize(message) <= this.#limits.retainedBytes;
  }

  #forgetExpired(now: number): void {
    for (const message of this.#byTopic.values()) if (isExpired(message, now)) this.#delete(message.topic);
  }

  #delete(topic: string): void {
    const message = this.#byTopic.get(topic);
    if (message === undefined) return;
    this.#byTopic.delete(topic);
    this.#bytes -= messageSize(message);
  }
}

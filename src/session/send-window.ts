import type { PublishExchange } from './exchange.js';

/** How many publishes may be unacknowledged on one connection, and how many are. [MQTT-4.9.0-1] */
export class SendWindow {
  #slots = 0;
  #used = 0;
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get hasRoom(): boolean {
    return this.#used < this.#slots;
  }

  open(slots: number): void {
    this.#slots = slots;
    this.#isOpen = true;
  }

  /** Whoever has a slot is to be told by the caller. */
  close(): void {
    this.#isOpen = false;
    this.#used = 0;
  }

  /** Also beyond the number of slots: a PUBREL does not ask. */
  take(exchange: PublishExchange): void {
    if (exchange.hasSlot || !this.#isOpen) return;
    exchange.hasSlot = true;
    this.#used++;
  }

  free(exchange: PublishExchange): void {
    if (exchange.hasSlot) this.#used--;
    exchange.hasSlot = false;
  }
}

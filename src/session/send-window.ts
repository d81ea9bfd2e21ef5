import type { PublishPacket } from '../packets/packet.js';
import type { Effects } from './effects.js';
import type { PublishExchange } from './exchange.js';
import { misfit } from './limit-checks.js';
import type { ServerLimits } from './server-limits.js';
import type { SessionSettings } from './settings.js';
import { type OutboundAliases, outboundAliases } from './topic-aliases.js';

/** What a new connection is like for publishes. */
export interface Opened {
  readonly slots: number;
  /** Undefined where there are none to give. */
  readonly aliases: OutboundAliases | undefined;
  /** What the server has against a publish. */
  readonly unfit: (packet: PublishPacket) => Error | undefined;
  readonly now: number;
}

export function openedWith(
  limits: ServerLimits,
  settings: SessionSettings,
  effects: Effects,
  now: number,
): Opened {
  return {
    slots: Math.min(limits.receiveMaximum, settings.sendMaximum),
    aliases: outboundAliases(limits, settings.outboundAliases, effects),
    unfit: (publish) => misfit(publish, limits, settings.protocolVersion),
    now,
  };
}

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

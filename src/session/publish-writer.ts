import type { PublishPacket } from '../packets/packet.js';
import type { Effects } from './effects.js';
import type { PublishExchange } from './exchange.js';
import type { OutboundAliases } from './topic-aliases.js';

/** Writes PUBLISH packets: a new one with an alias where there is one for its topic, one that was sent before with DUP and its topic in full. */
export class PublishWriter {
  readonly #effects: Effects;
  #aliases: OutboundAliases | undefined;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** A connection stands; `aliases` is undefined where there are none to give. */
  open(aliases: OutboundAliases | undefined): void {
    this.#aliases = aliases;
  }

  write(exchange: PublishExchange): void {
    const { request, wasSent } = exchange;
    exchange.wasSent = true;
    if (!wasSent) {
      this.writeFirst(request.packet);
      return;
    }
    request.wasResent = request.packet.duplicate = true;
    this.#effects.send(request.packet);
  }

  writeFirst(packet: PublishPacket): void {
    if (this.#aliases) this.#aliases.write(packet);
    else this.#effects.send(packet);
  }
}

// Numbers that stand for topics, each direction on its own, both for one connection only. MQTT 5.0, 3.3.2.3.4.
import { ProtocolError } from '../packets/errors.js';
import type { PublishPacket } from '../packets/packet.js';
import type { Effects } from './effects.js';
import { isTooBig } from './limit-checks.js';
import type { ServerLimits } from './server-limits.js';

/** What the server's aliases stand for. */
export class InboundAliases {
  /** As CONNECT announced it. */
  readonly #maximum: number;
  readonly #topics = new Map<number, string>();

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Writes the topic into a packet that has an alias. Throws a ProtocolError for an alias that is not allowed, or stands for nothing. */
  resolve(packet: PublishPacket, alias: number): void {
    if (alias === 0 || alias > this.#maximum) {
      const allowed =
        this.#maximum === 0 ? 'this client allows none' : `this client allows 1 to ${this.#maximum}`;
      throw new ProtocolError(0x94, `The server sent the topic alias ${alias}, but ${allowed}.`);
    }
    if (packet.topic !== '') {
      this.#topics.set(alias, packet.topic);
      return;
    }
    const topic = this.#topics.get(alias);
    if (topic === undefined) {
      throw new ProtocolError(
        0x82,
        `The server sent the topic alias ${alias} without a topic, and none was given to it before.`,
      );
    }
    packet.topic = topic;
  }

  /** A new connection knows none. */
  clear(): void {
    this.#topics.clear();
  }
}

/** For a new connection; undefined where either side wants none. */
export function outboundAliases(
  limits: ServerLimits,
  atMost: number,
  effects: Effects,
): OutboundAliases | undefined {
  const maximum = Math.min(limits.topicAliasMaximum, atMost);
  return maximum > 0 ? new OutboundAliases(maximum, limits, (packet) => effects.send(packet)) : undefined;
}

/** Below this many characters an alias, which takes three bytes, saves next to nothing. */
const shortest = 6;

/**
 * Gives aliases to the topics that are published, and takes the one that was not used for longest for the next when none is left. One for each connection.
 * An alias is given in the moment in which its packet is written, and the packet itself stays as it is: a resend on another connection has its topic.
 */
export class OutboundAliases {
  readonly #maximum: number;
  readonly #limits: ServerLimits;
  readonly #write: (packet: PublishPacket) => void;
  /** The least recently used first. */
  readonly #aliases = new Map<string, number>();

  constructor(maximum: number, limits: ServerLimits, write: (packet: PublishPacket) => void) {
    this.#maximum = maximum;
    this.#limits = limits;
    this.#write = write;
  }

  /** Writes a packet that was not sent before. Throws what `write` throws, and then has given nothing. */
  write(packet: PublishPacket): void {
    const { topic } = packet;
    if (topic.length < shortest) {
      this.#write(packet);
      return;
    }
    const known = this.#aliases.get(topic);
    if (known !== undefined) {
      this.#write({ ...packet, topic: '', properties: { ...packet.properties, topicAlias: known } });
      this.#aliases.delete(topic);
      this.#aliases.set(topic, known);
      return;
    }
    const [oldest] = this.#aliases.size < this.#maximum ? [undefined] : this.#aliases;
    const alias = oldest ? oldest[1] : this.#aliases.size + 1;
    const aliased = { ...packet, properties: { ...packet.properties, topicAlias: alias } };
    if (isTooBig(aliased, this.#limits, 5)) {
      this.#write(packet);
      return;
    }
    this.#write(aliased);
    if (oldest) this.#aliases.delete(oldest[0]);
    this.#aliases.set(topic, alias);
  }
}

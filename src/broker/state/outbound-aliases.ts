import type { PublishPacket } from '../../packets/packet.js';

/**
 * The topic aliases that the broker gives on one connection: to the topics that it sent last, as many as the client takes. They die with the
 * connection [MQTT-3.3.2-7]. MQTT 5.0, 3.3.2.3.4.
 */
export class OutboundAliases {
  readonly #maximum: number;
  /** Longest unused first. */
  readonly #byTopic = new Map<string, number>();

  /** `maximum` is from 1 on, and not above the client's Topic Alias Maximum [MQTT-3.1.2-26]. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** Sends the PUBLISH with the alias in place of its topic, or beside it for the client to learn. False if it is too large either way. */
  send(packet: PublishPacket, connection: { send(packet: PublishPacket): boolean }): boolean {
    const { topic } = packet;
    const known = this.#byTopic.get(topic);
    const topicAlias = known ?? this.#nextAlias();
    const properties = { ...packet.properties, topicAlias };
    const aliased = { ...packet, topic: known === undefined ? topic : '', properties };
    // The alias takes room too, and may be what is too much.
    if (!connection.send(aliased)) return connection.send(packet);
    this.#use(topic, topicAlias);
    return true;
  }

  /** A number that nobody has, or that of the topic longest unused. */
  #nextAlias(): number {
    const { size } = this.#byTopic;
    if (size < this.#maximum) return size + 1;
    const [longestUnused = 1] = this.#byTopic.values();
    return longestUnused;
  }

  #use(topic: string, alias: number): void {
    if (!this.#byTopic.delete(topic) && this.#byTopic.size >= this.#maximum) {
      const [longestUnused = topic] = this.#byTopic.keys();
      this.#byTopic.delete(longestUnused);
    }
    this.#byTopic.set(topic, alias);
  }
}

import type { Packet } from '../../packets/packet.js';

type Sender = 'client' | 'broker';

/** What the packets of one client are about: an acknowledgement names no topic, the packet that it answers does. */
export class Subjects {
  /** By who chose the packet identifier. They outlive a connection, as the identifiers do. */
  readonly #byId = {
    client: new Map<number, readonly string[]>(),
    broker: new Map<number, readonly string[]>(),
  };
  /** By who set the alias; they end with the connection. MQTT 5.0, 3.3.2.3.4. */
  readonly #aliases = { client: new Map<number, string>(), broker: new Map<number, string>() };

  topicsOf(packet: Packet, from: Sender): readonly string[] {
    const to = from === 'client' ? 'broker' : 'client';
    switch (packet.type) {
      case 'connect':
        this.#aliases.client.clear();
        this.#aliases.broker.clear();
        return [];
      case 'publish': {
        const topics = [this.#topicOf(packet.topic, packet.properties?.topicAlias, from)];
        if (packet.packetId !== undefined) this.#byId[from].set(packet.packetId, topics);
        return topics;
      }
      case 'subscribe':
        return this.#keep(
          packet.packetId,
          packet.subscriptions.map(({ filter }) => filter),
        );
      case 'unsubscribe':
        return this.#keep(packet.packetId, packet.filters);
      case 'suback':
      case 'unsuback':
        return this.#byId.client.get(packet.packetId) ?? [];
      case 'pubrel':
        return this.#byId[from].get(packet.packetId) ?? [];
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        return this.#byId[to].get(packet.packetId) ?? [];
      default:
        return [];
    }
  }

  #keep(packetId: number, filters: readonly string[]): readonly string[] {
    this.#byId.client.set(packetId, filters);
    return filters;
  }

  #topicOf(topic: string, alias: number | undefined, from: Sender): string {
    if (alias === undefined) return topic;
    if (topic === '') return this.#aliases[from].get(alias) ?? '';
    this.#aliases[from].set(alias, topic);
    return topic;
  }
}

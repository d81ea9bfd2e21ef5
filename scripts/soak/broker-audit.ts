import { PacketDecoder } from '../../src/packets/index.js';
import type { Packet } from '../../src/packets/packet.js';

/**
 * Reads along what the broker sends to the one client that receives, and notes what the broker, not the client, did twice: a QoS 2 message
 * sent again after its PUBREL, which [MQTT-4.3.3-6] forbids, and which to any client is a new message. mosquitto 2.0.11 does it when a connection ends while
 * it still has PUBRELs to send again (db__message_reconnect_reset_outgoing).
 */
export class BrokerAudit {
  /** The QoS 2 message that each packet identifier stands for. */
  readonly #messages = new Map<number, number>();
  readonly #released = new Set<number>();
  /** The numbers of the messages that the broker sent again although it had released them. */
  readonly repeated = new Set<number>();

  /** Takes what the client gets on a new connection. */
  connection(): (bytes: Uint8Array) => void {
    const decoder = new PacketDecoder({ receiver: 'client', protocolVersion: 5 });
    return (bytes) => decoder.push(bytes, (packet) => this.#read(packet));
  }

  #read(packet: Packet): void {
    if (packet.type === 'publish' && packet.qos === 2) {
      const message = Number(Buffer.from(packet.payload).toString());
      this.#messages.set(packet.packetId!, message); // QoS 2 has one
      if (this.#released.has(message)) this.repeated.add(message);
    } else if (packet.type === 'pubrel') {
      const message = this.#messages.get(packet.packetId);
      if (message !== undefined) this.#released.add(message);
    }
  }
}

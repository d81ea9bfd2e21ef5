import type { Application } from '../app/lifecycle/application.js';
import type { DeliveryReport } from '../app/pipeline/delivery.js';
import type { Client } from '../client/client.js';
import { connect } from '../client/connect.js';
import type { Endpoint } from '../client/endpoint.js';
import { matches } from '../topics/index.js';
import type { DeliveryAck, DeviceMessage, TestDevice, UnderWay } from './test-device.js';

/** Publishes to a real broker over a connection of its own; what becomes of a message is known from the application alone. */
export class RealDevice implements TestDevice {
  readonly #app: Application;
  readonly #client: Client;
  readonly #protocol: 4 | 5;

  private constructor(app: Application, client: Client, protocol: 4 | 5) {
    this.#app = app;
    this.#client = client;
    this.#protocol = protocol;
  }

  static async connect(app: Application, url: Endpoint, protocol: 4 | 5): Promise<RealDevice> {
    return new RealDevice(app, await connect(url, { protocol }), protocol);
  }

  async publish(message: DeviceMessage): Promise<UnderWay> {
    const { topic, payload, qos, retain, properties } = message;
    // Taken before: the broker may deliver before it acknowledges.
    const expected = this.#expectedIdentifiers(topic);
    await this.#client.publish(topic, payload, { qos, retain, ...(this.#protocol === 5 && properties) });
    return {
      isComplete: (reports) => {
        if (expected.length === 0) return true;
        if (reports.length === 0) return false;
        const seen = new Set(reports.flatMap(({ message }) => message.subscriptionIdentifiers));
        // Without identifiers the broker sends one copy, or more that nobody can tell apart.
        return seen.size === 0 || expected.every((identifier) => seen.has(identifier));
      },
      isWaiting: () => false,
      acks: (reports) => reports.flatMap((report) => this.#ack(report)),
    };
  }

  async settled(): Promise<void> {
    do {
      await this.#app.pipeline?.idle();
      await this.#app.client?.drain();
    } while ((this.#app.pipeline?.open ?? 0) > 0);
  }

  close(): Promise<void> {
    return this.#client.disconnect();
  }

  #expectedIdentifiers(topic: string): number[] {
    const groups = this.#app.booted?.groups ?? [];
    return groups.filter(({ filter }) => matches(filter, topic)).map(({ identifier }) => identifier);
  }

  #ack({ message, reasonCode }: DeliveryReport): DeliveryAck[] {
    if (reasonCode === undefined || message.ackState !== 'sent') return [];
    // MQTT 3.1.1 has no reason codes: a rejection is an acknowledgement there.
    return [
      { packet: message.qos === 1 ? 'puback' : 'pubrec', reasonCode: this.#protocol === 5 ? reasonCode : 0 },
    ];
  }
}

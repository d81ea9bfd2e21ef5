import type { Application } from '../app/lifecycle/application.js';
import type { DeliveryReport } from '../app/pipeline/delivery.js';
import type { Client } from '../client/client.js';
import { connect } from '../client/connect.js';
import type { Endpoint } from '../client/endpoint.js';
import type { ClientOptions } from '../client/options.js';
import { RequestTimeoutError } from '../client/request-reply.js';
import { orAborted } from '../time/or-aborted.js';
import { matches } from '../topics/index.js';
import type { DeliveryAck, DeviceMessage, DeviceReply, TestDevice, UnderWay } from './test-device.js';

/** Publishes to a real broker over a connection of its own; what becomes of a message is known from the application alone. */
export class RealDevice implements TestDevice {
  readonly #app: Application;
  readonly #client: Client;
  readonly #protocol: 4 | 5;
  /** Milliseconds. */
  readonly #patience: number;

  private constructor(app: Application, client: Client, protocol: 4 | 5, patience: number) {
    this.#app = app;
    this.#client = client;
    this.#protocol = protocol;
    this.#patience = patience;
  }

  /** Under a name of its own, with the application's credentials. `patience`: milliseconds until a request has no reply. */
  static async connect(
    app: Application,
    url: Endpoint,
    { protocol = 5, username, password }: Pick<ClientOptions, 'protocol' | 'username' | 'password'>,
    patience: number,
  ): Promise<RealDevice> {
    const credentials = {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    };
    const client = await connect(url, { protocol, ...credentials });
    const { server } = await client.connected();
    return new RealDevice(app, client, server.protocolVersion, patience);
  }

  async publish(message: DeviceMessage): Promise<UnderWay> {
    const { topic, payload, qos, retain, duplicate, properties } = message;
    if (duplicate)
      throw new Error(
        `This test runs on a real broker, which alone decides what is a duplicate: { duplicate: true } on "${topic}" needs the FakeBroker. Leave { broker: url } out.`,
      );
    // Taken before: the broker may deliver before it acknowledges.
    const expected = this.#expectedIdentifiers(topic);
    await this.#client.publish(topic, payload, { qos, retain, ...(this.#protocol === 5 && properties) });
    return {
      expects: (reports) => isMissing(expected, reports),
      isWaiting: (reports) => isMissing(expected, reports),
      settled: () => this.settled(),
      acks: (reports) => reports.flatMap((report) => this.#ack(report)),
    };
  }

  async request({ topic, payload, qos, properties }: DeviceMessage): Promise<DeviceReply | undefined> {
    try {
      return await this.#client.request(topic, payload, { qos, ...properties, timeout: this.#patience });
    } catch (error) {
      if (error instanceof RequestTimeoutError) return undefined;
      throw error;
    } finally {
      await this.settled();
    }
  }

  async settled(): Promise<void> {
    const { stopped } = this.#app;
    do {
      await orAborted(this.#app.pipeline?.idle() ?? Promise.resolve(), stopped).catch(() => undefined); // stopped: nothing settles any more
      await this.#app.client?.drain();
    } while (!stopped.aborted && (this.#app.pipeline?.open ?? 0) > 0);
  }

  close(): Promise<void> {
    return this.#client.disconnect();
  }

  #expectedIdentifiers(topic: string): number[] {
    const groups = this.#app.subscriptions?.groups ?? [];
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

/** Whether the report of a copy is still to come: each subscription has one, where the broker has identifiers. */
function isMissing(expected: readonly number[], reports: readonly DeliveryReport[]): boolean {
  if (expected.length === 0) return false;
  if (reports.length === 0) return true;
  const seen = new Set(reports.flatMap(({ message }) => message.subscriptionIdentifiers));
  // Without identifiers the broker sends one copy, or more that nobody can tell apart.
  return seen.size > 0 && !expected.every((identifier) => seen.has(identifier));
}

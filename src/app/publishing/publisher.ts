import type { Client } from '../../client/client.js';
import { encodePayload, type Outgoing, type PublishOptions, type Target } from '../../contracts/index.js';
import type { PublishProperties, QoS } from '../../packets/packet.js';

/** Publishes what fits its contract. Inject it: `@Inject(Publisher)`. */
export abstract class Publisher {
  /**
   * Encodes and checks the payload, publishes it with the contract's QoS (1 unless it says otherwise) and options. Resolves
   * at PUBACK or PUBCOMP; at QoS 0 when the bytes are handed over. Rejects with `InvalidMessage` for a payload that does not fit, and as the client's
   * `publish` does.
   */
  abstract publish<In>(
    to: Target<In>,
    payload: NoInfer<In>,
    options?: PublishOptions,
  ): Promise<{ readonly reasonCode: number }>;
}

/** A message that the broker has taken from this application. */
export interface PublishedByApp {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties;
}

/** The publisher of one application, over the client that it has at the time. */
export class AppPublisher extends Publisher {
  readonly #watchers = new Set<(published: PublishedByApp) => void>();
  #client: Client | undefined;
  #protocol: 4 | 5 = 5;

  /** From now on publishes go over this client. */
  use(client: Client, protocol: 4 | 5): void {
    this.#client = client;
    this.#protocol = protocol;
  }

  override publish<In>(
    to: Target<In>,
    payload: NoInfer<In>,
    options?: PublishOptions,
  ): Promise<{ readonly reasonCode: number }> {
    // The payload's type was checked above; from here on it is data.
    return this.send({ target: to as Target, payload, ...(options && { options }) });
  }

  async send(outgoing: Outgoing): Promise<{ readonly reasonCode: number }> {
    const { target, options = {} } = outgoing;
    const { address: topic, contract } = target;
    if (!this.#client) {
      throw new Error(
        `"${topic}" can't be published before the application has started. Await app.start() first.`,
      );
    }
    const payload = await encodePayload(contract, outgoing.payload);
    const { qos = contract.spec.qos, retain = contract.spec.retain, contentType, userProperties } = options;
    // A contract says it for whoever can: MQTT 3.1.1 has no expiry. Asked for in the call, it is refused there.
    const expiry = this.#protocol === 5 ? contract.spec.messageExpiryInterval : undefined;
    const { messageExpiryInterval = expiry } = options;
    const properties: PublishProperties = {
      ...(contentType !== undefined && { contentType }),
      ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
      ...(userProperties !== undefined && { userProperties: [...userProperties] }),
    };
    return this.sendBytes({ topic, payload, qos, retain, properties });
  }

  /** Publishes what is bytes already, on a topic as it is. */
  async sendBytes(message: PublishedByApp): Promise<{ readonly reasonCode: number }> {
    const { topic, payload, qos, retain, properties } = message;
    if (!this.#client) {
      throw new Error(
        `"${topic}" can't be published before the application has started. Await app.start() first.`,
      );
    }
    const result = await this.#client.publish(topic, payload, { qos, retain, ...properties });
    for (const watcher of this.#watchers) watcher(message);
    return { reasonCode: result.qos === 0 ? 0 : result.reasonCode };
  }

  /** Calls the watcher for every message that the broker has taken, until the returned function is called. */
  watch(watcher: (published: PublishedByApp) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}

import type { ProtocolVersion } from '../../../src/packets/packet.js';
import { FakeBroker, type FakeBrokerOptions } from '../../../src/testing/fake-broker.js';
import { VirtualClock } from '../../../src/time/index.js';
import { RawClient } from './raw-client.js';

/** A FakeBroker on a clock of its own, with raw clients. */
export class FakeWorld implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly broker: FakeBroker;

  constructor(options: FakeBrokerOptions = {}) {
    this.broker = new FakeBroker({ clock: this.clock, ...options });
  }

  /** A connection on which nothing was said yet. */
  async open(version: ProtocolVersion = 5): Promise<RawClient> {
    return new RawClient(await this.broker.endpoint.connect(), version);
  }

  async client(
    clientId: string,
    options: Parameters<RawClient['connect']>[0] = {},
    version: ProtocolVersion = 5,
  ): Promise<RawClient> {
    const client = await this.open(version);
    const { reasonCode } = await client.connect({ clientId, ...options });
    if (reasonCode !== 0) throw new Error(`The broker refused ${clientId} with ${reasonCode}.`);
    return client;
  }

  /** Drops the connection without a word and waits until the broker has noticed. */
  async drop(client: RawClient): Promise<void> {
    client.drop();
    await client.rest();
    await this.clock.settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.close();
  }
}

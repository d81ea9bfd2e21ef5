import type { Application } from '../app/lifecycle/application.js';
import type { FakeBroker } from './fake-broker.js';
import { type Patience, Settling } from './settling.js';
import type { DeliveryAck, DeviceMessage, DeviceReply, TestDevice, UnderWay } from './test-device.js';

/** Publishes through the fake broker, which tells of every copy and its acknowledgements. */
export class FakeDevice implements TestDevice {
  readonly #app: Application;
  readonly #broker: FakeBroker;
  readonly #settling: Settling;
  #requests = 0;

  /** `patience`: how long everything may take to settle. */
  constructor(app: Application, broker: FakeBroker, patience: Patience) {
    this.#app = app;
    this.#broker = broker;
    this.#settling = new Settling(app, broker, patience);
  }

  async publish(message: DeviceMessage): Promise<UnderWay> {
    const clientId = this.#app.client?.clientId ?? '';
    const { faults } = this.#broker;
    const mark = this.#settling.mark;
    const before = faults.duplicatesOf(clientId, message.topic);
    const delivery = this.#broker.publish(message);
    const copies = () => delivery.copies.filter((copy) => copy.clientId === clientId);
    const sent = () => copies().reduce((sum, copy) => sum + copy.sent, 0);
    return {
      // What was written to the application comes back as a report, unless a fault kept it.
      expects: (reports) => reports.length < sent() + faults.duplicatesOf(clientId, message.topic) - before,
      isWaiting: (reports) => {
        const owed = copies().some(({ end }) => end === undefined);
        return owed && reports.length < Math.max(1, sent());
      },
      settled: () => this.#settling.settled(mark),
      acks: () =>
        copies().flatMap(({ acks }) =>
          acks.flatMap(({ packet, ...said }): DeliveryAck[] =>
            packet === 'pubcomp' ? [] : [{ packet, ...said }],
          ),
        ),
    };
  }

  async request(message: DeviceMessage): Promise<DeviceReply | undefined> {
    this.#requests += 1;
    const responseTopic = `topicwise/test-replies/${this.#app.client?.clientId}/${this.#requests}`;
    const correlationData = Uint8Array.of(0xff, 0x00, this.#requests & 0xff); // no text: nobody may take it for one
    const properties = { ...message.properties, responseTopic, correlationData };
    const { settled } = await this.publish({ ...message, properties });
    await settled();
    const reply = this.#broker.published.findLast(
      ({ topic, properties: { correlationData: data } }) =>
        topic === responseTopic && data !== undefined && Buffer.compare(data, correlationData) === 0,
    );
    return reply && { payload: reply.payload, ...reply.properties };
  }

  settled(): Promise<void> {
    return this.#settling.settled();
  }

  async close(): Promise<void> {}
}

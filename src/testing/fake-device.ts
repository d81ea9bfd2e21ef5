import { setImmediate } from 'node:timers';
import type { Application } from '../app/lifecycle/application.js';
import { orAborted } from '../time/or-aborted.js';
import type { FakeBroker } from './fake-broker.js';
import type { DeliveryAck, DeviceMessage, TestDevice, UnderWay } from './test-device.js';

/** Publishes through the fake broker, which tells of every copy and its acknowledgements. */
export class FakeDevice implements TestDevice {
  readonly #app: Application;
  readonly #broker: FakeBroker;

  constructor(app: Application, broker: FakeBroker) {
    this.#app = app;
    this.#broker = broker;
  }

  async publish(message: DeviceMessage): Promise<UnderWay> {
    const delivery = this.#broker.publish(message);
    const clientId = this.#app.client?.clientId;
    const copies = () => delivery.copies.filter((copy) => copy.clientId === clientId);
    return {
      // What was written to the application comes back as a report; what still waits at the broker does not.
      isComplete: (reports) => reports.length >= copies().reduce((sum, { sent }) => sum + sent, 0),
      isWaiting: () => copies().some(({ end, sent }) => end === undefined && sent === 0),
      acks: () =>
        copies().flatMap(({ acks }) =>
          acks.flatMap(({ packet, ...said }): DeliveryAck[] =>
            packet === 'pubcomp' ? [] : [{ packet, ...said }],
          ),
        ),
    };
  }

  async settled(): Promise<void> {
    do {
      // Nothing settles behind an application that no longer waits.
      await orAborted(this.#app.pipeline?.idle() ?? Promise.resolve(), this.#app.stopped).catch(
        () => undefined,
      );
      await this.#broker.whenIdle();
      // What has arrived may go on in promises: they have run when the event loop turns.
      await new Promise((resolve) => setImmediate(resolve));
    } while (!this.#isQuiet());
  }

  async close(): Promise<void> {}

  #isQuiet(): boolean {
    if (this.#app.stopped.aborted) return true;
    const { inFlightOut = 0, queuedOut = 0 } = this.#app.client?.stats() ?? {};
    const connected = this.#app.client?.state.state === 'connected';
    return (
      this.#broker.idle &&
      (this.#app.pipeline?.open ?? 0) === 0 &&
      (!connected || inFlightOut + queuedOut === 0)
    );
  }
}

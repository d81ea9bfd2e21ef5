import type { FakeBroker } from './fake-broker.js';

const brokers = new WeakMap<object, FakeBroker>();

/** Notes which fake broker saw what an application under test, or one of its deliveries, did. */
export function witness(subject: object, broker: FakeBroker | undefined): void {
  if (broker !== undefined) brokers.set(subject, broker);
}

/** Undefined where a real broker saw it. */
export function witnessOf(subject: object): FakeBroker | undefined {
  return brokers.get(subject);
}

import type { Provider } from '../app/injection/provider.js';
import type { App, AppOptions, ConnectionOptions } from '../app/lifecycle/app.js';
import { Application } from '../app/lifecycle/application.js';
import type { PublishedByApp } from '../app/publishing/publisher.js';
import type { Clock, Random } from '../time/clock.js';
import { type Duration, parseDuration, systemClock } from '../time/index.js';
import { seededRandom } from '../time/seeded-random.js';
import { FakeBroker } from './fake-broker.js';
import { FakeDevice } from './fake-device.js';
import { HandlerProbes } from './handler-probes.js';
import { RealDevice } from './real-device.js';
import { type LogEntry, recordingLogger } from './recording-logger.js';
import { TestApp } from './test-app.js';
import type { TestDevice } from './test-device.js';

/** Tells the chance of applications from the broker's own under the same seed. */
const APPLICATION_SEED = 0xa99;
/** How many applications were started on a broker. */
const applications = new WeakMap<FakeBroker, number>();

/** Where a test application runs, and what is different in it. */
export interface TestAppOptions {
  /** Providers that take the place of the application's own, in this test only. */
  override?: readonly Provider[];
  /** A FakeBroker of the test's, or the address of a real one. Default: a new FakeBroker. */
  broker?: FakeBroker | string | URL;
  /** Of the new FakeBroker, and of the application on it. Default `'virtual'`. */
  clock?: 'virtual' | 'real';
  /**
   * For how long `deliver` and `settled` wait until they reject: on the clock of a fake broker, default '1h'; on a real one for each message, of the machine's
   * time, default '10s'.
   */
  patience?: Duration;
  /**
   * For how long `deliver` and `settled` wait while nothing happens and the clock of the fake broker stands still, of the machine's time: for a handler that waits
   * for a file or another server, or for ever. Default '4s': less than the 5 s after which Vitest ends a test, so that the test says what is waited for. Without
   * meaning where the clock is the machine's.
   */
  machinePatience?: Duration;
}

/**
 * Starts a copy of the application, with a container and a publisher of its own, on a fake broker or a real one. The application itself is left alone; of its connection everything but
 * the address counts. Rejects as `app.start()` does, and with a `ConnectError` where the test's own device can't reach the real broker.
 */
export async function createTestApp(app: App | AppOptions, options: TestAppOptions = {}): Promise<TestApp> {
  const original = app instanceof Application ? app : new Application(app as AppOptions); // the only implementation of App
  const fake = fakeOf(options);
  const patience = parseDuration(options.patience ?? (fake ? '1h' : '10s'));
  const machinePatience = parseDuration(options.machinePatience ?? '4s');
  const url = fake ? fake.endpoint : (options.broker as string | URL); // not a FakeBroker, and fakeOf made one if there was nothing
  const probes = new HandlerProbes();
  const logs: LogEntry[] = [];
  const clock: Clock = fake ? fake.clock : systemClock;
  const settings: Partial<ConnectionOptions> = settingsOf(original.options);
  const copy = original.with(
    {
      connection: { ...(fake && { random: chanceOn(fake) }), ...settings, url },
      providers: [...(original.options.providers ?? []), ...(options.override ?? [])],
      logger: recordingLogger(logs, original.options.logger),
      clock,
    },
    ({ routes }) => probes.watch(routes),
  );
  const published: PublishedByApp[] = [];
  copy.publisher.watch((each) => published.push(each)); // hooks publish before the start is over
  const ownsFake = fake !== options.broker;
  let device: TestDevice;
  try {
    await copy.start();
    device = fake
      ? new FakeDevice(copy, fake, { patience, machinePatience })
      : await RealDevice.connect(copy, url, settings, patience);
  } catch (error) {
    await copy.stop({ timeout: 0 }); // of a start that failed nothing is left
    if (ownsFake) await fake?.close(); // it still has timers, such as that of the session
    throw error;
  }
  return new TestApp({ app: copy, device, fake, ownsFake, patience, probes, logs, published });
}

/** The same in every run under the same seed, but not that of another application on the same broker: it names clients. */
function chanceOn(fake: FakeBroker): Random {
  const before = applications.get(fake) ?? 0;
  applications.set(fake, before + 1);
  return seededRandom((fake.seed ^ APPLICATION_SEED) + before);
}

function fakeOf({ broker, clock }: TestAppOptions): FakeBroker | undefined {
  if (broker === undefined) return new FakeBroker({ clock: clock ?? 'virtual' });
  if (clock !== undefined)
    throw new Error(
      "createTestApp: { clock } is for the broker that it makes itself. A FakeBroker brings its own clock, a real broker the machine's.",
    );
  return broker instanceof FakeBroker ? broker : undefined;
}

function settingsOf({ connection }: AppOptions): Partial<ConnectionOptions> {
  return typeof connection === 'string' || connection instanceof URL ? {} : connection;
}

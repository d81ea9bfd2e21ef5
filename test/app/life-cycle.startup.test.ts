import { createApp, defineTopic, type OnConnect, type OnStart, StartTimeoutError, token } from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import type { AppOptions } from '../../src/app/lifecycle/app.js';
import { Application } from '../../src/app/lifecycle/application.js';
import { runApp } from '../../src/app/lifecycle/run.js';
import { type LogEntry, recordingLogger } from '../../src/testing/recording-logger.js';
import { VirtualClock } from '../../src/time/index.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const never = () => new Promise<never>(() => undefined);

/** An application on this broker that is not started yet, and what it logs. */
function onBroker(broker: FakeBroker, options: Partial<AppOptions> = {}) {
  const logs: LogEntry[] = [];
  const app = new Application({
    startup: { timeout: '5s' },
    ...options,
    connection: {
      ...connection,
      random: () => 0.5,
      ...(options.connection as object),
      url: broker.endpoint,
    },
    clock: broker.clock,
    logger: recordingLogger(logs, undefined),
  });
  app.on(topic, () => {}, { name: 'onT' });
  return { app, logs, clock: broker.clock as VirtualClock };
}

describe('startup.timeout', () => {
  const database = { provide: token<unknown>('database'), useFactory: never };
  const stuck = (hook: OnStart | OnConnect) => ({ provide: token('stuck'), useFactory: () => hook });

  it.each<[string, Partial<AppOptions>, ((broker: FakeBroker) => void)?]>([
    ['the list of controllers', { controllers: never() }],
    ['the provider database', { providers: [database] }],
    ['stuck.onStart()', { providers: [stuck({ onStart: never })] }],
    ['a connection to the broker', {}, (broker) => broker.faults.lose({ cmd: 'connect' })],
    [
      'the broker\'s answer to SUBSCRIBE ("t/+")',
      {},
      (broker) => broker.faults.lose({ cmd: 'suback', from: 'broker' }),
    ],
    ['stuck.onConnect()', { providers: [stuck({ onConnect: never })] }],
  ])('says that the start was waiting for %s', async (waitingFor, options, disturb) => {
    await using broker = new FakeBroker();
    disturb?.(broker);
    const { app, clock } = onBroker(broker, options);
    const failed = app.start().catch((error: unknown) => error);
    await clock.advance('4999ms');
    expect(app.health()).toMatchObject({ live: false });
    await clock.advance('1ms');
    const error = await failed;
    expect(error).toBeInstanceOf(StartTimeoutError);
    expect(error).toMatchObject({
      waitingFor,
      message: `The application did not start within 5000 ms: it was still waiting for ${waitingFor}. See why that takes so long, or raise startup.timeout.`,
    });
    await clock.advance('2s');
    expect(broker.session('app')?.connected ?? false).toBe(false);
  });

  it('leaves nothing behind that is started in time', async () => {
    await using broker = new FakeBroker();
    const { app, clock } = onBroker(broker);
    await app.start();
    const timers = clock.pendingTimers;
    await clock.advance('1m');
    expect(app.health()).toMatchObject({ live: true, ready: true });
    expect(timers).toBeGreaterThanOrEqual(clock.pendingTimers);
    await app.stop();
  });

  it('names what failed behind the start that was given up', async () => {
    await using broker = new FakeBroker();
    const late: OnStart = {
      onStart: () =>
        new Promise((_, reject) => broker.clock.setTimer(6_000, () => reject(new Error('too late')))),
    };
    const { app, logs, clock } = onBroker(broker, { providers: [stuck(late)] });
    const failed = expect(app.start()).rejects.toThrow(StartTimeoutError);
    await clock.advance('5s');
    await failed;
    expect(app.underWay).toBe(1);
    await clock.advance('1s');
    expect(app.underWay).toBe(0);
    expect(logs.map(({ message }) => message)).toEqual([
      'After a failed start, stuck.onStart() failed as well.',
    ]);
  });
});

describe('startup.retry', () => {
  it('tries until the broker is there, a line in the log for each attempt that fails', async () => {
    await using broker = new FakeBroker();
    broker.faults.refuse({ cmd: 'connect', nth: 1 }, 0x88);
    broker.faults.disconnect({ cmd: 'connect', nth: 2 });
    const attempts: number[] = [];
    const hook: OnConnect = { onConnect: ({ attempt }) => void attempts.push(attempt) };
    const { app, logs, clock } = onBroker(broker, {
      startup: { retry: true, timeout: '1m' },
      providers: [{ provide: token('hook'), useFactory: () => hook }],
    });
    const started = app.start();
    await clock.advance('10s');
    await started;
    expect(attempts).toEqual([3]);
    expect(logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'The broker could not be reached: the server sent CONNACK (Server unavailable). Trying again.',
      'The broker could not be reached: The server closed the connection. Trying again.',
    ]);
    expect(app.health().ready).toBe(true);
    await app.stop();
  });

  it('ends with the timeout, which says why the last attempt failed', async () => {
    await using broker = new FakeBroker();
    broker.faults.refuse({ cmd: 'connect' }, 0x88);
    const { app, clock } = onBroker(broker, { startup: { retry: true, timeout: '1m' } });
    const failed = expect(app.start()).rejects.toMatchObject({
      waitingFor: 'a connection to the broker (last: the server sent CONNACK (Server unavailable))',
    });
    await clock.advance('1m');
    await failed;
    await clock.advance('10m');
    expect(app.health()).toMatchObject({ live: false });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [0x86, 'Bad User Name or Password'],
    [0x87, 'Not authorized'],
    [0x8a, 'Banned'],
  ])('is not for what the broker refuses for good: 0x%s', async (code, name) => {
    await using broker = new FakeBroker();
    broker.faults.refuse({ cmd: 'connect' }, code);
    const { app } = onBroker(broker, { startup: { retry: true } });
    await expect(app.start()).rejects.toThrow(name);
  });

  it('is off unless it is asked for', async () => {
    await using broker = new FakeBroker();
    broker.faults.refuse({ cmd: 'connect', nth: 1 }, 0x88);
    const { app } = onBroker(broker, { startup: {} });
    await expect(app.start()).rejects.toThrow('Server unavailable');
  });

  it('keeps the other options of reconnect, and the hooks of the connection', async () => {
    await using broker = new FakeBroker();
    broker.faults.refuse({ cmd: 'connect' }, 0x88);
    const states: string[] = [];
    const { app, clock } = onBroker(broker, {
      startup: { retry: true },
      connection: {
        ...connection,
        reconnect: { maxAttempts: 3 },
        hooks: { stateChange: ({ state }) => void states.push(state) },
      },
    });
    const failed = expect(app.start()).rejects.toThrow('Server unavailable');
    await clock.advance('1m');
    await failed;
    expect(states.filter((state) => state === 'connecting')).toHaveLength(3);
  });
});

it('tries several addresses in turn', async () => {
  await using broker = new FakeBroker();
  const closed = { connect: () => Promise.reject(new Error('nothing listens there')) };
  const app = new Application({
    connection: { ...connection, url: [closed, broker.endpoint] },
    clock: broker.clock,
    logger: recordingLogger([], undefined),
  });
  app.on(topic, () => {});
  await app.start();
  expect(app.health().ready).toBe(true);
  await app.stop();
});

it('says so by run() too, which could not listen to such a signal, and leaves stop() harmless', async () => {
  await using broker = new FakeBroker();
  const { app, logs } = onBroker(broker, {
    shutdown: { timeout: 'soon', signals: ['SIGKILL'] } as never, // the types refuse the time, not the signal
  });
  const seen: unknown[] = [];
  await runApp(app, {
    onSignal(signals) {
      seen.push(...signals);
      return () => {};
    },
    setExitCode: (code) => void seen.push(code),
    exit: () => {},
    writeError: () => {},
  });
  expect(seen).toEqual(['SIGINT', 'SIGTERM', 1]);
  expect(logs.at(-1)?.message).toContain('shutdown.signals: no process can listen to SIGKILL.');
  await expect(app.stop()).resolves.toEqual({ finished: 0, abandoned: 0, ms: 0 });
});

it('names options of start and stop that cannot be, all of them', async () => {
  const app = createApp({
    connection: { ...connection, reconnect: false },
    startup: { timeout: 'soon', retry: true },
    shutdown: { timeout: -1, signals: ['SIGNOTHING', 'SIGKILL'] },
  } as never);
  app.on(topic, () => {});
  await expect(createTestApp(app)).rejects.toMatchObject({
    findings: [
      expect.stringMatching(/^shutdown\.timeout: -1 is no duration\./),
      expect.stringMatching(/^startup\.timeout: 'soon' is no duration\./),
      "shutdown.signals: this system knows no \"SIGNOTHING\". Write 'SIGINT', 'SIGTERM' or the like.",
      'shutdown.signals: no process can listen to SIGKILL. Leave it out.',
      'startup.retry tries again as connection.reconnect says, which is false. Leave one of them out.',
    ],
  });
});

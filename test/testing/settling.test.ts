import { createApp, defineTopic } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import type { Application } from '../../src/app/lifecycle/application.js';
import { Settling } from '../../src/testing/settling.js';
import type { Clock } from '../../src/time/index.js';

const job = defineTopic('jobs', { qos: 1, codec: 'text' });

/** Five messages that wait, a handler that ends when it is released, and a machine whose timers are due at once. */
async function start(released: (looks: number) => boolean) {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'worker' } });
  const running: (() => void)[] = [];
  let finished = 0;
  app.on(job, async () => {
    await new Promise<void>((resolve) => running.push(resolve));
    finished += 1;
  });
  const test = await createTestApp(app);
  let looks = 0;
  const machine: Clock = {
    now: () => 0,
    setTimer(_ms, callback) {
      looks += 1;
      if (released(looks)) running.shift()?.();
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    },
  };
  // createTestApp runs a copy made by Application, the only implementation of App.
  const application = test.app as Application;
  const patience = { patience: 1_000, machinePatience: 100 };
  const settling = new Settling(application, test.broker, patience, machine);
  for (let n = 0; n < 5; n += 1) test.broker.publish({ topic: 'jobs', payload: String(n), qos: 1 });
  return {
    settling,
    finished: () => finished,
    looks: () => looks,
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

it('loses its patience with a machine on which nothing happens', async () => {
  await using started = await start(() => false);
  await expect(started.settling.settled()).rejects.toThrow(
    "Nothing is settled after 100 ms of the machine's time: handlers have not ended",
  );
  expect(started.looks()).toBe(21); // every 5 ms
});

it('has its whole patience again whenever a handler has ended', async () => {
  await using started = await start((looks) => looks % 15 === 0);
  await started.settling.settled();
  expect(started.finished()).toBe(5);
  expect(started.looks()).toBeGreaterThan(60);
});

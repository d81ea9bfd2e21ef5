import {
  type Clock,
  createApp,
  deadLetter,
  defineTopic,
  type Middleware,
  otherwise,
  retry,
  type Timing,
  timing,
} from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { sleep } from '../../../src/time/sleep.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const connection = 'mqtt://nowhere.invalid';
const clean = {
  route: 'a function on t/+id',
  pattern: 't/+id',
  topic: 't/1',
  duplicate: false,
  error: undefined,
};

it('reports how long a message waited and took, by the clock of the application', async () => {
  const seen: Timing[] = [];
  const app = createApp({ connection, middleware: [timing((each) => seen.push(each))] });
  const clocks: Clock[] = [];
  app.on(topic, () => sleep(clocks[0]!, 200));
  await using t = await createTestApp(app);
  clocks.push(t.clock);
  // In order within the topic: the second waits for the first.
  await Promise.all([t.deliver(topic.to({ id: 1 }), 'a'), t.deliver(topic.to({ id: 1 }), 'b')]);
  expect(seen).toEqual([
    { ...clean, outcome: 'acked', attempts: 1, waitedMs: 0, durationMs: 200 },
    { ...clean, outcome: 'acked', attempts: 1, waitedMs: 200, durationMs: 200 },
  ]);
});

it('counts retries and the waits between them, and says how it ended', async () => {
  const seen: Timing[] = [];
  const errors = [otherwise(retry(2, { from: '1s', factor: 1, jitter: 'none' }), deadLetter())];
  const app = createApp({ connection, errors, middleware: [timing((each) => seen.push(each))] });
  const error = new Error('no');
  app.on(topic, () => {
    throw error;
  });
  await using t = await createTestApp(app);
  await t.deliver(topic.to({ id: 1 }), 'a');
  expect(seen).toEqual([
    { ...clean, outcome: 'dead-lettered', attempts: 3, error, waitedMs: 0, durationMs: 2_000 },
  ]);
});

it('reports each round that a middleware inside broke off, as failed', async () => {
  const seen: Timing[] = [];
  let rounds = 0;
  const broken: Middleware = async (_message, next) => {
    if (++rounds === 1) throw new Error('not yet');
    return next();
  };
  const errors = [otherwise(retry(1), deadLetter())];
  const app = createApp({ connection, errors, middleware: [timing((each) => seen.push(each)), broken] });
  app.on(topic, () => undefined);
  await using t = await createTestApp(app);
  await t.deliver(topic.to({ id: 1 }), 'a');
  expect(seen).toMatchObject([
    { outcome: 'failed', attempts: 0, error: { message: 'not yet' } },
    { outcome: 'acked', attempts: 1 },
  ]);
});

it.each<[string, (each: Timing) => void]>([
  [
    'throws',
    () => {
      throw new Error('full');
    },
  ],
  ['rejects', async () => Promise.reject(new Error('full'))],
])('goes on where the function that it reports to %s, and logs it', async (_, report) => {
  const middleware = [timing(report)];
  const app = createApp({ connection, middleware });
  app.on(topic, () => undefined);
  await using t = await createTestApp(app);
  expect(await t.deliver(topic.to({ id: 1 }), 'a')).toMatchObject({ outcome: 'acked' });
  expect(t.logs).toContainEqual({
    level: 'error',
    message: 'The function that timing() was given threw.',
    facts: { route: 'a function on t/+id', error: new Error('full') },
  });
});

it('refuses anything but a function', () => {
  expect(() => timing(undefined as never)).toThrow(
    'timing() was given undefined. Write timing((each) => ...).',
  );
});

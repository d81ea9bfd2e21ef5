import {
  type AppOptions,
  createApp,
  deadLetter,
  defineTopic,
  type HandlerOptions,
  logging,
  otherwise,
  retry,
} from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { sleep } from '../../../src/time/sleep.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const route = { route: 'a function on t/+id', topic: 't/1' };

async function start(
  handler: (t: TestApp) => unknown,
  options: Partial<AppOptions> & HandlerOptions = {},
): Promise<TestApp> {
  const { middleware = [logging()], errors = [], ...ofHandler } = options;
  const app = createApp({ connection: 'mqtt://nowhere.invalid', middleware, errors });
  const started: TestApp[] = [];
  app.on(topic, async () => void (await handler(started[0]!)), ofHandler as HandlerOptions);
  const t = await createTestApp(app);
  started.push(t);
  return t;
}

/** Its lines, without those of the application. */
const lines = (t: TestApp) => t.logs.filter(({ facts }) => 'durationMs' in facts);

it('writes one line for each message: route, topic, outcome, attempts, duration', async () => {
  await using t = await start(({ clock }) => sleep(clock, 12.3456));
  await t.deliver(topic.to({ id: 1 }), 'x');
  const facts = { ...route, outcome: 'acked', attempts: 1, durationMs: 12.346 };
  expect(lines(t)).toEqual([{ level: 'info', message: 'A message was handled.', facts }]);
});

it('warns of a message that was not handled, once, with its error', async () => {
  const error = new Error('no');
  const fail = () => {
    throw error;
  };
  await using t = await start(fail, {
    errors: [otherwise(retry(1, { from: 5, jitter: 'none' }), deadLetter())],
  });
  await t.deliver(topic.to({ id: 1 }), 'x');
  const facts = { ...route, outcome: 'dead-lettered', attempts: 2, durationMs: 5, error };
  expect(lines(t)).toEqual([{ level: 'warn', message: 'A message was not handled.', facts }]);
});

it('tells a duplicate from a message that was handled, at the level that is asked for', async () => {
  const dedupe = { key: () => 'one', window: '1m' } as const;
  await using t = await start(() => undefined, { middleware: [logging({ level: 'debug' })], dedupe });
  await t.deliver(topic.to({ id: 1 }), 'x');
  await t.deliver(topic.to({ id: 1 }), 'x');
  expect(lines(t).map(({ level, message, facts }) => [level, message, facts['attempts']])).toEqual([
    ['debug', 'A message was handled.', 1],
    ['debug', 'A message was known, and not handled again.', 0],
  ]);
});

it('refuses a level that there is not', () => {
  expect(() => logging({ level: 'loud' as never })).toThrow(
    `logging({ level }) is "loud". Write one of 'debug', 'info', 'warn', 'error'.`,
  );
});

import { type AppOptions, createApp, defineMiddleware, defineTopic, otherwise, pause } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const errors = [otherwise(pause({ for: '1s' }))];
const around = defineMiddleware(async (_message, next) => next());
const late = defineMiddleware(async (_message, next) => {
  await null;
  return next();
});

describe.each<[string, NonNullable<AppOptions['middleware']>]>([
  ['no middleware', []],
  ['middleware', [around]],
  ['middleware that hands on later', [late]],
])('pause(), with %s,', (_, middleware) => {
  it('waits for the end of a handler whose time is over, and runs it again', async () => {
    const topic = defineTopic('t', { codec: 'text' });
    const app = createApp({ connection, errors, middleware });
    const events: string[] = [];
    app.on(
      topic,
      async ({ attempt, signal }) => {
        events.push(`begins ${attempt}`);
        if (attempt > 1) return;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        events.push('ends');
      },
      { timeout: '5s' },
    );
    await using test = await createTestApp(app, { patience: '20s', machinePatience: '500ms' });
    expect(await test.deliver(topic.to(), 'x')).toMatchObject({ outcome: 'acked', attempts: 2 });
    expect(events).toEqual(['begins 1', 'ends', 'begins 2']);
  });
});

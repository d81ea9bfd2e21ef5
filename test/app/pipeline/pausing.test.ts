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

  it.each<[string, (answer: () => boolean) => { topic?: object; when?: () => boolean }]>([
    ['a schema that fails', (answer) => ({ topic: { payload: asking(async () => answer()) } })],
    ['a schema that fails at once', (answer) => ({ topic: { payload: asking(answer) } })],
    [
      'a schema that never answers',
      (answer) => ({ topic: { payload: asking(() => failed(answer) && new Promise(() => {})) } }),
    ],
    ['`when` that throws', (when) => ({ when })],
  ])('asks %s once more', async (__, using) => {
    let asked = 0;
    const answer = () => {
      if (asked++ === 0) throw new Error('down');
      return true;
    };
    const { topic: spec, when } = using(answer);
    const topic = defineTopic('t', { codec: 'text', ...spec });
    const app = createApp({ connection, errors, middleware });
    const seen: unknown[] = [];
    app.on(topic, ({ payload }) => void seen.push(payload), { timeout: '5s', ...(when && { when }) });
    await using test = await createTestApp(app, { patience: '20s', machinePatience: '500ms' });
    const bytes = new TextEncoder().encode('x');
    expect(await test.deliver(topic.to(), bytes)).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect(seen).toEqual(['x']);
    expect(asked).toBe(2);
  });
});

function failed(answer: () => boolean): boolean {
  try {
    return !answer();
  } catch {
    return true;
  }
}

/** A schema whose answer depends on more than the value. */
function asking(answer: () => unknown): never {
  const validate = (value: unknown) => {
    const answered = answer();
    return answered instanceof Promise ? answered.then(() => ({ value })) : { value };
  };
  // A schema in JavaScript may do what no type allows.
  return { '~standard': { version: 1, vendor: 'test', validate } } as never;
}

import {
  BootError,
  createApp,
  type Dedupe,
  type DedupeStore,
  deadLetter,
  dedupe,
  defineTopic,
  drop,
  type HandlerOptions,
  InvalidMessage,
  on,
  otherwise,
  type TopicMessage,
} from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

type Text = TopicMessage<{ readonly id: string }, string>;

const topic = defineTopic('t/+id', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const byText: Dedupe = { key: (message) => message.text(), window: '10m' };

function start(
  once: Dedupe,
  handler: (message: Text) => unknown = () => undefined,
  options: HandlerOptions = {},
): Promise<TestApp> {
  const app = createApp({ connection, errors: [otherwise(deadLetter())] });
  app.on(topic, async (message) => void (await handler(message)), {
    name: 'handler',
    dedupe: once,
    ...options,
  });
  return createTestApp(app);
}

const counts = (t: TestApp, route = 'handler') => t.app.health().routes[route];

/** Records what it is asked, and answers from memory, unless it is told to fail. */
class RecordingStore implements DedupeStore {
  readonly keys = new Set<string>();
  readonly calls: unknown[][] = [];
  failing: 'has' | 'add' | undefined;

  async has(key: string, now: number): Promise<boolean> {
    this.calls.push(['has', key, now]);
    if (this.failing === 'has') throw new Error('the database is away');
    return this.keys.has(key);
  }

  async add(key: string, ttlMs: number, now: number): Promise<void> {
    this.calls.push(['add', key, ttlMs, now]);
    if (this.failing === 'add') throw new Error('the database is away');
    this.keys.add(key);
  }
}

describe('dedupe', () => {
  it('handles a message once within its window, and acknowledges and counts what comes again', async () => {
    const handled: string[] = [];
    await using t = await start(byText, ({ payload }) => handled.push(payload));
    await t.deliver(topic.to({ id: 1 }), 'a');
    const again = await t.deliver(topic.to({ id: 2 }), 'a');
    expect(again).toMatchObject({ outcome: 'acked', acks: [{ reasonCode: 0 }], attempts: 0 });
    await t.deliver(topic.to({ id: 1 }), 'b');
    expect(handled).toEqual(['a', 'b']);
    expect(counts(t)).toMatchObject({ handled: 2, duplicates: 1 });
    expect(await t.app.metrics()).toContain(
      'topicwise_route_duplicates_total{route="handler",pattern="t/+id"} 1\n',
    );
    await t.clock.advance('10m');
    await t.deliver(topic.to({ id: 1 }), 'a');
    expect(handled).toEqual(['a', 'b', 'a']);
  });

  it('always handles a message whose key is undefined', async () => {
    let ran = 0;
    await using t = await start({ ...byText, key: () => undefined }, () => ran++);
    await t.deliver(topic.to({ id: 1 }), 'a');
    await t.deliver(topic.to({ id: 1 }), 'a');
    expect(ran).toBe(2);
  });

  it('notes a key once its message was handled: not where it failed', async () => {
    const store = new RecordingStore();
    let isBroken = true;
    await using t = await start({ ...byText, store }, () => {
      expect(store.keys.size).toBe(0);
      if (isBroken) throw new Error('no');
    });
    expect(await t.deliver(topic.to({ id: 1 }), 'a')).toMatchObject({ outcome: 'dead-lettered' });
    isBroken = false;
    expect(await t.deliver(topic.to({ id: 1 }), 'a')).toMatchObject({ outcome: 'acked', attempts: 1 });
    const now = t.clock.now();
    expect(store.calls).toEqual([
      ['has', 'handler/a', now],
      ['has', 'handler/a', now],
      ['add', 'handler/a', 600_000, now],
    ]);
  });

  it('handles a message whose acknowledgement was lost once, over the reconnect', async () => {
    let ran = 0;
    await using t = await start(byText, () => ran++);
    t.broker.faults.cut({ cmd: 'puback', nth: 1 });
    expect(await t.deliver(topic.to({ id: 1 }), 'a')).toMatchObject({ outcome: 'acked' });
    expect(ran).toBe(1);
    expect(counts(t)).toMatchObject({ handled: 1, duplicates: 1 });
  });

  it('lets the second of two at once wait for the first, which may fail', async () => {
    const gates: { open: () => void; fail: (error: Error) => void }[] = [];
    const handler = () =>
      new Promise<void>((resolve, reject) => void gates.push({ open: resolve, fail: reject }));
    await using t = await start(byText, handler, { concurrency: { order: 'none' } });
    const deliveries = ['a', 'a', 'a'].map((text) => t.deliver(topic.to({ id: 1 }), text));
    await t.clock.settle();
    expect(gates).toHaveLength(1);
    gates[0]?.fail(new Error('no'));
    await t.clock.settle();
    expect(gates).toHaveLength(2);
    gates[1]?.open();
    expect((await Promise.all(deliveries)).map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
      ['dead-lettered', 1],
      ['acked', 1],
      ['acked', 0],
    ]);
  });

  it('logs a store that can`t note a key: the message is acknowledged all the same', async () => {
    const store = new RecordingStore();
    store.failing = 'add';
    await using t = await start({ ...byText, store });
    expect(await t.deliver(topic.to({ id: 1 }), 'a')).toMatchObject({ outcome: 'acked', errors: [] });
    expect(t.logs.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message:
          'A message was handled, but its key could not be noted: if it is delivered again, it is handled again.',
        facts: { route: 'handler', key: 'handler/a', error: new Error('the database is away') },
      },
    ]);
  });

  it('sends a message through the policy whose key the store can`t look up, or can`t be made', async () => {
    const store = new RecordingStore();
    store.failing = 'has';
    let ran = 0;
    await using t = await start({ ...byText, store }, () => ran++);
    const unknown = await t.deliver(topic.to({ id: 1 }), 'a');
    expect(unknown).toMatchObject({
      outcome: 'dead-lettered',
      errors: [{ message: 'the database is away' }],
    });
    await using u = await start({ ...byText, key: () => 7 as never }, () => ran++);
    expect(String((await u.deliver(topic.to({ id: 1 }), 'a')).errors[0])).toContain(
      'handler: the key of dedupe is of type number. Return a string',
    );
    expect(ran).toBe(0);
  });

  it('sends a message through the policy as invalid whose payload the key asks for', async () => {
    const strict = defineTopic('strict', { payload: z.object({ id: z.string() }) });
    const app = createApp({ connection, errors: [on(InvalidMessage, drop())] });
    app.on(strict, () => undefined, {
      name: 'handler',
      dedupe: { key: (message) => message.payload.id, window: '1m' },
    });
    await using t = await createTestApp(app);
    expect(await t.deliver(strict.to(), new TextEncoder().encode('{}'))).toMatchObject({
      outcome: 'dropped',
    });
    expect(counts(t)).toMatchObject({ invalid: 1 });
  });

  it('as a middleware of the application scopes its keys by route', async () => {
    const store = new RecordingStore();
    const app = createApp({ connection, middleware: [dedupe({ ...byText, store })] });
    const ran: string[] = [];
    app.on(topic, () => void ran.push('one'), { name: 'one' });
    app.on('t/#', () => void ran.push('two'), { name: 'a/b' });
    await using t = await createTestApp(app);
    await t.deliver(topic.to({ id: 1 }), 'a');
    await t.deliver(topic.to({ id: 1 }), 'a');
    expect(ran.sort()).toEqual(['one', 'two']);
    expect([...store.keys].sort()).toEqual(['a%2Fb/a', 'one/a']);
  });

  it('as a middleware remembers for one application, not for its copy in another test', async () => {
    const app = createApp({ connection, middleware: [dedupe(byText)] });
    let ran = 0;
    app.on(topic, () => void ran++);
    for (const _ of ['first', 'second']) {
      await using t = await createTestApp(app, { broker: new FakeBroker() });
      await t.deliver(topic.to({ id: 1 }), 'a');
    }
    expect(ran).toBe(2);
  });

  it.each<[options: unknown, sentence: string]>([
    [true, ' is of type boolean. Write { key, window }.'],
    [{ window: '1m' }, ': key is of type undefined. Write a function.'],
    [{ key: () => 'a' }, ": window is missing. Write for how long, such as '10m'."],
    [{ key: () => 'a', window: 'ages' }, ": window: 'ages' is no duration."],
    [{ key: () => 'a', window: '1m', store: {} }, ': store has no has() and add(). Write a DedupeStore'],
  ])('refuses the options %o', async (options, sentence) => {
    expect(() => dedupe(options as Dedupe)).toThrow(`dedupe()${sentence}`);
    const started = start(options as Dedupe);
    await expect(started).rejects.toThrow(BootError);
    await expect(started).rejects.toThrow(`handler: dedupe${sentence}`);
  });
});

import { AsyncLocalStorage } from 'node:async_hooks';
import {
  BootError,
  Controller,
  createApp,
  deadLetter,
  defineMiddleware,
  defineTopic,
  drop,
  InvalidMessage,
  type Message,
  type Middleware,
  type MiddlewareContext,
  MiddlewareError,
  type Outcome,
  on,
  otherwise,
  pause,
  retry,
  Topic,
} from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const topic = defineTopic('t/+id', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const once = [otherwise(drop())];

/** An application of one function inside this middleware. */
function inside(
  middleware: readonly Middleware[],
  handler: (message: { readonly payload: string }) => unknown = () => undefined,
  options: { errors?: typeof once; protocol?: 4 | 5; timeout?: number } = {},
): Promise<TestApp> {
  const { errors = once, protocol = 5, timeout } = options;
  const app = createApp({ connection: { ...connection, protocol }, middleware, errors });
  app.on(topic, async (message) => void (await handler(message)), {
    name: 'handler',
    ...(timeout !== undefined && { timeout }),
  });
  return createTestApp(app);
}

const deliver = (t: TestApp) => t.deliver(topic.to({ id: 1 }), 'x');

describe('middleware', () => {
  it('runs in order around the handler, the application`s outside those of a decorator, and sees the outcome', async () => {
    const seen: string[] = [];
    const named = (name: string) =>
      defineMiddleware(async (_message, next) => {
        seen.push(`${name} in`);
        const outcome = await next();
        seen.push(`${name} out ${outcome.status} ${outcome.attempts}`);
        return outcome;
      });
    const Outer = Topic.use(named('outer'));
    const Inner = Outer.use(named('inner'));
    @Controller()
    class Things {
      @Inner(topic) onThing() {
        seen.push('handler');
      }
    }
    await using t = await createTestApp(
      createApp({ connection, controllers: [Things], middleware: [named('app')] }),
    );
    await deliver(t);
    expect(seen).toEqual([
      'app in',
      'outer in',
      'inner in',
      'handler',
      'inner out acked 1',
      'outer out acked 1',
      'app out acked 1',
    ]);
  });

  it('adds to the handler`s message what its type says, and hands it to the middleware inside', async () => {
    const user = defineMiddleware<{ user: string }>((message, next) => next({ user: message.topic }));
    const role = defineMiddleware<{ role: 'admin' | 'guest' }, { user: string }>((message, next) =>
      next({ role: message.user === 't/1' ? 'admin' : 'guest' }),
    );
    const Authed = Topic.use(user).use(role);
    const seen: string[] = [];
    @Controller()
    class Things {
      @Authed(topic) onThing(message: Message<typeof topic> & { user: string; role: 'admin' | 'guest' }) {
        seen.push(`${message.user} ${message.role} ${message.payload}`);
      }
    }
    await using t = await createTestApp(createApp({ connection, controllers: [Things] }));
    await deliver(t);
    expect(seen).toEqual(['t/1 admin x']);
  });

  it('refuses an addition whose name every message has', async () => {
    await using t = await inside([(_message, next) => next({ topic: 'mine' })]);
    const { outcome, errors } = await deliver(t);
    expect(outcome).toBe('dropped');
    expect(errors).toEqual([expect.any(MiddlewareError)]);
    expect(String(errors[0])).toContain('adds "topic" to the message');
  });

  it('is told of route, pattern, share, fan-out, protocol, client, clock and logger', async () => {
    const seen: MiddlewareContext[] = [];
    const look: Middleware = (_message, next, context) => {
      seen.push(context);
      return next();
    };
    const app = createApp({ connection, middleware: [look] });
    app.on(topic, () => undefined, { name: 'one' });
    app.on('t/#', () => undefined, { name: 'two', share: 'workers' });
    await using t = await createTestApp(app, { broker: new FakeBroker() });
    await t.clock.advance(500);
    await deliver(t);
    const known = { clock: t.clock, protocolVersion: 5, clientId: 'app', receivedAt: t.clock.now() };
    const one = seen.find(({ route }) => route === 'one');
    expect(one).toMatchObject({ ...known, pattern: 't/+id', share: undefined });
    expect(seen.find(({ route }) => route === 'two')).toMatchObject({
      ...known,
      pattern: 't/#',
      share: 'workers',
    });
    one?.logger.info({ a: 1 }, 'from a middleware');
    expect(t.logs).toContainEqual({ level: 'info', message: 'from a middleware', facts: { a: 1 } });
  });

  it('is told how many routes of the application have the message', async () => {
    const seen: number[] = [];
    const app = createApp({
      connection,
      middleware: [
        (_message, next, { routes }) => {
          seen.push(routes);
          return next();
        },
      ],
    });
    app.on(topic, () => undefined, { name: 'one' });
    app.on('t/+id', () => undefined, { name: 'two' });
    app.on('other', () => undefined);
    await using t = await createTestApp(app);
    await deliver(t);
    await t.deliver(defineTopic('other').to(), new Uint8Array());
    expect(seen).toEqual([2, 2, 1]);
  });

  it('knows MQTT 3.1.1', async () => {
    const seen: number[] = [];
    const look: Middleware = (_message, next, { protocolVersion }) => {
      seen.push(protocolVersion);
      return next();
    };
    await using t = await inside([look], () => undefined, { protocol: 4 });
    await deliver(t);
    expect(seen).toEqual([4]);
  });

  it('may give an outcome of its own instead of handing on', async () => {
    let ran = 0;
    await using t = await inside([async () => ({ status: 'rejected', attempts: 0 })], () => ran++);
    expect(await deliver(t)).toMatchObject({
      outcome: 'rejected',
      attempts: 0,
      acks: [{ reasonCode: 0x80 }],
    });
    expect(ran).toBe(0);
  });

  it('sees an invalid message as its outcome, and the reason where it reads the payload', async () => {
    const seen: unknown[] = [];
    const look: Middleware = async (message, next) => {
      try {
        void message.payload;
      } catch (error) {
        seen.push(error);
      }
      const outcome = await next();
      seen.push(outcome.status, outcome.attempts, outcome.error);
      return outcome;
    };
    const app = createApp({ connection, middleware: [look] });
    const strict = defineTopic('strict', { payload: z.object({ ok: z.boolean() }) });
    app.on(strict, () => undefined);
    await using t = await createTestApp(app);
    await t.deliver(strict.to(), new TextEncoder().encode('{}'));
    expect(seen).toEqual([expect.any(InvalidMessage), 'rejected', 0, expect.any(InvalidMessage)]);
  });

  it('keeps its AsyncLocalStorage around every attempt, also where a timer starts it', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const keep: Middleware = (message, next) => storage.run(`around ${message.topic}`, next);
    let failures = 2;
    const handler = () => {
      seen.push(storage.getStore());
      if (failures-- > 0) throw new Error('not yet');
    };
    const errors = [otherwise(retry(1, { from: '1s' }), pause({ for: '5s' }))];
    await using t = await inside([keep], handler, { errors });
    expect(await deliver(t)).toMatchObject({ outcome: 'acked', attempts: 3 });
    expect(seen).toEqual(Array(3).fill('around t/1'));
  });

  it('is told what became of a message that the application no longer waited for', async () => {
    const seen: Outcome[] = [];
    const look: Middleware = async (_message, next) => {
      const outcome = await next();
      seen.push(outcome);
      return outcome;
    };
    const t = await inside([look], () => new Promise(() => {}), { timeout: 0 });
    const delivery = deliver(t).catch(() => undefined);
    await t.clock.settle();
    await t.app.stop({ timeout: 0 });
    await t[Symbol.asyncDispose]();
    await delivery;
    expect(seen).toEqual([{ status: 'held', attempts: 1 }]);
  });
});

describe('a middleware that does not do its part', () => {
  it('forgets next() and returns nothing: the message fails with a MiddlewareError, the handler never runs', async () => {
    let ran = 0;
    // A mistake of JavaScript's: the types ask for an outcome.
    const forgetful = (async () => undefined) as unknown as Middleware;
    Object.defineProperty(forgetful, 'name', { value: 'forgetful' });
    await using t = await inside([forgetful], () => ran++);
    const { outcome, errors } = await deliver(t);
    expect(outcome).toBe('dropped');
    expect(String(errors[0])).toBe(
      "MiddlewareError: The middleware forgetful neither called next() nor returned an outcome. Write: return next(), or return { status: 'dropped', attempts: 0 }.",
    );
    expect(ran).toBe(0);
  });

  it('forgets to return what next() gives: that is what became of the message', async () => {
    const silent = (async (_message: unknown, next: () => Promise<Outcome>) => {
      await next();
    }) as unknown as Middleware;
    await using t = await inside([silent], () => {
      throw new Error('no');
    });
    expect(await deliver(t)).toMatchObject({ outcome: 'dropped', attempts: 1 });
  });

  it('does not wait for next(): the message is decided on only after its handler is', async () => {
    const steps: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const hasty = (async (_message: unknown, next: () => Promise<Outcome>) => {
      void next();
      steps.push('hasty returned');
    }) as unknown as Middleware;
    const outer: Middleware = async (_message, next) => {
      const outcome = await next();
      steps.push(`outer saw ${outcome.status}`);
      return outcome;
    };
    await using t = await inside([outer, hasty], async () => {
      await gate;
      steps.push('handled');
    });
    const delivery = deliver(t);
    await t.clock.settle();
    expect(t.broker.transcript()).not.toContain('app C→B PUBACK');
    open();
    expect(await delivery).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect(steps).toEqual(['hasty returned', 'handled', 'outer saw acked']);
  });

  it('calls next() twice: the handler runs once, and the message has failed with a MiddlewareError', async () => {
    let ran = 0;
    const greedy: Middleware = async (_message, next) => {
      await next();
      return next();
    };
    await using t = await inside([greedy], () => ran++);
    const { outcome, errors } = await deliver(t);
    expect({ outcome, ran }).toEqual({ outcome: 'dropped', ran: 1 });
    expect(errors).toEqual([expect.any(MiddlewareError)]);
    expect(String(errors[0])).toContain('greedy called next() twice. Call it once at most.');
  });

  it('throws: the message fails with that and goes through the policy, which starts over with the first middleware', async () => {
    let rounds = 0;
    let ran = 0;
    const broken: Middleware = async (_message, next) => {
      if (++rounds < 3) throw new TypeError('not yet');
      return next();
    };
    await using t = await inside([broken], () => ran++, { errors: [on(TypeError, retry(2), deadLetter())] });
    expect(await deliver(t)).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect({ rounds, ran }).toEqual({ rounds: 3, ran: 1 });
  });

  it('is no function: the start says so', async () => {
    const wrong = [{}, () => undefined] as unknown as Middleware[];
    const started = inside(wrong);
    await expect(started).rejects.toThrow(BootError);
    await expect(started).rejects.toThrow('middleware[0] is of type object. A middleware is a function.');
    await expect(inside(42 as unknown as Middleware[])).rejects.toThrow(
      'middleware is of type number. Write a list of functions.',
    );
    const Wrong = Topic.use('authed' as unknown as Middleware);
    @Controller()
    class Things {
      @Wrong(topic) onThing() {}
    }
    await expect(createTestApp(createApp({ connection, controllers: [Things] }))).rejects.toThrow(
      'Things.onThing: the middleware of Topic.use()[0] is of type string. A middleware is a function.',
    );
  });
});

import {
  type App,
  createApp,
  createLineLogger,
  defineMiddleware,
  defineTopic,
  drop,
  otherwise,
  token,
} from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { Application } from '../../src/app/lifecycle/application.js';
import { type Host, runApp } from '../../src/app/lifecycle/run.js';
import { VirtualClock } from '../../src/time/index.js';
import { publish, ScriptedPeer } from '../support/scripted-peer.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

const silent = createLineLogger({ write: () => {}, clock: new VirtualClock() });

/** An application on a scripted peer that let it in and granted its one subscription. */
async function onScriptedPeer(build: (app: App) => void, sessionPresent = false) {
  const script = new ScriptedPeer();
  const app = createApp({
    connection: { ...connection, url: script.endpoint, ...script.deterministic },
    clock: script.clock,
    logger: silent,
  });
  build(app);
  const started = app.start();
  const peer = await script.accept();
  await peer.expect('connect');
  peer.send({ type: 'connack', sessionPresent, reasonCode: 0 });
  const { packetId } = await peer.expect('subscribe');
  return {
    app,
    peer,
    clock: script.clock,
    started,
    answer: (reasonCode: number) => peer.send({ type: 'suback', packetId, reasonCodes: [reasonCode] }),
  };
}

function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe('stop', () => {
  it('takes no more messages, waits for the handlers, sends their acknowledgements, and keeps the session', async () => {
    const { open, passed } = gate();
    const ran: string[] = [];
    const app = createApp({ connection });
    app.on(topic, async ({ payload }) => {
      await passed;
      ran.push(payload);
    });
    await using broker = new FakeBroker();
    const t = await createTestApp(app, { broker });
    const delivery = t.deliver(topic.to({ id: 1 }), 'before');
    await t.clock.settle();
    const stopped = t.app.stop();
    broker.publish({ topic: 't/2', payload: 'after', qos: 1 });
    await t.clock.settle();
    expect(t.app.health()).toMatchObject({ live: false, ready: false });
    open();
    expect(await stopped).toEqual({ finished: 1, abandoned: 0, ms: 0 });
    expect(await delivery).toMatchObject({ outcome: 'acked', acks: [{ reasonCode: 0 }] });
    expect(ran).toEqual(['before']);
    expect(broker.session('app')).toMatchObject({
      connected: false,
      inflight: 1,
      subscriptions: [{ filter: 't/+' }],
    });
    expect(broker.transcript()).not.toContain('UNSUBSCRIBE');
    expect(broker.transcript()).toContain('C→B DISCONNECT rc=0x00');
  });

  it('waits no longer than its time, then aborts the signal of the handlers and leaves their messages', async () => {
    const reasons: unknown[] = [];
    const app = createApp({ connection, shutdown: { timeout: '5s' } });
    app.on(topic, ({ signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason));
      return new Promise(() => undefined);
    });
    await using t = await createTestApp(app);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    const stopped = t.app.stop();
    await t.clock.advance('4999ms');
    expect(reasons).toEqual([]);
    await t.clock.advance('1ms');
    expect(await stopped).toEqual({ finished: 0, abandoned: 1, ms: 5_000 });
    expect(String(reasons[0])).toContain('no longer waits for its handlers');
    expect((await delivery).outcome).toBe('held');
  });

  it('ends a start that is under way', async () => {
    const app = createApp({
      connection: { ...connection, url: { connect: () => new Promise(() => undefined) } as never },
    });
    app.on(topic, () => {});
    const started = app.start();
    const stopped = app.stop();
    await expect(started).rejects.toThrow('The application was stopped while it started.');
    expect(await stopped).toMatchObject({ finished: 0, abandoned: 0 });
  });

  it.each([
    ['a list of controllers', { controllers: new Promise<never>(() => undefined) }],
    [
      'a factory',
      { providers: [{ provide: token('db'), useFactory: () => new Promise<never>(() => undefined) }] },
    ],
  ])('ends a start that waits for %s that never comes', async (_what, options) => {
    const app = createApp({ connection, ...options });
    app.on(topic, () => {});
    const started = app.start();
    started.catch(() => undefined); // looked at below
    await new Promise((resolve) => setImmediate(resolve));
    expect(await app.stop()).toMatchObject({ finished: 0, abandoned: 0 });
    await expect(started).rejects.toThrow('The application was stopped while it started.');
  });

  it('at any moment of the start leaves neither connection nor timer', async () => {
    const outcomes = new Set<string>();
    for (let moment = 0; !outcomes.has('started'); moment++) {
      const broker = new FakeBroker();
      const app = createApp({
        connection: { ...connection, url: broker.endpoint },
        clock: broker.clock,
        logger: silent,
      });
      app.on(topic, () => {});
      const started = app.start().then(
        () => 'started',
        (error: Error) => error.message,
      );
      // Traffic in memory moves when the event loop turns.
      for (let n = 1; n <= moment; n++) {
        await (n % 10 ? undefined : new Promise((resolve) => setImmediate(resolve)));
      }
      expect(moment).toBeLessThan(1_000);
      const [report, again] = await Promise.all([app.stop(), app.stop()]);
      expect(again).toBe(report);
      outcomes.add(await started);
      expect(broker.session('app')?.connected ?? false).toBe(false);
      expect(app.health()).toMatchObject({ live: false, ready: false });
      await broker.close();
      expect((broker.clock as VirtualClock).pendingTimers).toBe(0);
    }
    expect([...outcomes]).toEqual(['The application was stopped while it started.', 'started']);
  });

  it.each([
    ['5s', 5_000],
    [0, 0],
  ] as const)('waits no longer than its time, %s, for a broker that has gone silent', async (timeout, ms) => {
    const { app, clock, started, answer } = await onScriptedPeer((app) => app.on(topic, () => {}));
    answer(1);
    await started;
    const published = app.publisher.publish(topic.to({ id: 1 }), 'never acknowledged');
    const failed = expect(published).rejects.toThrow('The client was closed before the server answered.');
    await clock.settle();
    const stopped = app.stop({ timeout });
    await clock.advance(ms);
    // The silent broker does not close its end either: that is waited for a moment.
    await clock.advance('10s');
    expect(await stopped).toMatchObject({ finished: 0, abandoned: 0 });
    await failed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects a time that is none, and can be called again', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {});
    await using t = await createTestApp(app);
    await expect(t.app.stop({ timeout: 'soon' as '1s' })).rejects.toThrow("'soon' is no duration.");
    expect(t.app.health().live).toBe(true);
    expect(await t.app.stop()).toMatchObject({ abandoned: 0 });
  });

  it('is the same stop when called again, and harmless before the start', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {});
    expect(await app.stop()).toMatchObject({ finished: 0, abandoned: 0 });
    expect(app.stop()).toBe(app.stop());
    await expect(app.start()).rejects.toThrow(
      "The application can't start: it is stopped. Make a new one with createApp().",
    );
  });
});

describe('start', () => {
  it('names options that cannot be, all of them', async () => {
    const app = createApp({ connection: undefined, controllers: 5, shutdown: { timeout: 'soon' } } as never);
    await expect(app.start()).rejects.toMatchObject({
      findings: [
        "connection is undefined. Write createApp({ connection: 'mqtt://host' }) or { url, ... }.",
        expect.stringMatching(/^shutdown\.timeout: 'soon' is no duration\./),
        'controllers is of type number. Hand over a list of classes, or what discover() returns.',
        expect.stringMatching(/^The application has no controllers/),
      ],
    });
  });

  it('names whatever JavaScript hands in for an option, and createApp() takes it', async () => {
    const app = createApp({
      connection,
      container: {},
      providers: { provide: 'db' },
      errors: drop(),
      share: 5,
      startup: '1m',
      shutdown: null,
      health: ['1m'],
    } as never);
    app.on(topic, () => {});
    await expect(app.start()).rejects.toMatchObject({
      findings: [
        "container is an object (Object). Hand over one of tsyringe's, such as container.createChildContainer().",
        'providers is an object (Object). Write a list of { provide: TheClassOrToken, useValue: ... }.',
        'errors is an object (Object). Write a list of rules, such as [otherwise(drop())].',
        'share is 5. Write a text.',
        "startup is '1m'. Write { timeout: '1m' } or the like.",
        "shutdown is null. Write { timeout: '10s' } or the like.",
        "health is an array. Write { oldestUnacked: '1m' } or the like.",
      ],
    });
  });

  it('that fails after messages came no longer waits for their handlers', async () => {
    const reasons: unknown[] = [];
    const { app, peer, started, answer } = await onScriptedPeer((app) => {
      app.on(topic, ({ signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason));
        return new Promise(() => undefined);
      });
    }, true);
    const failed = expect(started).rejects.toThrow('The broker refused 1 of 1 subscriptions');
    peer.publish({ topic: 't/1', packetId: 7 });
    answer(0x87);
    expect((await peer.received()).map(({ type }) => type)).toEqual(['disconnect']);
    peer.end();
    await failed;
    expect(String(reasons)).toContain('The application could not start and does not wait for its handlers.');
    expect(app.health().live).toBe(false);
  });

  it('subscribes hundreds of routes without a warning of the process', async () => {
    const warnings: unknown[] = [];
    const listen = (warning: unknown) => void warnings.push(warning);
    process.on('warning', listen);
    const app = createApp({ connection });
    for (let n = 0; n < 300; n++) app.on(`many/${n}` as string, () => {});
    await using t = await createTestApp(app);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(t.broker.session('app')?.subscriptions).toHaveLength(300);
    expect(warnings).toEqual([]);
  });

  it('fixes the routes', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {});
    await using t = await createTestApp(app);
    expect(() => t.app.on(topic, () => {})).toThrow('app.on() was called after the start');
  });

  it('advises an application without clientId that it will not find its session', async () => {
    const advice = async (qos: 0 | 1, clientId?: string) => {
      const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', ...(clientId && { clientId }) } });
      app.on(topic, () => {}, { qos });
      await using t = await createTestApp(app);
      return t.logs.some(({ level, message }) => level === 'warn' && message?.includes('clientId'));
    };
    expect([await advice(1), await advice(0), await advice(1, 'app')]).toEqual([true, false, false]);
  });

  it('refuses to publish before it, with a sentence', async () => {
    const app = createApp({ connection });
    await expect(app.publisher.publish(topic.to({ id: 1 }), 'x')).rejects.toThrow('Await app.start() first.');
  });

  it('publishes at QoS 1 unless contract or call say otherwise', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {});
    await using t = await createTestApp(app);
    const other = defineTopic('other/+id', {
      codec: 'text',
      qos: 2,
      retain: true,
      messageExpiryInterval: 60,
    });
    expect(await t.app.publisher.publish(other.to({ id: 0 }), 'x')).toEqual({ reasonCode: 0x10 });
    await t.app.publisher.publish(other.to({ id: 1 }), 'y', {
      qos: 0,
      retain: false,
      userProperties: [['a', 'b']],
    });
    expect(t.published(other)).toMatchObject([
      { qos: 2, retain: true, properties: { messageExpiryInterval: 60 } },
      { qos: 0, retain: false, payload: 'y' },
    ]);
    await t.settled();
    expect(t.broker.published.at(-1)?.properties.userProperties).toEqual([['a', 'b']]);
  });
});

it('publishes on MQTT 3.1.1 without what only MQTT 5 has in the contract, and refuses it in the call', async () => {
  const app = createApp({ connection: { ...connection, protocol: 4 } });
  app.on(topic, () => {});
  await using t = await createTestApp(app);
  const expiring = defineTopic('expiring', { codec: 'text', messageExpiryInterval: 60 });
  await t.app.publisher.publish(expiring.to(), 'x');
  expect(t.published(expiring)).toHaveLength(1);
  const asked = t.app.publisher.publish(expiring.to(), 'x', { messageExpiryInterval: 60 });
  await expect(asked).rejects.toThrow('PUBLISH has no properties on MQTT 3.1.1.');
});

it('reports a connection that is lost for good, and lets handlers in flight finish with nothing left to acknowledge', async () => {
  const { open, passed } = gate();
  const app = createApp({ connection });
  app.on(topic, () => passed);
  await using broker = new FakeBroker();
  await using t = await createTestApp(app, { broker });
  const delivery = t.deliver(topic.to({ id: 1 }), 'x');
  await t.clock.settle();
  await using _other = await connect(broker.endpoint, { clientId: 'app', clock: t.clock });
  expect(t.app.health()).toMatchObject({ live: false, ready: false, connection: 'closed' });
  open();
  expect(await delivery).toMatchObject({ handlers: ['a function on t/+id'], acks: [], errors: [] });
  expect(t.logs.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      message: expect.stringMatching(/^The connection to the broker is gone: .*Session taken over/),
      facts: { open: 1 },
    },
  ]);
  expect(await t.app.stop()).toMatchObject({ abandoned: 0 });
});

describe('a connection that comes back', () => {
  /** Whose handler fails once keeps its message. */
  const keep = defineMiddleware(async (_message, next) => {
    const outcome = await next();
    return outcome.error === undefined ? outcome : { ...outcome, status: 'held' };
  });

  async function onPeer(handler: (text: string) => void, qos: 1 | 2 = 1) {
    const logs: [level: string, message: string | undefined][] = [];
    const at = (level: string) => (_: object, message?: string) => void logs.push([level, message]);
    const logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => logger,
    };
    const script = new ScriptedPeer();
    const app = createApp({
      connection: { ...connection, url: script.endpoint, ...script.deterministic, reconnect: true },
      clock: script.clock,
      logger,
      errors: [otherwise(drop())],
      middleware: [keep],
    });
    app.on(topic, ({ payload }) => handler(payload), { qos });
    const started = app.start();
    const peer = await script.accept();
    await peer.expect('connect');
    peer.send({ type: 'connack', sessionPresent: false, reasonCode: 0 });
    const { packetId } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [qos] });
    await started;
    const back = async (sessionPresent: boolean) => {
      await script.clock.advance('1s');
      const next = await script.accept();
      await next.expect('connect', { cleanStart: false });
      next.send({ type: 'connack', sessionPresent, reasonCode: 0 });
      return next;
    };
    return { app, peer, logs, back };
  }
  const incoming = (qos: 1 | 2, duplicate = false) => ({
    ...publish({ topic: 't/1', packetId: 7, payload: new TextEncoder().encode('x') }),
    qos,
    duplicate,
  });

  it('keeps the application up: a warning, not ready, a line when it is back, and no SUBSCRIBE', async () => {
    const { app, peer, logs, back } = await onPeer(() => undefined);
    logs.length = 0;
    peer.cut();
    await peer.received();
    expect(app.health()).toMatchObject({ live: true, ready: false });
    expect(logs).toEqual([['warn', expect.stringMatching(/is gone: .*cut.* Connecting again/)]]);
    const next = await back(true);
    await next.expectNothing();
    expect(app.health()).toMatchObject({ live: true, ready: true });
    expect(logs.slice(1)).toEqual([['info', expect.stringContaining('is back. It kept the session')]]);
    await app.stop();
  });

  it('subscribes again if the session is lost', async () => {
    const ran: string[] = [];
    const { app, peer, logs, back } = await onPeer((text) => void ran.push(text));
    peer.cut();
    await peer.received();
    const next = await back(false);
    const { packetId } = await next.expect('subscribe');
    next.send({ type: 'suback', packetId, reasonCodes: [1] }, incoming(1));
    await next.expect('puback', { packetId: 7 });
    expect(ran).toEqual(['x']);
    expect(logs.at(-1)?.[1]).toContain('It lost the session');
    await app.stop();
  });

  it('says which routes go deaf when the broker refuses them then', async () => {
    const { app, peer, logs, back } = await onPeer(() => undefined);
    peer.cut();
    await peer.received();
    const next = await back(false);
    const { packetId } = await next.expect('subscribe');
    next.send({ type: 'suback', packetId, reasonCodes: [0x87] });
    await next.expectNothing();
    expect(logs.at(-1)).toEqual(['error', expect.stringContaining('refused to subscribe "t/+" again')]);
    await app.stop();
  });

  it.each([1, 2] as const)('brings a message at QoS %i again that was kept', async (qos) => {
    const ran: string[] = [];
    const { app, peer, back } = await onPeer((text) => {
      ran.push(text);
      if (ran.length === 1) throw new Error('not now');
    }, qos);
    peer.send(incoming(qos));
    await peer.expectNothing();
    peer.cut();
    await peer.received();
    const next = await back(true);
    next.send(incoming(qos, true));
    await next.expect(qos === 1 ? 'puback' : 'pubrec', { packetId: 7 });
    expect(ran).toEqual(['x', 'x']);
    await app.stop();
  });
});

describe('run', () => {
  function host() {
    const seen: string[] = [];
    let signal: (name: NodeJS.Signals) => void = () => {};
    const fake: Host = {
      onSignal(_signals, callback) {
        signal = callback;
        return () => seen.push('unlistened');
      },
      setExitCode: (code) => void seen.push(`exit code ${code}`),
      exit: (code) => void seen.push(`exit ${code}`),
      writeError: (text) => void seen.push(text),
    };
    return { fake, seen, signal: (name: NodeJS.Signals) => signal(name) };
  }

  it('also tells stderr where the application has a logger of its own', async () => {
    const silent = createLineLogger({ write: () => {}, clock: new VirtualClock() });
    const { fake, seen } = host();
    await runApp(new Application({ connection, logger: silent }), fake);
    expect(seen).toEqual([
      'exit code 1',
      expect.stringMatching(/^The application has no controllers: .*\n$/),
      'unlistened',
    ]);
  });

  it('resolves when somebody else stops the application, running or starting', async () => {
    await using broker = new FakeBroker();
    for (const moment of ['running', 'starting']) {
      const app = new Application({
        connection: { ...connection, url: broker.endpoint },
        clock: broker.clock,
        logger: silent,
      });
      app.on(topic, () => {});
      const { fake, seen } = host();
      const running = runApp(app, fake);
      if (moment === 'running') await (broker.clock as VirtualClock).settle();
      expect(app.health().live).toBe(moment === 'running');
      await app.stop();
      await running;
      expect(seen).toEqual(['unlistened']);
    }
  });

  it('exits although something could not be disposed of while a handler was running', async () => {
    const clock = new VirtualClock();
    await using broker = new FakeBroker({ clock });
    const failing = {
      provide: token<object>('failing'),
      useFactory: () => ({}),
      dispose: () => Promise.reject(new Error('still locked')),
    };
    const app = new Application({
      connection: { ...connection, url: broker.endpoint },
      providers: [failing],
      clock,
      logger: silent,
    });
    app.on(topic, () => new Promise(() => undefined));
    const { fake, seen, signal } = host();
    const running = runApp(app, fake);
    await clock.settle();
    broker.publish({ topic: 't/1', payload: 'x', qos: 1 });
    await clock.settle();
    signal('SIGTERM');
    await clock.advance('10s');
    await running;
    expect(seen).toEqual(['exit code 1', expect.stringContaining('still locked'), 'unlistened', 'exit 1']);
  });

  it('exits although a factory that it no longer waits for never ends', async () => {
    const hanging = {
      provide: token<object>('hanging'),
      useFactory: () => new Promise<never>(() => undefined),
    };
    const app = new Application({ connection, providers: [hanging], logger: silent });
    app.on(topic, () => {});
    const { fake, seen, signal } = host();
    const running = runApp(app, fake);
    await new Promise((resolve) => setImmediate(resolve));
    signal('SIGTERM');
    await running;
    expect(seen).toEqual(['unlistened', 'exit 1']);
  });

  it('gives up a start that takes too long for whoever sends a signal', async () => {
    const never = {
      connect: ({ signal }: { signal: AbortSignal }) =>
        new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const lines: string[] = [];
    const logger = createLineLogger({
      write: (line) => lines.push(line),
      clock: new VirtualClock(),
      level: 'error',
    });
    const app = new Application({ connection: { url: never, clientId: 'app' }, logger });
    app.on(topic, () => {});
    const { fake, seen, signal } = host();
    const running = runApp(app, fake);
    await new Promise((resolve) => setImmediate(resolve));
    signal('SIGTERM');
    await running;
    expect(seen).toEqual(['unlistened']);
    expect(lines).toEqual([]);
  });
});

describe('the line logger', () => {
  it('writes time, level, sentence and facts on one line', () => {
    const lines: string[] = [];
    const logger = createLineLogger({
      write: (line) => lines.push(line),
      clock: new VirtualClock(1_700_000_000_000),
    });
    logger.debug({}, 'not written');
    logger
      .child({ route: 'A.on' })
      .warn({ error: new TypeError('two\nlines'), n: 1, none: undefined, deep: { a: [1] } }, 'It happened.');
    logger.error({ word: 'plain', spaced: 'two words', empty: '' });
    expect(lines).toEqual([
      '2023-11-14T22:13:20.000Z WARN  It happened. route=A.on error="TypeError: two\\nlines" n=1 deep="{\\"a\\":[1]}"\n',
      '2023-11-14T22:13:20.000Z ERROR word=plain spaced="two words" empty=""\n',
    ]);
  });
});

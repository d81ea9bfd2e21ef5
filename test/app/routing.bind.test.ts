import {
  type App,
  Controller,
  createApp,
  defineTopic,
  type HandlerOptions,
  type Message,
  SubscriptionsRefusedError,
  Topic,
} from 'topicwise';
import { createTestApp, FakeBroker, type FakeBrokerOptions } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AppOptions } from '../../src/app/lifecycle/app.js';
import { rebound } from '../../src/app/routes/rebinding.js';
import type { Route } from '../../src/app/routes/route.js';
import { SubscriptionIdentifiers } from '../../src/app/routes/subscription-identifiers.js';
import { TopicError } from '../../src/topics/index.js';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const reading = defineTopic('+site/reading', { codec: 'text' });

/** An application with a handler for readings; what it got, in order. */
function readings(options: Partial<AppOptions> = {}, route: HandlerOptions = {}) {
  const app = createApp({ connection, ...options });
  const seen: string[] = [];
  app.on(reading, ({ params, payload }) => void seen.push(`${params.site} ${payload}`), {
    name: 'onReading',
    ...route,
  });
  return { app, seen };
}

const lines = (broker: FakeBroker, pattern: RegExp) =>
  broker
    .transcript()
    .split('\n')
    .filter((line) => pattern.test(line))
    .map((line) =>
      line
        .replace(/^\S+ C→B /, '')
        .replace(/ id=\d+/, '')
        .replace(/ sub=\d+/, ''),
    );

const filtersOf = (broker: FakeBroker) =>
  broker
    .session('app')
    ?.subscriptions.map(({ filter }) => filter)
    .toSorted();

const unmarked: FakeBrokerOptions = { capabilities: { subscriptionIdentifiers: false } };

describe('rule 6: bind in the options', () => {
  it('is one subscription for each combination of values, and leaves other topics alone', async () => {
    const app = createApp({ connection, bind: { site: ['a', 'b', 'a'], kind: 'x' } });
    app.on('+site/+kind/+id', () => {}, { name: 'both' });
    app.on('log/#path', () => {}, { name: 'none' });
    await using t = await createTestApp(app);
    expect(t.app.routes()).toMatchObject([
      {
        pattern: '+site/+kind/+id',
        filter: '+/+/+',
        filters: ['a/x/+', 'b/x/+'],
        bound: { site: ['a', 'b'], kind: ['x'] },
      },
      { pattern: 'log/#path', filter: 'log/#', filters: ['log/#'], bound: {} },
    ]);
    expect(filtersOf(t.broker)).toEqual(['a/x/+', 'b/x/+', 'log/#']);
  });

  it('binds the levels of a #rest together', async () => {
    const app = createApp({ connection, bind: { path: 'boiler/3' } });
    const paths: string[] = [];
    app.on('log/#path', ({ params }) => void paths.push(params.path));
    await using t = await createTestApp(app);
    await t.deliver(defineTopic('log/#path').to({ path: 'boiler/3' }), 'x');
    await t.deliver(defineTopic('log/#path').to({ path: 'boiler/4' }), 'x');
    expect([filtersOf(t.broker), paths]).toEqual([['log/boiler/3'], ['boiler/3']]);
  });

  it.each<[NonNullable<AppOptions['bind']> | unknown, string]>([
    [{ sit: 'a' }, 'bind: no topic of this application has the parameter "sit". There are: site.'],
    [
      { site: 'a/b' },
      'onReading: bind: "a/b" contains "/": a value stands for one whole level, without wildcards (parameter "site").',
    ],
    [
      { site: ['a', ''] },
      'onReading: bind: a value is empty: write the text of the level, or "+" for any (parameter "site").',
    ],
    [{ site: 7 }, 'onReading: bind: a value is of type number: write a text (parameter "site").'],
    [
      { site: '$SYS' },
      'onReading: bind: "$SYS" starts with "$": a wildcard at the first level matches no such topic (parameter "site").',
    ],
    ['site', "bind is no object of parameters. Write bind: { site: 'ams1' }."],
  ])('%j keeps the application from starting', async (bind, sentence) => {
    const { app } = readings({ bind: bind as Record<string, string> }); // mistakes of JavaScript
    await expect(createTestApp(app)).rejects.toMatchObject({ name: 'BootError', findings: [sentence] });
  });

  it('is held to the schema of the parameter', async () => {
    const app = createApp({ connection, bind: { site: ['ams1', 'amsl'] } });
    const strict = defineTopic('+site/x', { params: { site: z.enum(['ams1', 'fra1']) } });
    app.on(strict, () => {}, { name: 'onStrict' });
    await expect(createTestApp(app)).rejects.toThrow(
      /^onStrict: bind: "amsl" does not fit the parameter's schema: .*fra1.* \(parameter "site"\)\.$/,
    );
  });

  it('refuses more filters for a route than anybody meant', async () => {
    const many = Array.from({ length: 101 }, (_, n) => `${n}`);
    const app = createApp({ connection, bind: { a: many, b: many } });
    app.on('+a/+b', () => {}, { name: 'all' });
    await expect(createTestApp(app)).rejects.toThrow(
      'all: bind: the values come to 10201 filters: 10000 is the most for one route.',
    );
  });

  it('finds equal filters that contradict each other once they are bound', async () => {
    const { app } = readings({ bind: { site: 'a' } });
    app.on('a/reading', () => {}, { name: 'literal', retained: 'never' });
    await expect(createTestApp(app)).rejects.toThrow(
      'onReading and literal share the subscription "a/reading" but contradict each other: retained is "send"',
    );
  });
});

describe('rule 6: app.bind', () => {
  it('subscribes to what is new before it unsubscribes from what is gone, and leaves the rest', async () => {
    const { app } = readings({ bind: { site: ['a', 'b'] } });
    await using t = await createTestApp(app);
    await t.app.bind(reading, { site: ['b', 'c'] });
    expect(lines(t.broker, /SUBSCRIBE/)).toEqual([
      'SUBSCRIBE a/reading q1',
      'SUBSCRIBE b/reading q1',
      'SUBSCRIBE c/reading q1',
      'UNSUBSCRIBE a/reading',
    ]);
    expect(lines(t.broker, /SUBACK|UNSUBACK/).at(-1)).toContain('UNSUBACK');
    expect(filtersOf(t.broker)).toEqual(['b/reading', 'c/reading']);
  });

  it('takes a pattern for the handlers that were given one, and keeps parameters that it does not name', async () => {
    const app = createApp({ connection, bind: { site: 'a', kind: 'x' } });
    app.on('+site/+kind', () => {});
    await using t = await createTestApp(app);
    await t.app.bind('+site/+kind', { kind: ['y', 'z'] });
    expect(filtersOf(t.broker)).toEqual(['a/y', 'a/z']);
    await t.app.bind('+site/+kind', { site: '+', kind: 'y' });
    expect(filtersOf(t.broker)).toEqual(['+/y']);
  });

  it('makes one change after the other, in the order of the calls', async () => {
    const { app } = readings({ bind: { site: 'a' } });
    await using t = await createTestApp(app);
    await Promise.all(['b', 'c', 'd'].map((site) => t.app.bind(reading, { site })));
    expect(filtersOf(t.broker)).toEqual(['d/reading']);
    expect(t.app.routes()[0]?.bound).toEqual({ site: ['d'] });
  });

  it('works in onStart, before there is a connection, but not before the start or after the end', async () => {
    @Controller()
    class Sites {
      @Topic(reading) onReading(_message: Message<typeof reading>) {}
      async onStart(app: App) {
        await app.bind(reading, { site: ['x', 'y'] });
      }
    }
    const app = createApp({ connection, controllers: [Sites], bind: { site: 'a' } });
    await expect(app.bind(reading, { site: 'z' })).rejects.toThrow(
      'app.bind() was called before the start. Write bind in the options of createApp, or call it in onStart() or later.',
    );
    await using t = await createTestApp(app);
    expect(lines(t.broker, /SUBSCRIBE/)).toEqual(['SUBSCRIBE x/reading q1', 'SUBSCRIBE y/reading q1']);
    await t.app.stop();
    await expect(t.app.bind(reading, { site: 'z' })).rejects.toThrow(
      'app.bind() was called when the application was stopped: it subscribes to nothing more.',
    );
  });

  it('brings what is retained on the new topics, and only there', async () => {
    const { app, seen } = readings({ bind: { site: 'a' } });
    await using broker = new FakeBroker();
    for (const site of ['a', 'b'])
      broker.publish({ topic: `${site}/reading`, payload: 'retained', qos: 1, retain: true });
    await using t = await createTestApp(app, { broker });
    await t.settled();
    await t.app.bind(reading, { site: ['a', 'b'] });
    await t.settled();
    expect(seen).toEqual(['a retained', 'b retained']);
  });

  it('brings what is retained to a route that comes to a filter of another one', async () => {
    const { app, seen } = readings({ bind: { site: [] } });
    app.on('a/reading', () => {});
    await using broker = new FakeBroker();
    broker.publish({ topic: 'a/reading', payload: 'retained', qos: 1, retain: true });
    await using t = await createTestApp(app, { broker });
    await t.settled();
    expect(t.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message:
          'This route gets no messages: a parameter of its topic is bound to no value. Bind it with app.bind().',
        facts: { route: 'onReading' },
      }),
    );
    await t.app.bind(reading, { site: 'a' });
    await t.settled();
    expect(seen).toEqual(['a retained']);
  });

  it.each<[string, unknown, string]>([
    [
      'other/+site',
      { site: 'a' },
      'app.bind: no route of this application has the pattern "other/+site". Bind the topic of a handler.',
    ],
    ['+site/reading', { place: 'a' }, 'app.bind: "+site/reading" has no parameter "place". It has site.'],
    [
      '+site/reading',
      { site: 'a#' },
      'bind: "a#" contains "#": a value stands for one whole level, without wildcards (parameter "site").',
    ],
    ['+site/reading', undefined, "app.bind: the values are no object of parameters. Write { site: 'ams1' }."],
    [
      '+site/reading',
      { site: 'lit' },
      'onReading and literal share the subscription "lit/reading" but contradict each other: retained is "send" for the one and "never" for the other. Write the same for both.',
    ],
  ])('refuses %s %j, and changes nothing', async (pattern, values, sentence) => {
    const { app } = readings({ bind: { site: 'a' } });
    app.on('lit/reading', () => {}, { name: 'literal', retained: 'never' });
    await using t = await createTestApp(app);
    const binding = t.app.bind(pattern as '+site/reading', values as { site: string }); // mistakes of JavaScript
    await expect(binding).rejects.toMatchObject({ name: 'TopicError', message: sentence });
    expect(t.app.routes()[0]).toMatchObject({ bound: { site: ['a'] }, filters: ['a/reading'] });
    expect(filtersOf(t.broker)).toEqual(['a/reading', 'lit/reading']);
  });

  it('keeps the old binding where the broker refuses the new one, and nothing of the new', async () => {
    const { app, seen } = readings({ bind: { site: 'a' } });
    const broker = new FakeBroker({
      authorize: (request) =>
        request.action === 'subscribe' && request.filter.startsWith('secret') ? 0x87 : 0,
    });
    await using t = await createTestApp(app, { broker });
    const binding = t.app.bind(reading, { site: ['b', 'secret'] });
    await expect(binding).rejects.toBeInstanceOf(SubscriptionsRefusedError);
    await t.settled();
    expect(filtersOf(t.broker)).toEqual(['a/reading']);
    expect(t.app.routes()[0]?.bound).toEqual({ site: ['a'] });
    await t.deliver(reading.to({ site: 'a' }), 'still');
    await t.app.bind(reading, { site: 'b' });
    await t.deliver(reading.to({ site: 'b' }), 'now');
    expect(seen).toEqual(['a still', 'b now']);
  });

  it('is what is subscribed to again after the session was lost', async () => {
    const { app, seen } = readings({ bind: { site: 'a' } });
    await using t = await createTestApp(app);
    await t.app.bind(reading, { site: ['b', 'c'] });
    await t.broker.restart({ keepSessions: false });
    await t.settled();
    expect(filtersOf(t.broker)).toEqual(['b/reading', 'c/reading']);
    await t.deliver(reading.to({ site: 'c' }), 'after');
    expect(seen).toEqual(['c after']);
  });

  it('is what is unsubscribed at the end, where the session ends', async () => {
    const { app } = readings({
      bind: { site: 'a' },
      connection: { ...connection, sessionExpiryInterval: 0 },
    });
    await using t = await createTestApp(app);
    await t.app.bind(reading, { site: ['b', 'c'] });
    await t.app.stop();
    expect(lines(t.broker, /UNSUBSCRIBE/)).toEqual([
      'UNSUBSCRIBE a/reading',
      'UNSUBSCRIBE b/reading, c/reading',
    ]);
  });

  it('rejects without a connection, and keeps the old binding', async () => {
    const { app, seen } = readings({ bind: { site: 'a' } });
    await using t = await createTestApp(app);
    t.broker.faults.partition('10m');
    await t.clock.advance('5m');
    expect(t.app.health().connection).not.toBe('connected');
    await expect(t.app.bind(reading, { site: 'b' })).rejects.toMatchObject({ kind: 'connection-lost' });
    await t.clock.advance('10m');
    await t.settled();
    expect(filtersOf(t.broker)).toEqual(['a/reading']);
    await t.deliver(reading.to({ site: 'a' }), 'x');
    expect(seen).toEqual(['a x']);
  });

  it('asks again for a wider subscription that has to serve more, where there are no identifiers', async () => {
    const { app, seen } = readings({ bind: { site: 'a' } }, { qos: 2 });
    app.on('b/#', () => {}, { name: 'wide', qos: 0 });
    await using t = await createTestApp(app, { broker: new FakeBroker({ ...unmarked }) });
    await t.app.bind(reading, { site: 'b' });
    expect(lines(t.broker, /SUBSCRIBE/)).toEqual([
      'SUBSCRIBE a/reading q2, b/# q0',
      'SUBSCRIBE b/# q2',
      'UNSUBSCRIBE a/reading',
    ]);
    await t.deliver(reading.to({ site: 'b' }), 'x', { qos: 2 });
    expect(seen).toEqual(['b x']);
  });

  it('tells an overlap again that went and came back, where there are no identifiers', async () => {
    const app = createApp({ connection, bind: { site: 'a' } });
    app.on('+site/x', () => {}, { name: 'bound' });
    app.on('a/+kind', () => {}, { name: 'crossing' });
    await using broker = new FakeBroker(unmarked);
    await using t = await createTestApp(app, { broker });
    const overlaps = () => t.logs.filter(({ message }) => message?.includes('overlap,')).length;
    expect(overlaps()).toBe(0);
    await t.app.bind('+site/x', { site: '+' });
    await t.app.bind('+site/x', { site: '+' });
    expect(overlaps()).toBe(1);
    await t.app.bind('+site/x', { site: 'b' });
    await t.app.bind('+site/x', { site: '+' });
    expect(overlaps()).toBe(2);
  });
});

it('a binding that contradicts itself keeps no subscription identifiers', () => {
  const common = {
    share: undefined,
    qos: 1,
    retained: 'send',
    noLocal: false,
    retainAsPublished: false,
  } as const;
  const bound = { ...common, name: 'bound', filters: ['+/+'], contract: { pattern: '+site/+' } };
  const crossing = { ...common, name: 'crossing', filters: ['+/b'] };
  // All that grouping looks at.
  const routes = [bound, crossing] as unknown as Route[];
  const identifiers = new SubscriptionIdentifiers();
  const bind = (filter: string) =>
    rebound(routes, new Map([[routes[0] as Route, { bound: {}, filters: [filter] }]]), {
      overlap: 'most-specific',
      identifiers,
    });
  for (const site of ['a', 'b', 'c']) expect(() => bind(`${site}/+`)).toThrow(TopicError);
  expect(identifiers.size).toBe(0);
  expect(bind('a/c').map(({ identifier }) => identifier)).toEqual([
    identifiers.of('a/c'),
    identifiers.of('+/b'),
  ]);
});

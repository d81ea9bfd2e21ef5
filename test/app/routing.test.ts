import {
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

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** An application with a function for each filter. */
function routing(filters: readonly (string | [string, HandlerOptions])[], more: object = {}) {
  const app = createApp({ connection, ...more });
  const ran: string[] = [];
  for (const each of filters) {
    const [filter, options] = typeof each === 'string' ? [each, {}] : each;
    app.on(filter, () => void ran.push(filter), { name: `on ${filter}`, ...options });
  }
  return { app, ran };
}

const subscribes = (broker: FakeBroker) =>
  broker
    .transcript()
    .split('\n')
    .filter((line) => line.includes('SUBSCRIBE'))
    .map((line) => line.replace(/^.*SUBSCRIBE id=\d+ /, '').replace(/ sub=\d+/, ' sub'));

describe('subscriptions', () => {
  it('put equal filters into one SUBSCRIBE at the highest QoS, whatever their names', async () => {
    const { app } = routing([['a/+x', { qos: 0 }], ['a/+y', { qos: 2 }], 'a/+', 'b']);
    await using t = await createTestApp(app);
    expect(subscribes(t.broker)).toEqual(['a/+ q2 sub', 'b q1 sub']);
  });

  it('carry what the handler asked for', async () => {
    const { app } = routing([
      ['a', { retained: 'never' }],
      ['b', { retained: 'send-if-new', noLocal: true, retainAsPublished: true }],
    ]);
    await using t = await createTestApp(app);
    expect(subscribes(t.broker)).toMatchInlineSnapshot(`
      [
        "a q1 retained=never sub",
        "b q1 noLocal asPublished retained=send-if-new sub",
      ]
    `);
  });

  it('compose the share of handler, controller and application, the nearest first', async () => {
    @Controller({ share: 'controllers' })
    class Shared {
      @Topic('a/+id') onA(_message: Message) {}
      @Topic('b', { share: 'handlers' }) onB(_message: Message) {}
    }
    const { app } = routing(['c'], { controllers: [Shared], share: 'apps' });
    await using t = await createTestApp(app);
    expect(subscribes(t.broker)).toEqual([
      '$share/controllers/a/+ q1 sub',
      '$share/handlers/b q1 sub',
      '$share/apps/c q1 sub',
    ]);
    expect(await t.deliver(defineTopic('a/+id').to({ id: 1 }), 'x')).toMatchObject({
      handlers: ['Shared.onA'],
    });
  });

  it('share messages among applications, each message to one of them', async () => {
    await using broker = new FakeBroker();
    const one = routing([['a', { share: 'workers' }]]);
    const other = routing([['a', { share: 'workers' }]], {
      connection: { ...connection, clientId: 'other' },
    });
    await using t = await createTestApp(one.app, { broker });
    await using _second = await createTestApp(other.app, { broker });
    for (let n = 0; n < 4; n++) await t.deliver(defineTopic('a').to(), `${n}`);
    expect(one.ran.length + other.ran.length).toBe(4);
    expect(one.ran.length).toBeGreaterThan(0);
    expect(other.ran.length).toBeGreaterThan(0);
  });

  it('that the broker refuses become one error with a table', async () => {
    const { app } = routing(['granted', 'a/+deep/+filter', ['b', { share: 'g' }]]);
    const broker = new FakeBroker({ limits: { subscriptionsPerSession: 1 } });
    const error = await createTestApp(app, { broker }).then(
      () => undefined,
      (error) => error,
    );
    expect(error).toBeInstanceOf(SubscriptionsRefusedError);
    expect(error.message.replaceAll(/(?<=\.ts):\d+/g, ':1')).toBe(
      [
        'The broker refused 2 of 3 subscriptions:',
        '  filter      reason               handlers            written in',
        '  a/+/+       0x97 Quota exceeded  on a/+deep/+filter  test/app/routing.test.ts:1',
        '  $share/g/b  0x97 Quota exceeded  on b                test/app/routing.test.ts:1',
      ].join('\n'),
    );
    expect(broker.session('app')).toMatchObject({ connected: false });
  });

  it('keep their identifiers when other routes come and go, so that queued messages stay with their filter', async () => {
    const identifiers = async (filters: string[]) => {
      await using t = await createTestApp(routing(filters).app);
      return new Map(
        t.broker.session('app')?.subscriptions.map(({ filter, identifier }) => [filter, identifier]),
      );
    };
    const before = await identifiers(['b/+', 'c']);
    const after = await identifiers(['a', 'b/+', 'b/#', 'c']);
    expect(new Set(after.values()).size).toBe(4);
    expect([after.get('b/+'), after.get('c')]).toEqual([before.get('b/+'), before.get('c')]);
  });
});

describe('what the broker cannot do', () => {
  it.each([
    [{ maximumQoS: 0 }, "on a asks for QoS 1; the broker's maximum is 0.", ['a']],
    [{ wildcards: false }, 'on a/+ subscribes to "a/+"; the broker has no wildcard subscriptions.', ['a/+']],
    [
      { sharedSubscriptions: false },
      "on a uses share: 'g'; the broker has no shared subscriptions.",
      [['a', { share: 'g' }]],
    ],
  ] as const)('%o is found before anything is subscribed', async (capabilities, sentence, filters) => {
    const broker = new FakeBroker({ capabilities });
    const { app } = routing(filters as [string]);
    await expect(createTestApp(app, { broker })).rejects.toMatchObject({
      name: 'BootError',
      findings: [sentence],
    });
    expect(subscribes(broker)).toEqual([]);
    expect(broker.session('app')).toMatchObject({ connected: false });
  });

  it('on MQTT 3.1.1 includes the subscription options of MQTT 5', async () => {
    const { app } = routing([['a', { retained: 'never', noLocal: true }]], {
      connection: { ...connection, protocol: 4 },
    });
    await expect(createTestApp(app)).rejects.toMatchObject({
      findings: [
        "on a uses retained: 'never', which MQTT 3.1.1 does not have. Connect with protocol 5, or leave it out.",
        'on a uses noLocal, which MQTT 3.1.1 does not have. Connect with protocol 5, or leave it out.',
      ],
    });
  });
});

describe('overlapping filters without subscription identifiers', () => {
  const without: FakeBrokerOptions = {
    overlap: 'per-subscription',
    capabilities: { subscriptionIdentifiers: false },
  };

  it('are subscribed to by the wider one alone, at the highest QoS, and fanned out', async () => {
    const { app, ran } = routing([['s/+', { qos: 2 }], ['s/#', { qos: 1 }], ['s/a', { qos: 0 }], '#']);
    await using t = await createTestApp(app, { broker: new FakeBroker(without) });
    expect(subscribes(t.broker)).toEqual(['# q2']);
    await t.deliver(defineTopic('s/+x', { qos: 2 }).to({ x: 'a' }), 'x');
    expect(ran.sort()).toEqual(['#', 's/#', 's/+', 's/a']);
    expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('cover each other where they are the same in other words, and are subscribed to once', async () => {
    const { app, ran } = routing(['+/#', '#']);
    await using t = await createTestApp(app, { broker: new FakeBroker(without) });
    expect(subscribes(t.broker)).toEqual(['+/# q1']);
    await t.deliver(defineTopic('x').to(), 'x');
    expect(ran.sort()).toEqual(['#', '+/#']);
  });

  it('stay apart and are named where their options differ or one is shared', async () => {
    const { app } = routing([['s/+', { retained: 'never' }], 's/#', ['s/x', { share: 'g' }]]);
    await using t = await createTestApp(app, { broker: new FakeBroker(without) });
    expect(subscribes(t.broker)).toHaveLength(1);
    expect(t.broker.session('app')?.subscriptions.map(({ filter }) => filter)).toEqual([
      's/+',
      's/#',
      '$share/g/s/x',
    ]);
    expect(
      t.logs.filter(({ level }) => level === 'warn').map(({ message }) => message?.split(', and this')[0]),
    ).toEqual([
      '"s/+" (on s/+) and "s/#" (on s/#) overlap',
      '"s/+" (on s/+) and "$share/g/s/x" (on s/x) overlap',
      '"s/#" (on s/#) and "$share/g/s/x" (on s/x) overlap',
    ]);
  });

  it('are named where neither covers the other', async () => {
    const { app } = routing(['a/+', '+/b', 'c']);
    await using t = await createTestApp(app, { broker: new FakeBroker(without) });
    expect(t.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      '"a/+" (on a/+) and "+/b" (on +/b) overlap, and this connection has no subscription identifiers. If the broker sends a message that matches both once for each of them, their handlers run twice. Connect with MQTT 5, or write one filter so that it covers the other.',
    ]);
  });
});

it('dispatches by topic what a session queued under identifiers of another program', async () => {
  await using broker = new FakeBroker();
  const { connect } = await import('topicwise/client');
  const foreign = await connect(broker.endpoint, { clientId: 'app', clock: broker.clock });
  await foreign.subscribe('s/+', { id: 7 });
  await foreign.disconnect();
  broker.publish({ topic: 's/1', payload: 'queued', qos: 1 });
  const { app, ran } = routing(['s/+', 's/#']);
  await using t = await createTestApp(app, { broker });
  await t.settled();
  expect(ran.sort()).toEqual(['s/#', 's/+']);
});

it('tells its routes', async () => {
  const { app } = routing([['s/+id', { qos: 2, share: 'g' }], 's/#rest', 'other']);
  await using t = await createTestApp(app);
  const source = expect.stringMatching(/^test\/app\/routing\.test\.ts:\d+$/);
  const common = {
    bound: {},
    source,
    concurrency: 'max 16, order topic',
    errors: ['InvalidMessage: reject 0x99', 'otherwise: retry 3 (100 ms to 2000 ms), then dead-letter'],
  };
  const [one, rest, other] = ['s/+', 's/#', 'other'].map((filter) => ({
    filter,
    filters: [filter],
    ...common,
  }));
  expect(t.app.routes()).toEqual([
    { handler: 'on s/+id', pattern: 's/+id', ...one, qos: 2, share: 'g', overlaps: ['on s/#rest'] },
    { handler: 'on s/#rest', pattern: 's/#rest', ...rest, qos: 1, overlaps: ['on s/+id'] },
    { handler: 'on other', pattern: 'other', ...other, qos: 1, overlaps: [] },
  ]);
});

it('replaces an inherited handler that is decorated anew, and keeps the others', async () => {
  const ran: string[] = [];
  class Base {
    @Topic('a') on(_message: Message) {
      ran.push('base a');
    }
    @Topic('b') kept(_message: Message) {
      ran.push(`${this.constructor.name} b`);
    }
  }
  @Controller()
  class Sub extends Base {
    @Topic('a/sub') override on(_message: Message) {
      ran.push('sub a');
    }
  }
  await using t = await createTestApp(createApp({ connection, controllers: [Sub] }));
  expect(t.app.routes().map(({ handler, filter }) => `${handler} ${filter}`)).toEqual([
    'Sub.kept b',
    'Sub.on a/sub',
  ]);
  await t.deliver(defineTopic('b').to(), 'x');
  await t.deliver(defineTopic('a/sub').to(), 'x');
  expect(ran).toEqual(['Sub b', 'sub a']);
});

it('runs a method once for each of its topics that match', async () => {
  const seen: string[] = [];
  @Controller()
  class Twice {
    @Topic('a/+') @Topic('a/b') on({ topic }: Message) {
      seen.push(topic);
    }
  }
  await using t = await createTestApp(createApp({ connection, controllers: [Twice] }), {
    broker: new FakeBroker({ overlap: 'per-subscription' }),
  });
  await t.deliver(defineTopic('a/+x').to({ x: 'b' }), 'x');
  expect(seen).toEqual(['a/b', 'a/b']);
});

it('gives every route a name of its own: a method with two topics, classes of one name, functions without a name', async () => {
  const twin = (filter: string) => {
    @Controller()
    class Twin {
      @Topic(filter) on() {}
    }
    return Twin;
  };
  @Controller()
  class Stacked {
    @Topic('a')
    @Topic('+any')
    on() {}
  }
  const app = createApp({ connection, controllers: [Stacked, twin('b'), twin('b')] });
  app.on('c', () => {});
  await using t = await createTestApp(app);
  const names = [
    'Stacked.on on +any',
    'Stacked.on on a',
    'Twin.on on b',
    'Twin.on on b (2)',
    'a function on c',
  ];
  expect(t.app.routes().map(({ handler }) => handler)).toEqual(names);
  const { handlers, attempts } = await t.deliver(defineTopic('a').to(), 'x');
  expect(handlers.toSorted()).toEqual(['Stacked.on on +any', 'Stacked.on on a']);
  expect(attempts).toBe(1);
  expect(Object.keys(t.app.health().routes)).toEqual(names);
});

it('handles what comes by a subscription that an older deployment left in the session, and says once what it may cost', async () => {
  await using broker = new FakeBroker({ overlap: 'per-subscription' });
  const old = createApp({ connection });
  old.on('s/#', () => {});
  await (await createTestApp(old, { broker }))[Symbol.asyncDispose]();
  broker.publish({ topic: 's/a', payload: 'waited', qos: 1 });
  const { app, ran } = routing(['s/+id']);
  await using t = await createTestApp(app, { broker });
  await t.settled();
  expect(ran).toEqual(['s/+id']);
  for (let n = 0; n < 2; n++) {
    const { outcome } = await t.deliver(defineTopic('s/a').to(undefined), 'comes by both');
    expect(outcome).toBe('acked');
  }
  expect(ran).toHaveLength(5);
  const warnings = t.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
  expect(warnings).toEqual([expect.stringContaining('an older deployment left it in the session.')]);
});

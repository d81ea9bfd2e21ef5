import {
  type AppOptions,
  createApp,
  deadLetter,
  defineTopic,
  drop,
  type HandlerOptions,
  otherwise,
  Publisher,
} from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** An application with a function for each pattern; what ran, in order, by pattern. */
function routing(
  patterns: readonly (string | [string, HandlerOptions])[],
  options: Partial<AppOptions> = {},
) {
  const app = createApp({ connection, ...options });
  const ran: string[] = [];
  for (const each of patterns) {
    const [pattern, more] = typeof each === 'string' ? [each, {}] : each;
    app.on(pattern, () => void ran.push(pattern), { name: `on ${pattern}`, ...more });
  }
  return { app, ran };
}

const warnings = (logs: readonly { level: string; message?: string | undefined }[]) =>
  logs.filter(({ level }) => level === 'warn').map(({ message }) => message);

function gateOf() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

describe("rule 1: overlap: 'most-specific'", () => {
  it.each<[string[], Partial<AppOptions>, string]>([
    [
      ['a/+', '+/b'],
      {},
      "overlap: 'most-specific' can't choose between \"a/+\" (on a/+) and \"+/b\" (on +/b): they can match the same topic, and neither is more specific. Narrow one of them, or write overlap: 'all'.",
    ],
    [
      ['+/b/c', 'a/#'],
      {},
      "overlap: 'most-specific' can't choose between \"+/b/c\" (on +/b/c) and \"a/#\" (on a/#): they can match the same topic, and neither is more specific. Narrow one of them, or write overlap: 'all'.",
    ],
    [
      ['a/+x', 'a/+y'],
      {},
      "overlap: 'most-specific' can't choose between on a/+x and on a/+y: both are on \"a/+\". Leave one of them out, or write overlap: 'all'.",
    ],
    [
      ['+site/+x', '+y/b'],
      { bind: { site: 'a' } },
      "overlap: 'most-specific' can't choose between \"a/+\" (on +site/+x) and \"+/b\" (on +y/b): they can match the same topic, and neither is more specific. Narrow one of them, or write overlap: 'all'.",
    ],
  ])('can not choose between %j %j', async (patterns, options, sentence) => {
    const { app } = routing(patterns, { overlap: 'most-specific', ...options });
    await expect(createTestApp(app)).rejects.toMatchObject({ name: 'BootError', findings: [sentence] });
  });

  it('chooses among what is comparable, and what can not meet', async () => {
    const { app } = routing(['#', '+/#', 'a/#', 'a/+', 'a/b', 'b/+', '$SYS/#', '$SYS/+/x'], {
      overlap: 'most-specific',
    });
    await using t = await createTestApp(app);
    for (const [topic, handler] of [
      ['q', '+/#'],
      ['a/c', 'a/+'],
      ['b/b', 'b/+'],
      ['$SYS/a/x', '$SYS/+/x'],
      ['$SYS/a/y', '$SYS/#'],
    ] as const)
      expect((await t.deliver(defineTopic(topic as 'a').to(), 'x')).handlers).toEqual([`on ${handler}`]);
  });

  it('leaves a dead letter to the most specific route that takes it', async () => {
    const { app, ran } = routing([['#', { deadLetters: true }], '+/+/+'], { overlap: 'most-specific' });
    await using t = await createTestApp(app);
    await t.deliver(defineTopic('dead-letter/a/b').to(), 'x');
    await t.deliver(defineTopic('any/a/b').to(), 'x');
    expect(ran).toEqual(['#', '+/+/+']);
  });

  it('keeps a message that is on its way while the route is bound anew', async () => {
    const { app } = routing([], {
      overlap: 'most-specific',
      concurrency: { max: 1, order: 'strict' },
      connection: { ...connection, receiveMaximum: 1 },
    });
    const seen: string[] = [];
    const gate = gateOf();
    const begun = gateOf();
    const site = defineTopic('+site', { codec: 'text' });
    app.on(site, async ({ payload }) => {
      begun.open();
      await gate.passed;
      seen.push(payload);
    });
    await using t = await createTestApp(app);
    const deliveries = ['one', 'two'].map((text) => t.deliver(site.to({ site: 'a' }), text));
    await begun.passed;
    await t.app.bind(site, { site: 'a' });
    gate.open();
    await Promise.all(deliveries);
    expect(seen).toEqual(['one', 'two']);
  });
});

it('rule 2: names the first hundred pairs of overlapping filters, and says that there are more', async () => {
  const { app } = routing(Array.from({ length: 24 }, (_, n) => (n % 2 ? `+/${n}` : `${n}/+`)));
  const broker = new FakeBroker({ capabilities: { subscriptionIdentifiers: false } });
  await using t = await createTestApp(app, { broker });
  expect(warnings(t.logs)).toHaveLength(101);
  expect(warnings(t.logs).at(-1)).toBe('More filters overlap: only the first 100 pairs are named here.');
});

it('rule 3: a shared filter and the same filter alone are two subscriptions', async () => {
  const { app, ran } = routing(['a/+x', ['a/+y', { share: 'g', retained: 'never' }]]);
  await using t = await createTestApp(app);
  await t.deliver(defineTopic('a/b').to(), 'x');
  expect(ran.toSorted()).toEqual(['a/+x', 'a/+y']);
});

describe('rule 5: a dead letter', () => {
  it('reaches a route for its own first level, but not one that also gets what failed', async () => {
    const { app, ran } = routing(['errors/#', '+/all', 'errors/all', 'broken/#'], {
      errors: [otherwise(deadLetter('errors/all'))],
    });
    app.on('broken/it', () => {
      throw new Error('broken');
    });
    app.on('errors/low', () => {
      throw new Error('broken too');
    });
    await using t = await createTestApp(app);
    await t.deliver(defineTopic('broken/it').to(), 'x');
    await t.settled();
    expect(ran.toSorted()).toEqual(['broken/#', 'errors/#', 'errors/all']);
    ran.length = 0;
    await t.deliver(defineTopic('errors/low').to(), 'x');
    await t.settled();
    // errors/# got what failed, and would get it once more.
    expect(ran.toSorted()).toEqual(['errors/#', 'errors/all']);
  });

  it.each([5, 4] as const)(
    'of a catch-all comes back to nobody, is acknowledged, and is no news (MQTT %i)',
    async (protocol) => {
      const app = createApp({ connection: { ...connection, protocol }, errors: [otherwise(deadLetter())] });
      let ran = 0;
      app.on('#', () => {
        ran++;
        throw new Error('broken');
      });
      await using t = await createTestApp(app);
      expect(await t.deliver(defineTopic('a').to(), 'x')).toMatchObject({ outcome: 'dead-lettered' });
      await t.settled();
      expect(ran).toBe(1);
      expect(t.broker.session('app')?.inflight ?? 0).toBe(0);
      expect(warnings(t.logs)).toEqual([]);
    },
  );

  it('goes below the prefix, wherever its policy sends it, and is known by that', async () => {
    const app = createApp({ connection: { ...connection, protocol: 4 }, prefix: 'p' });
    app.on(
      'a',
      () => {
        throw new Error('broken');
      },
      { errors: [otherwise(deadLetter())] },
    );
    app.on(
      'b',
      () => {
        throw new Error('broken');
      },
      { errors: [otherwise(deadLetter('lost'))] },
    );
    app.on(
      'c',
      () => {
        throw new Error('broken');
      },
      { errors: [otherwise(deadLetter(({ qos }) => `lost/${qos}`))] },
    );
    app.on(
      '$own',
      () => {
        throw new Error('broken');
      },
      { errors: [otherwise(deadLetter())] },
    );
    const { ran } = { ran: [] as string[] };
    app.on('#', ({ topic }) => void ran.push(topic), { name: 'all' });
    await using t = await createTestApp(app);
    for (const topic of ['a', 'b', 'c', '$own'] as const)
      await t.deliver(defineTopic(topic as 'a').to(), 'x');
    await t.settled();
    expect(t.published('#').map(({ topic }) => topic)).toEqual([
      'p/dead-letter/a',
      'p/lost',
      'p/lost/1',
      'p/dead-letter/$own',
    ]);
    // On MQTT 3.1.1 only the topic tells.
    expect(ran.toSorted()).toEqual(['p/a', 'p/b', 'p/c']);
  });

  it.each([
    ['named', deadLetter('lost')],
    ['that a function names', deadLetter(() => 'lost')],
  ])('of a catch-all does not come back by a topic %s where MQTT 3.1.1 does not mark it', async (_, last) => {
    const app = createApp({ connection: { ...connection, protocol: 4 }, errors: [otherwise(last)] });
    const ran: string[] = [];
    app.on('#', ({ topic }) => {
      ran.push(topic);
      if (ran.length < 10) throw new Error('broken');
    });
    app.on('lost', ({ topic }) => void ran.push(topic), { name: 'letters' });
    await using t = await createTestApp(app);
    await t.deliver(defineTopic('a').to(), 'x');
    await t.settled();
    expect(ran).toEqual(['a', 'lost']);
  });

  it('that fails is rejected where MQTT 3.1.1 does not mark it', async () => {
    const app = createApp({
      connection: { ...connection, protocol: 4 },
      errors: [otherwise(deadLetter('lost'))],
    });
    let ran = 0;
    app.on('+any', () => {
      if (ran++ < 10) throw new Error('broken');
    });
    app.on('lost', () => {
      if (ran++ < 10) throw new Error('broken too');
    });
    await using t = await createTestApp(app);
    await t.deliver(defineTopic('a').to(), 'x');
    await t.settled();
    expect(ran).toBe(2);
  });
});

describe('rule 6: the prefix', () => {
  it.each(['site-a', 'site-a/'])(
    '%s stands before filters, within shares, but not before $',
    async (prefix) => {
      const { app } = routing(['a/+x', ['b', { share: 'g' }], '$SYS/#'], { prefix });
      await using t = await createTestApp(app);
      expect(t.broker.session('app')?.subscriptions.map(({ filter }) => filter)).toEqual([
        'site-a/a/+',
        '$share/g/site-a/b',
        '$SYS/#',
      ]);
      expect(t.app.routes()[0]).toMatchObject({ pattern: 'a/+x', filter: 'site-a/a/+' });
    },
  );

  it('stands before what is published, cleared, requested and replied to', async () => {
    const ask = defineTopic('ask/+id', { payload: z.string(), reply: z.string() });
    const state = defineTopic('state', { codec: 'text' });
    const app = createApp({ connection, prefix: 'p' });
    app.on(ask, ({ params, payload, topic }) => `${params.id} ${payload} ${topic}`);
    await using t = await createTestApp(app);
    const publisher = t.app.container.resolve(Publisher as never) as Publisher; // abstract, registered by the application
    expect(await t.request(ask.to({ id: 1 }), 'from outside')).toBe('1 from outside p/ask/1');
    expect(await publisher.request(ask.to({ id: 2 }), 'from inside')).toBe('2 from inside p/ask/2');
    await publisher.publish(state.to(), 'x', { retain: true });
    await publisher.clear(state.to());
    expect(t.broker.published.map(({ topic }) => topic)).toEqual([
      'topicwise/test-replies/app/1', // the test's own request
      'p/ask/2',
      'p/topicwise/replies/app',
      'p/state',
      'p/state',
    ]);
  });

  it('stands before the topic of a will', async () => {
    const status = defineTopic('status', { codec: 'text' });
    const will = status.message(undefined, 'gone');
    const { app } = routing(['a'], { prefix: 'p', connection: { ...connection, will } });
    await using broker = new FakeBroker();
    await using watcher = await connect(broker.endpoint, { clock: broker.clock });
    await watcher.subscribe('#');
    await using t = await createTestApp(app, { broker });
    broker.faults.disconnect({ cmd: 'puback', from: 'client' });
    await t.deliver(defineTopic('a').to(), 'x').catch(() => undefined);
    const topics: string[] = [];
    for await (const message of watcher.messages()) {
      topics.push(message.topic);
      if (message.topic !== 'p/a') break;
    }
    expect(topics.at(-1)).toBe('p/status');
  });

  it.each<[unknown, string | RegExp]>([
    ['a/+', /^prefix: The topic "a\/\+" contains the wildcard "\+"/],
    ['$share/g', 'prefix: "$share/g" is a share. Use the option share instead.'],
    [7, "prefix is of type number. Write a text, such as 'site-a'."],
  ])('%j keeps the application from starting', async (prefix, sentence) => {
    const { app } = routing(['a'], { prefix: prefix as string }); // mistakes of JavaScript
    const { findings } = await createTestApp(app).then(
      () => ({ findings: [] }),
      (error) => error,
    );
    expect(findings).toEqual([typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)]);
  });

  it('tells a parameter at the first level whatever it is', async () => {
    const app = createApp({ connection, prefix: 'p' });
    const seen: string[] = [];
    app.on('+first/x', ({ params }) => void seen.push(params.first));
    await using t = await createTestApp(app);
    t.broker.publish({ topic: 'p/$not-special/x', payload: 'x', qos: 1 });
    await t.settled();
    expect(seen).toEqual(['$not-special']);
  });
});

describe('a message that no route matches', () => {
  async function queued(options: Partial<AppOptions>, protocol: 4 | 5 = 5) {
    const broker = new FakeBroker();
    const session = { ...connection, protocol };
    const old = createApp({ connection: session });
    old.on('s/#', () => {});
    await (await createTestApp(old, { broker }))[Symbol.asyncDispose]();
    broker.publish({ topic: 's/a', payload: 'waited', qos: 1 });
    broker.publish({ topic: 's/a', payload: 'waited too', qos: 1 });
    const { app } = routing(['other'], { connection: session, ...options });
    const t = await createTestApp(app, { broker });
    await t.settled();
    const acks = broker
      .transcript()
      .split('\n')
      .filter((line) => /C→B PUBACK/.test(line))
      .map((line) => line.replace(/^.*PUBACK id=\d+ ?/, ''));
    const said = warnings(t.logs).filter((message) => message?.includes('no route'));
    await t[Symbol.asyncDispose]();
    await broker.close();
    return { acks, said };
  }

  it.each<[AppOptions['unrouted'], 4 | 5, 'ack' | 'refused', string | undefined]>([
    [undefined, 5, 'ack', 'was acknowledged and dropped'],
    ['log', 5, 'ack', 'was acknowledged and dropped'],
    ['ack', 5, 'ack', undefined],
    ['reject', 5, 'refused', 'was rejected'],
    ['reject', 4, 'ack', 'was acknowledged and dropped'],
  ])('unrouted: %s, MQTT %i: %s, with the line %j', async (unrouted, protocol, answer, line) => {
    const { acks, said } = await queued(unrouted ? { unrouted } : {}, protocol);
    expect(acks).toHaveLength(2);
    for (const ack of acks) expect(/0x80/.test(ack)).toBe(answer === 'refused');
    // Once for each topic.
    expect(said).toEqual(
      line === undefined
        ? []
        : [`A message that no route matches ${line}. Its session may be older than these routes.`],
    );
  });

  it.each([
    [{ unrouted: 'drop' }, `unrouted is "drop". Write 'ack' or 'log' or 'reject'.`],
    [{ overlap: 'first' }, `overlap is "first". Write 'all' or 'most-specific'.`],
  ])('%j keeps the application from starting', async (options, sentence) => {
    const { app } = routing(['a'], options as Partial<AppOptions>); // mistakes of JavaScript
    await expect(createTestApp(app)).rejects.toMatchObject({ findings: [sentence] });
  });
});

describe('when', () => {
  it('false leaves the message to the other routes, and it is acknowledged', async () => {
    const { app, ran } = routing([
      ['a/+id', { when: ({ params, payload }) => params['id'] === '1' && payload.length === 1 }],
      'a/#',
    ]);
    await using t = await createTestApp(app);
    for (const id of [1, 2])
      expect(await t.deliver(defineTopic('a/+id').to({ id }), 'x')).toMatchObject({
        outcome: 'acked',
        acks: [{ reasonCode: 0 }],
      });
    expect(ran.toSorted()).toEqual(['a/#', 'a/#', 'a/+id']);
    expect(t.app.health().routes['on a/+id']).toMatchObject({ handled: 1, failed: 0 });
  });

  it.each([
    ['auto', 'dropped'],
    ['manual', 'dropped'],
    ['on-receipt', 'dropped'],
  ] as const)('that throws is a failure, for the policy (ack: %s)', async (ack, outcome) => {
    const { app, ran } = routing([
      [
        'a',
        {
          ack,
          when: () => {
            throw new Error('no idea');
          },
          errors: [otherwise(drop())],
        },
      ],
      '+',
    ]);
    await using t = await createTestApp(app);
    const delivery = await t.deliver(defineTopic('a').to(), 'x');
    expect(delivery).toMatchObject({ outcome, errors: [{ message: 'no idea' }] });
    expect(ran).toEqual(['+']);
    expect(t.app.health().routes['on a']).toMatchObject({ failed: 1, handled: 0 });
  });

  it('false in a manual route leaves nothing to settle', async () => {
    const { app } = routing([['a', { ack: 'manual', when: () => false }]]);
    await using t = await createTestApp(app);
    expect(await t.deliver(defineTopic('a').to(), 'x')).toMatchObject({ outcome: 'acked' });
    expect(warnings(t.logs)).toEqual([]);
  });
});

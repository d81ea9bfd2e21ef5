// Which handlers a message reaches, run against every broker: rules 1 to 6 of the framework's semantics.
import {
  type AppOptions,
  Controller,
  createApp,
  deadLetter,
  defineTopic,
  type HandlerOptions,
  type Message,
  otherwise,
  Topic,
} from 'topicwise';
import { createTestApp, type FakeBroker, type TestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { matchingCases } from '../../topics/matching-cases.js';

type Broker = FakeBroker | string;

export interface RoutingUnderTest {
  readonly protocol: 4 | 5;
  /** Whether the broker tells by which subscriptions a message comes. */
  readonly identifiers: boolean;
  /** Whether a broker that does not tell sends a copy for each subscription. */
  readonly copies: 'one' | 'each';
  /** The address of a real broker, or a fake one for one test. Ask inside a test. */
  broker(): Broker;
}

let applications = 0;

/** Defines the tests inside the `describe` that calls it. */
export function defineRoutingSuite(under: RoutingUnderTest): void {
  const { protocol, identifiers } = under;

  /** An application with a prefix of its own and a function for each pattern; what ran, in order, by pattern. */
  function routing(
    patterns: readonly (string | [pattern: string, options: HandlerOptions])[],
    options: Partial<AppOptions> = {},
  ) {
    const id = `routing-${protocol}-${process.pid}-${applications++}`;
    const ran: string[] = [];
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId: id, protocol, receiveMaximum: 1 },
      prefix: id,
      ...options,
    });
    for (const each of patterns) {
      const [pattern, more] = typeof each === 'string' ? [each, {}] : each;
      app.on(pattern, () => void ran.push(pattern), { name: pattern, ...more });
    }
    return { id, app, ran };
  }

  const start = (app: ReturnType<typeof routing>['app'], broker: Broker = under.broker()): Promise<TestApp> =>
    createTestApp(app, { broker });

  it('rule 1: a message goes to every route that matches, as if each were alone', async () => {
    const { app, ran } = routing(['a/+x', 'a/b', '#all', 'other']);
    await using t = await start(app);
    for (const qos of [0, 1, 2] as const) {
      ran.length = 0;
      const { outcome, handlers } = await t.deliver(defineTopic('a/b', { qos }).to(), `at ${qos}`);
      await t.settled();
      expect([outcome, ran.toSorted()]).toEqual(['acked', ['#all', 'a/+x', 'a/b']]);
      expect(handlers.toSorted()).toEqual(['#all', 'a/+x', 'a/b']);
    }
  });

  it("rule 1: with overlap: 'most-specific' it goes to one, level by level a literal before + before #", async () => {
    const { app, ran } = routing(['#all', '+x/#rest', 'a/#rest', 'a/+x', 'a/b', 'a/+x/c'], {
      overlap: 'most-specific',
    });
    await using t = await start(app);
    for (const [topic, expected] of [
      ['a/b', 'a/b'],
      ['a/z', 'a/+x'],
      ['a', 'a/#rest'],
      ['a/z/c', 'a/+x/c'],
      ['a/z/d', 'a/#rest'],
      ['z', '+x/#rest'],
    ] as const) {
      ran.length = 0;
      const { outcome, handlers } = await t.deliver(defineTopic(topic as 'a').to(), topic);
      await t.settled();
      expect([topic, outcome, ran, handlers]).toEqual([topic, 'acked', [expected], [expected]]);
    }
  });

  it('rule 2: each handler runs once where one filter covers the other', async () => {
    const { app, ran } = routing(['s/#rest', 's/+x', ['s/a', { qos: 2 }]]);
    await using t = await start(app);
    await t.deliver(defineTopic('s/a', { qos: 2 }).to(), 'x');
    await t.settled();
    expect(ran.toSorted()).toEqual(['s/#rest', 's/+x', 's/a']);
    expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('rule 2: where neither covers the other, each handler runs once if the broker tells; else the start names both', async () => {
    const { id, app, ran } = routing(['c/+x', '+x/d']);
    await using t = await start(app);
    await t.deliver(defineTopic('c/d').to(), 'x');
    await t.settled();
    const runs = !identifiers && under.copies === 'each' ? 2 : 1;
    expect(ran.toSorted()).toEqual([...Array(runs).fill('+x/d'), ...Array(runs).fill('c/+x')]);
    const warnings = t.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual(
      identifiers
        ? []
        : [expect.stringContaining(`"${id}/c/+" (c/+x) and "${id}/+/d" (+x/d) overlap, and this`)],
    );
  });

  it('rule 3: equal filters are one subscription at the highest QoS', async () => {
    const { id, app } = routing([['e/+one', { qos: 0 }]]);
    const qos: number[] = [];
    app.on('e/+other', (message) => void qos.push(message.qos), { qos: 2 });
    app.on('e/+third', (message) => void qos.push(message.qos), { qos: 0 });
    await using t = await start(app);
    await t.deliver(defineTopic('e/+x', { qos: 2 }).to({ x: 1 }), 'x');
    await t.settled();
    expect(qos).toEqual([2, 2]);
    if (typeof under.broker() === 'string') return;
    expect(t.broker.session(id)?.subscriptions).toMatchObject([{ filter: `${id}/e/+`, qos: 2 }]);
  });

  it('rule 4: + matches an empty level, a/# matches a, no wildcard matches a first level with $', async () => {
    // What a broker takes from a client: `$` is its own, and some take no long topics.
    const cases = matchingCases.filter(
      ({ filter, topic }) => !/^\$/.test(filter + topic) && !topic.startsWith('$') && topic.length < 1_000,
    );
    const filters = [...new Set(cases.map(({ filter }) => filter))].filter((each) => each.length < 1_000);
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId: `table-${protocol}-${process.pid}`, protocol },
      concurrency: { max: 1 },
    });
    for (const filter of filters) app.on(filter, () => {}, { name: filter });
    await using t = await start(app);
    for (const topic of new Set(cases.map((each) => each.topic))) {
      const { handlers } = await t.deliver(defineTopic(topic as 'a').to(), 'x', { qos: 1 });
      const rows = cases.filter((each) => each.topic === topic && filters.includes(each.filter));
      for (const { filter, matches, why } of rows)
        expect([topic, filter, why, handlers.includes(filter)]).toEqual([topic, filter, why, matches]);
    }
  });

  it('rule 5: dead letters reach a catch-all that asks for them, and routes that are for them alone', async () => {
    const { id, app, ran } = routing(['#all', ['#asking', { deadLetters: true }]], {
      errors: [otherwise(deadLetter())],
    });
    const letters: string[] = [];
    let come = () => {};
    const came = new Promise<void>((resolve) => {
      come = resolve;
    });
    app.on('dead-letter/#topic', ({ topic, params }) => {
      letters.push(`${topic} of ${params.topic}`);
      come();
    });
    app.on('broken/+x', () => {
      throw new Error('it is broken');
    });
    await using t = await start(app);
    const { outcome } = await t.deliver(defineTopic('broken/+x').to({ x: 1 }), 'x');
    expect(outcome).toBe('dead-lettered');
    await came;
    await t.deliver(defineTopic('fence').to(), 'fence');
    await t.settled();
    expect(letters).toEqual([`${id}/dead-letter/broken/1 of broken/1`]);
    // The failed message, its dead letter, the fence.
    expect(ran.filter((each) => each === '#asking')).toHaveLength(3);
    expect(ran.filter((each) => each === '#all')).toHaveLength(2);
  });

  it('rule 6: bind narrows what is subscribed to, and the parameter is delivered', async () => {
    const reading = defineTopic('+site/+device/reading', { codec: 'text' });
    const { id, app } = routing([], { bind: { site: ['ams1', 'fra1'] } });
    const seen: string[] = [];
    app.on(reading, ({ params, topic, payload }) => {
      seen.push(`${params.site} ${params.device} ${topic} ${payload}`);
    });
    await using t = await start(app);
    for (const site of ['ams1', 'tok1', 'fra1'])
      await t.deliver(reading.to({ site, device: 7 }), `from ${site}`);
    await t.settled();
    expect(seen).toEqual([`ams1 7 ${id}/ams1/7/reading from ams1`, `fra1 7 ${id}/fra1/7/reading from fra1`]);
  });

  it('rule 6: the prefix stands before what is subscribed to and published, within the share too', async () => {
    const order = defineTopic('orders/+id', { codec: 'text' });
    const receipt = defineTopic('receipts/+id', { codec: 'text' });
    const { id, app } = routing([], { share: 'tills' });
    const got: string[] = [];
    app.on(order, ({ params, payload }) => receipt.message({ id: params.id }, `paid ${payload}`), {
      sends: [receipt],
    });
    let come = () => {};
    const came = new Promise<void>((resolve) => {
      come = resolve;
    });
    app.on(receipt, ({ params, topic, payload }) => {
      got.push(`${params.id} ${topic} ${payload}`);
      come();
    });
    await using t = await start(app);
    await t.deliver(order.to({ id: 3 }), '5 EUR');
    await came;
    await t.settled();
    expect(got).toEqual([`3 ${id}/receipts/3 paid 5 EUR`]);
    expect(t.published(receipt)).toMatchObject([{ params: { id: '3' }, payload: 'paid 5 EUR' }]);
    expect(t.published(`${id}/#`).map(({ topic }) => topic)).toEqual([`${id}/receipts/3`]);
  });

  it('rule 6: app.bind changes what is subscribed to, and what is on its way is still handled', async () => {
    const reading = defineTopic('+site/reading', { codec: 'text' });
    const { app } = routing([], { bind: { site: 'ams1' }, concurrency: { max: 1, order: 'strict' } });
    const seen: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    app.on(reading, async ({ payload }) => {
      begin();
      if (payload === 'first') await gate;
      seen.push(payload);
    });
    await using t = await start(app);
    // On MQTT 5 the receive maximum of 1 keeps the others at the broker.
    const deliveries = ['first', 'second', 'third'].map((text) =>
      t.deliver(reading.to({ site: 'ams1' }), text),
    );
    await begun;
    await t.app.bind(reading, { site: ['fra1', 'tok1'] });
    expect(t.app.routes()[0]).toMatchObject({ pattern: '+site/reading', bound: { site: ['fra1', 'tok1'] } });
    open();
    for (const delivery of await Promise.all(deliveries)) expect(delivery.outcome).toBe('acked');
    for (const site of ['ams1', 'fra1', 'tok1']) await t.deliver(reading.to({ site }), site);
    await t.app.bind(reading, { site: '+' });
    await t.deliver(reading.to({ site: 'any' }), 'any');
    await t.app.bind(reading, { site: [] });
    await t.deliver(reading.to({ site: 'any' }), 'none');
    await t.settled();
    expect(seen).toEqual(['first', 'second', 'third', 'fra1', 'tok1', 'any']);
  });

  it('shares the messages of a group whose name stands at the application, the controller or the handler', async () => {
    const broker = under.broker();
    const id = `share-${protocol}-${process.pid}-${applications++}`;
    const seen: string[][] = [[], [], []];
    @Controller({ share: id })
    class ByController {
      @Topic('jobs/+id') on({ topic }: Message) {
        seen[1]?.push(topic);
      }
    }
    const connection = (n: number) => ({
      url: 'mqtt://nowhere.invalid',
      clientId: `${id}-${n}`,
      protocol,
    });
    const byApp = createApp({ connection: connection(0), prefix: id, share: id });
    byApp.on('jobs/+id', ({ topic }) => void seen[0]?.push(topic));
    const byController = createApp({
      connection: connection(1),
      prefix: id,
      share: 'not this one',
      controllers: [ByController],
    });
    const byHandler = createApp({ connection: connection(2), prefix: id, share: 'nor this one' });
    byHandler.on('jobs/+id', ({ topic }) => void seen[2]?.push(topic), { share: id });
    await using one = await start(byApp, broker);
    await using two = await start(byController, broker);
    await using three = await start(byHandler, broker);
    const jobs = defineTopic(`${id}/jobs/+id`);
    const { connect } = await import('topicwise/client');
    const url = typeof broker === 'string' ? broker : broker.endpoint;
    const clock = typeof broker === 'string' ? {} : { clock: broker.clock };
    await using device = await connect(url, { protocol, ...clock });
    for (let n = 0; n < 9; n++) await device.publish(jobs.to({ id: n }).address, 'job', { qos: 1 });
    // Each application hears of the end by a subscription that is not shared.
    for (const t of [one, two, three]) await t.settled();
    while (seen.flat().length < 9) await new Promise((resolve) => setImmediate(resolve));
    expect(seen.flat().toSorted()).toEqual(Array.from({ length: 9 }, (_, n) => `${id}/jobs/${n}`));
    expect(seen.every((topics) => topics.length > 0)).toBe(true);
  });
}

// Every answer of docs/framework-guide.md runs: on the fake broker, and on mosquitto where the broker's part in it is the point.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { type AnyTopic, BootError, createApp, defineTopic, InvalidMessage, TopicError } from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { describe, expect, it } from 'vitest';
import { describeWithMosquitto } from '../../test/support/mosquitto.js';
import * as acknowledging from './acknowledging.js';
import * as codecs from './codecs.js';
import * as concurrency from './concurrency.js';
import { params, reading, topic } from './contracts.js';
import { ArchiveController, DeadLetterController } from './dead-letters.js';
import * as failures from './failures.js';
import { serve } from './http.js';
import * as injection from './injection.js';
import * as lifeCycle from './life-cycle.js';
import * as messageScope from './message-scope.js';
import * as middleware from './middleware.js';
import { mistakes } from './mistakes.js';
import * as mostSpecific from './most-specific.js';
import * as ownContainer from './own-container.js';
import * as prefixAndBind from './prefix-and-bind.js';
import * as readyMiddleware from './ready-middleware.js';
import * as requests from './requests.js';
import * as routing from './routing.js';
import * as sharing from './sharing.js';
import * as waiting from './waiting.js';

const guide = readFileSync(new URL('../../docs/framework-guide.md', import.meta.url), 'utf8');

type Broker = () => FakeBroker | string | undefined;

/** Where no contract is at hand. */
const at = (topic: string) => defineTopic(topic as 'a').to();
const start = (app: Parameters<typeof createTestApp>[0], broker: Broker) => {
  const where = broker();
  return createTestApp(app, where === undefined ? {} : { broker: where });
};

describe('on the fake broker', () => {
  answers(() => undefined);

  it('says what a contract says', async () => {
    expect(topic).toBe('sites/ams1/sensors/7/reading');
    expect(params).toEqual({ site: 'ams1', id: 7 });
    expect(reading.match('sites/ams1/sensors/x/reading')).toBeUndefined();
    expect(() => reading.to({ site: 'ams1', id: 'x' })).toThrow(InvalidMessage);
    const at = '2026-01-01T12:00:00Z';
    const fake = reading.fake({ params: { site: 'a', id: 1 }, payload: { celsius: 1, at } });
    expect(fake.payload.at).toEqual(new Date(at));
  });

  it('reads each payload by its codec', async () => {
    const seen: unknown[] = [];
    const app = createApp({ connection: 'mqtt://localhost' });
    for (const each of [codecs.packed, codecs.either, codecs.note, codecs.image] as AnyTopic[])
      app.on(each, ({ payload }) => void seen.push(payload));
    await using test = await createTestApp(app);
    const celsius = { celsius: 21.5 };
    await test.deliver(codecs.packed.to({ id: 1 }), celsius);
    await test.deliver(codecs.either.to({ id: 1 }), celsius);
    await test.deliver(codecs.either.to({ id: 1 }), encode(celsius), { contentType: 'application/msgpack' });
    await test.deliver(codecs.note.to({ id: 1 }), 'a note');
    await test.deliver(codecs.image.to({ id: 1 }), Uint8Array.of(1));
    expect(seen).toEqual([celsius, celsius, celsius, 'a note', Uint8Array.of(1)]);
  });

  it('takes the step that its policy names', async () => {
    await using test = await createTestApp(failures.app);
    const sell = (error?: Error) => {
      test.app.container.resolve(failures.SaleController).sell = async () => {
        if (error) throw error;
      };
      return test.deliver(failures.sale.to({ id: 1 }), { pairs: 1 });
    };
    expect(await sell()).toHaveAcked({ times: 1 });
    expect(await sell(new failures.SoldOutError())).toHaveRejectedWith(0x97);
    expect(await sell(new Error('duplicate key'))).toMatchObject({ outcome: 'dropped', attempts: 1 });
    expect(await test.deliver(failures.sale.to({ id: 1 }), Buffer.from('?'))).toMatchObject({
      outcome: 'dropped',
      attempts: 0,
    });
    const before = test.clock.now();
    expect(await sell(new failures.StorageBusyError())).toMatchObject({
      outcome: 'dead-lettered',
      attempts: 6,
    });
    expect(test.clock.now() - before).toBeLessThanOrEqual(50 + 100 + 5_000 + 10_000 + 20_000);
    expect(test.published('dead-letter/#')).toHaveLength(1);
    expect(await sell(new Error('unknown'))).toMatchObject({ outcome: 'dead-lettered', attempts: 2 });
    expect(test.published('sales-that-failed')).toHaveLength(1);
  });

  it('keeps a message until its handler acknowledges it', async () => {
    await using test = await createTestApp(acknowledging.app);
    const { calls } = test.handler(acknowledging.OrderController, 'onSample');
    const first = test.deliver(acknowledging.sample.to({ id: 1 }), 1);
    await test.clock.settle();
    expect(calls.map(({ status }) => status)).toEqual(['open']);
    await test.deliver(acknowledging.sample.to({ id: 2 }), 2);
    expect(await first).toHaveAcked({ times: 1 });
  });

  it('keeps a message by pausing and by delivering it again', async () => {
    await using test = await createTestApp(waiting.app);
    const errors = [new waiting.DatabaseDownError(), new waiting.LeaseLostError()];
    waiting.counter.add = async () => {
      const error = errors.shift();
      if (error) throw error;
    };
    const before = test.clock.now();
    expect(await test.deliver(waiting.count.to({ id: 1 }), 1)).toMatchObject({
      outcome: 'acked',
      attempts: 3,
    });
    expect(test.clock.now() - before).toBeGreaterThanOrEqual(35_000);
  });

  it('stops with the message at the broker', async () => {
    await using test = await createTestApp(waiting.app);
    waiting.counter.add = async () => {
      throw new waiting.CorruptStateError('The books do not add up.');
    };
    expect(await test.deliver(waiting.count.to({ id: 1 }), 1)).toMatchObject({ outcome: 'held', acks: [] });
    const errors = test.logs
      .filter(({ level }) => level === 'error')
      .map(({ facts }) => String(facts['error']));
    expect(errors).toContainEqual(expect.stringContaining('The books do not add up.'));
  });

  it('keeps in order what its options name', async () => {
    await using test = await createTestApp(concurrency.app);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    concurrency.work.on = (what) => {
      begun.push(what);
      return new Promise((resolve) => ends.push(resolve));
    };
    const send = (topic: string, text = '', qos: 0 | 1 = 1) => test.deliver(at(topic), text, { qos });
    const sent = ['plants/1/alarm', 'plants/1/alarm', 'plants/2/alarm'].map((topic) => send(topic));
    sent.push(send('orders/anna/new'), send('orders/anna/changed'), send('orders/bert/new'));
    sent.push(...['20', '30', '40'].map((level) => send('plants/1/level', level, 0)));
    await test.clock.settle();
    expect(begun).toEqual(['plants/1/alarm', 'plants/2/alarm', 'orders/anna/new', 'orders/bert/new', '20']);
    begun.length = 0;
    concurrency.work.on = async (what) => void begun.push(what);
    for (const end of ends) end();
    await Promise.all(sent);
    expect(begun.sort()).toEqual(['40', 'orders/anna/changed', 'plants/1/alarm']);
  });

  it('injects classes, values and what is made while it starts, and disposes of it', async () => {
    await using test = await createTestApp(injection.app);
    const heat = test.app.container.resolve(injection.HeatController);
    await test.deliver(at('heat/7'), '31');
    await test.deliver(at('heat/7'), '29');
    await test.deliver(at('heat/8'), '31');
    expect(heat.hot).toEqual(['cellar, says the archive', 'nowhere, says the archive']);
    const { known } = test.app.container.resolve(injection.Thermometers);
    let isClosed = false;
    heat.archive.close = async () => {
      isClosed = true;
    };
    await test.app.stop();
    expect({ isClosed, known: known.size }).toEqual({ isClosed: true, known: 0 });
  });

  it('builds anew for each attempt to handle a message', async () => {
    await using test = await createTestApp(messageScope.app);
    expect(await test.deliver(at('orders/1'), '', { qos: 1 })).toHaveAcked({ times: 1 });
    expect(test.app.container.resolve(messageScope.Database).log).toEqual([
      'begin for orders/1',
      'roll back',
      'begin for orders/1',
      'commit',
    ]);
  });

  it('replaces what is injected, in a test', async () => {
    const override = [{ provide: injection.THRESHOLD, useValue: 0 }];
    await using test = await createTestApp(injection.app, { override });
    await test.deliver(at('heat/7'), '1');
    expect(test.app.container.resolve(injection.HeatController).hot).toHaveLength(1);
  });

  it('finds the controllers of a container', async () => {
    await using test = await createTestApp(ownContainer.app);
    expect(await test.deliver(at('doors/front/ring'), '')).toHaveAcked();
    expect(ownContainer.house.resolve(ownContainer.Doorbell).rung).toEqual(['front']);
  });

  it('runs middleware around handlers', async () => {
    await using test = await createTestApp(middleware.app);
    const userProperties = [['tenant', 'ams']] as const;
    await test.deliver(at('invoices/1'), '', { userProperties });
    await test.deliver(at('invoices/2'), '');
    expect(test.app.container.resolve(middleware.InvoiceController).booked).toEqual(['1 of ams']);
    expect(middleware.audit).toEqual(['invoices/1: acked after 1', 'invoices/2: dropped after 0']);
  });

  it('logs, times and knows what it has handled', async () => {
    const { app, PaymentController, timings } = readyMiddleware;
    await using test = await createTestApp(app);
    for (const number of ['1', '2', '1'])
      expect(await test.deliver(at('payments/anna'), number)).toHaveAcked({ times: 1 });
    expect(test.app.container.resolve(PaymentController).paid).toEqual(['1', '2']);
    expect(timings.map(({ outcome, duplicate }) => ({ outcome, duplicate }))).toEqual([
      { outcome: 'acked', duplicate: false },
      { outcome: 'acked', duplicate: false },
      { outcome: 'acked', duplicate: true },
    ]);
    expect(test.logs.map(({ message }) => message)).toContain('A message was known, and not handled again.');
  });

  it('calls the hooks of a life', async () => {
    lifeCycle.diary.length = 0;
    await using broker = new FakeBroker();
    await using test = await createTestApp(lifeCycle.app, { broker });
    await test.deliver(at('meters/1'), '');
    await test.app.stop();
    expect(lifeCycle.diary).toEqual(['opens what it needs', 'connected, without a session', 'meter 1']);
    expect(test.published(lifeCycle.presence).map(({ payload }) => payload)).toEqual(['online', 'offline']);
    await using again = await createTestApp(lifeCycle.app, { broker });
    expect(lifeCycle.diary.at(-1)).toBe('connected, with a session');
    broker.faults.disconnect({ cmd: 'puback', from: 'client', nth: 1 });
    await again.deliver(at('meters/2'), '');
    const said = broker.published.map(({ payload }) => Buffer.from(payload).toString());
    expect(said).toEqual(['online', 'offline', 'online', 'offline', 'online']); // the second time by the broker
  });

  it('answers for its health in a server of Node`s', async () => {
    await using test = await createTestApp(routing.app, { clock: 'real' });
    const server = serve(test.app).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await ask('/admin/readyz')).json()).toMatchObject({ ready: true, connection: 'connected' });
    expect(await (await ask('/metrics')).text()).toContain('SiteController.onDoor');
    const { fetch: handler } = test.app; // as Hono takes it
    expect((await handler(new Request('http://host/mqtt/healthz'))).status).toBe(200);
    await test.app.stop();
    expect((await ask('/readyz')).status).toBe(503);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(Object.entries(mistakes))('refuses at start: %s', async (_mistake, controllers) => {
    const app = createApp({ connection: 'mqtt://localhost', controllers });
    const error = await createTestApp(app).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BootError);
    expect(guide).toContain(`| \`${(error as BootError).findings.join()}\` |`);
  });
});

describeWithMosquitto('on mosquitto', (mosquitto) => answers(() => mosquitto().url));

function answers(broker: Broker): void {
  it('gives a message to every route that matches, once', async () => {
    routing.seen.length = 0;
    await using test = await start(routing.app, broker);
    expect(await test.deliver(at('sites/ams1/temperature'), '21.5')).toHaveAcked();
    expect(routing.seen.sort()).toEqual([
      'anything at ams1: temperature, 4 bytes',
      'temperature at ams1: 21.5',
    ]);
    routing.seen.length = 0;
    await test.deliver(at('sites/ams1/door'), '');
    await test.deliver(at('sites/ams1/door'), 'open');
    expect(routing.seen.sort()).toEqual([
      'anything at ams1: door, 0 bytes',
      'anything at ams1: door, 4 bytes',
      'door: sites/ams1/door',
    ]);
  });

  it('subscribes to what its configuration says, and to something else later', async () => {
    await using test = await start(prefixAndBind.app, broker);
    const { levels } = test.app.container.resolve(prefixAndBind.TankController);
    const { level } = prefixAndBind;
    await test.deliver(level.to({ site: 'ams1', id: 7 }), 3);
    await test.deliver(level.to({ site: 'fra1', id: 7 }), 4);
    expect(levels).toEqual(['ams1 7: 3, on acme/sites/ams1/tanks/7/level']);
    await test.app.bind(level, { site: ['ams1', 'fra1'] });
    await test.deliver(level.to({ site: 'fra1', id: 7 }), 5);
    expect(levels.at(-1)).toBe('fra1 7: 5, on acme/sites/fra1/tanks/7/level');
    await expect(test.app.bind(level, { site: 'a/b' })).rejects.toThrow(TopicError);
  });

  it('gives a message to the most specific route only, if it is told to', async () => {
    await using test = await start(mostSpecific.app, broker);
    await test.deliver(at('devices/7/reboot'), '');
    await test.deliver(at('devices/7/sing/loud'), '');
    expect(test.app.container.resolve(mostSpecific.CommandController).done).toEqual([
      '7 reboots',
      '7 does not know sing/loud',
    ]);
  });

  it('shares jobs among workers', async () => {
    const one = broker() ?? new FakeBroker();
    await using anna = await createTestApp(sharing.worker('anna'), { broker: one });
    await using bert = await createTestApp(sharing.worker('bert'), { broker: one });
    const done: string[] = [];
    const allDone = new Promise<void>((resolve) => {
      for (const test of [anna, bert]) {
        test.handler(sharing.JobController, 'onJob').replace((message) => {
          if (done.push(message.text()) === 4) resolve();
        });
      }
    });
    for (const job of ['wash', 'dry', 'fold', 'iron'])
      await anna.app.publisher.publish(at('jobs/laundry'), job);
    await allDone;
    await anna.app.stop();
    await bert.app.stop();
    expect(done.sort()).toEqual(['dry', 'fold', 'iron', 'wash']);
  });

  it('acknowledges when the handler is done, when it says so, or at once', async () => {
    await using test = await start(acknowledging.app, broker);
    const { stored } = test.app.container.resolve(acknowledging.OrderController);
    expect(await test.deliver(acknowledging.order.to({ id: 1 }), { pairs: 2 })).toHaveAcked();
    expect(test.published(acknowledging.parcel)).toMatchObject([
      { params: { id: '1' }, payload: { pairs: 2 } },
    ]);
    await Promise.all(
      [1, 2].map((celsius) => test.deliver(acknowledging.sample.to({ id: celsius }), celsius)),
    );
    expect(await test.deliver(acknowledging.sample.to({ id: 1 }), -1)).toHaveRejectedWith(0x99);
    expect(await test.deliver(acknowledging.lamp.to({ id: 1 }), true)).toHaveAcked();
    expect(stored).toEqual(['1 and 2', 'lamp on']);
  });

  it('publishes dead letters that tell their story', async () => {
    const app = createApp({
      connection: { url: 'mqtt://localhost', clientId: 'dead-letters' },
      controllers: [DeadLetterController, ArchiveController],
    });
    const fails = defineTopic('fails/+id');
    app.on(fails, () => Promise.reject(new TypeError('no such pair')), { name: 'Fails' });
    const unasked: string[] = [];
    app.on('#', ({ topic }) => void unasked.push(topic));
    await using test = await start(app, broker);
    expect(await test.deliver(fails.to({ id: 7 }), 'sock')).toMatchObject({ outcome: 'dead-lettered' });
    await test.settled();
    expect(test.app.container.resolve(DeadLetterController).stories).toEqual([
      'Fails gave up 4 bytes on fails/7 after 4 attempts, TypeError: no such pair',
    ]);
    expect(test.app.container.resolve(ArchiveController).topics).toEqual(['fails/7', 'dead-letter/fails/7']);
    expect(unasked).toEqual(['fails/7']);
  });

  it('asks and answers', async () => {
    const one = broker() ?? new FakeBroker();
    await using devices = await createTestApp(requests.devices, { broker: one });
    await using gateway = await createTestApp(requests.gateway, { broker: one });
    expect(await gateway.deliver(at('devices/7/online'), '')).toHaveAcked();
    expect(gateway.app.container.resolve(requests.GatewayController).names.get('7')).toBe('name of 7');
    await expect(devices.request(requests.getConfig.to({ id: 0 }), { keys: [] })).rejects.toMatchObject({
      name: 'ReplyError',
      code: 'not-found',
      message: 'There is no such device.',
    });
  });
}

import { Controller, createApp, defineTopic, Inject, type Message, Publisher, Topic, token } from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';

const reading = defineTopic('sensors/+deviceId/reading', {
  payload: z.object({ celsius: z.number() }),
  qos: 1,
});
const alert = defineTopic('alerts/+deviceId', { payload: z.object({ level: z.enum(['hot', 'cold']) }) });
const LIMIT = token<number>('limit');

class ReadingRepo {
  readonly saved: [string, number][] = [];
  async save(deviceId: string, celsius: number): Promise<void> {
    this.saved.push([deviceId, celsius]);
  }
}

@Controller()
class SensorController {
  constructor(
    @Inject(ReadingRepo) private readonly repo: ReadingRepo,
    @Inject(LIMIT) private readonly limit: number,
    @Inject(() => Publisher) private readonly publisher: Publisher,
  ) {}

  @Topic(reading, { sends: [alert] })
  async onReading({ params, payload }: Message<typeof reading>) {
    await this.repo.save(params.deviceId, payload.celsius);
    if (payload.celsius > this.limit) return alert.message({ deviceId: params.deviceId }, { level: 'hot' });
    if (payload.celsius < 0)
      await this.publisher.publish(alert.to({ deviceId: params.deviceId }), { level: 'cold' });
  }
}

const app = createApp({
  connection: { url: 'mqtt://nowhere.invalid', clientId: 'sensors' },
  controllers: [SensorController],
  providers: [{ provide: LIMIT, useValue: 40 }],
});

it('delivers to a handler and tells what it acknowledged', async () => {
  await using t = await createTestApp(app);
  const delivery = await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 20 });
  expect(delivery).toEqual({
    outcome: 'acked',
    acks: [{ packet: 'puback', reasonCode: 0 }],
    attempts: 1,
    errors: [],
    handlers: ['SensorController.onReading'],
  });
  expect(t.app.container.resolve(ReadingRepo).saved).toEqual([['a', 20]]);
});

it('shows what the application published, returned or through its publisher', async () => {
  await using t = await createTestApp(app);
  await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 41 });
  await t.deliver(reading.to({ deviceId: 'b' }), { celsius: -1 });
  expect(t.published(alert)).toMatchObject([
    { params: { deviceId: 'a' }, payload: { level: 'hot' }, qos: 1, retain: false },
    { params: { deviceId: 'b' }, payload: { level: 'cold' }, qos: 1, retain: false },
  ]);
  expect(t.published(reading)).toEqual([]);
});

it('overrides providers for this test only', async () => {
  const fake = new ReadingRepo();
  {
    await using t = await createTestApp(app, {
      override: [
        { provide: ReadingRepo, useValue: fake },
        { provide: LIMIT, useValue: 0 },
      ],
    });
    await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 1 });
    expect(t.published(alert)).toHaveLength(1);
  }
  await using again = await createTestApp(app);
  await again.deliver(reading.to({ deviceId: 'a' }), { celsius: 1 });
  expect(again.published(alert)).toEqual([]);
  expect(fake.saved).toEqual([['a', 1]]);
});

it('records the calls of a handler and replaces it', async () => {
  await using t = await createTestApp(app);
  const handler = t.handler(SensorController, 'onReading');
  await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 3 });
  expect(handler.calls[0]?.payload.celsius).toBe(3);
  handler.replace(async () => {
    throw new Error('replaced');
  });
  const delivery = await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 4 });
  expect(delivery).toMatchObject({ outcome: 'dead-lettered', attempts: 4 });
  expect(delivery.errors).toEqual(Array(4).fill(new Error('replaced')));
  expect(handler.calls).toHaveLength(5);
});

it.each(['singleton', 'message'] as const)('calls a replacement on the controller: %s', async (scope) => {
  const seen: string[] = [];
  @Controller({ scope })
  class Doors {
    readonly name = 'front';
    @Topic(alert) onAlert(_: Message<typeof alert>) {}
    dispose() {
      seen.push('disposed of');
    }
  }
  await using t = await createTestApp({ connection: 'mqtt://nowhere.invalid', controllers: [Doors] });
  t.handler(Doors, 'onAlert').replace(function (this: Doors) {
    seen.push(this.name);
  });
  await t.deliver(alert.to({ deviceId: 'a' }), { level: 'hot' });
  expect(seen).toEqual(scope === 'message' ? ['front', 'disposed of'] : ['front']);
});

it('resolves although an older message holds its acknowledgement back', async () => {
  const manual = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'manual' } });
  const settle = (message: Message<typeof reading>) =>
    message.payload.celsius === 2 ? message.ack() : undefined;
  manual.on(reading, settle, { ack: 'manual' });
  await using t = await createTestApp(manual);
  expect(await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 1 })).toMatchObject({ outcome: 'held' });
  expect(await t.deliver(reading.to({ deviceId: 'a' }), { celsius: 2 })).toMatchObject({
    outcome: 'acked',
    acks: [],
  });
});

it('sends bytes that do not fit as they are, and says why they were refused', async () => {
  await using t = await createTestApp(app);
  const delivery = await t.deliver(reading.to({ deviceId: 'a' }), new TextEncoder().encode('no json'));
  expect(delivery.outcome).toBe('rejected');
  expect(delivery.acks).toMatchObject([{ packet: 'puback', reasonCode: 0x99 }]);
  expect(String(delivery.errors[0])).toContain('it is not JSON');
  expect(t.handler(SensorController, 'onReading').calls).toEqual([]);
});

it('keeps deliveries of equal messages apart that are under way together', async () => {
  await using t = await createTestApp(app);
  let refusing = true;
  t.handler(SensorController, 'onReading').replace(async (message) => {
    refusing = !refusing;
    if (refusing) await message.reject(); // every second one
  });
  const to = reading.to({ deviceId: 'a' });
  const [first, second] = await Promise.all([t.deliver(to, { celsius: 1 }), t.deliver(to, { celsius: 1 })]);
  expect([first.outcome, second.outcome]).toEqual(['acked', 'rejected']);
});

it('says so when nobody handles a message', async () => {
  await using t = await createTestApp(app);
  expect(await t.deliver(alert.to({ deviceId: 'a' }), { level: 'hot' })).toEqual({
    outcome: 'dropped',
    acks: [],
    attempts: 0,
    errors: [],
    handlers: [],
  });
});

it('ends a delivery when the application stops under it', async () => {
  await using t = await createTestApp(app);
  t.handler(SensorController, 'onReading').replace(() => new Promise(() => undefined));
  const delivery = t.deliver(reading.to({ deviceId: 'a' }), { celsius: 1 });
  await t.clock.settle();
  await t.app.stop({ timeout: 0 });
  expect((await delivery).outcome).toBe('held');
});

it('waits for what handlers set going, and no longer', async () => {
  const echo = defineTopic('echo/+n', { payload: z.number() });
  const chain = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'chain' } });
  chain.on(echo, async (message) => {
    if (message.payload < 3) await message.publish(echo.to({ n: 'x' }), message.payload + 1);
  });
  await using t = await createTestApp(chain);
  await t.deliver(echo.to({ n: 'x' }), 0);
  expect(t.published(echo).map(({ payload }) => payload)).toEqual([1, 2, 3]);
  expect(t.app.health().routes['a function on echo/+n']).toMatchObject({ handled: 4, inFlight: 0 });
});

it('keeps what the application reported', async () => {
  await using t = await createTestApp({
    connection: 'mqtt://nowhere.invalid',
    controllers: [SensorController],
    providers: [{ provide: LIMIT, useValue: 1 }],
  });
  expect(t.logs.map(({ level, message }) => `${level}: ${message}`)).toEqual([
    expect.stringMatching(/^warn: .* has no clientId/),
    'info: Subscribed.',
  ]);
});

it('runs on a broker of the test and leaves it open', async () => {
  await using broker = new FakeBroker({ overlap: 'per-subscription' });
  const t = await createTestApp(app, { broker });
  expect(t.broker).toBe(broker);
  expect(t.clock).toBe(broker.clock);
  await t[Symbol.asyncDispose]();
  expect(broker.session('sensors')).toMatchObject({ connected: false });
});

it('refuses a clock beside a broker that has one', async () => {
  await expect(createTestApp(app, { broker: new FakeBroker(), clock: 'real' })).rejects.toThrow(
    'brings its own clock',
  );
});

it('refuses to probe what is no handler', async () => {
  await using t = await createTestApp(app);
  class Other {
    onReading(_message: Message): void {}
  }
  expect(() => t.handler(Other, 'onReading')).toThrow('Other.onReading is no handler of this application');
});

it('closes its own broker, and no other, when the application does not start', async () => {
  using close = vi.spyOn(FakeBroker.prototype, 'close');
  const failing = {
    provide: token<object>('failing'),
    useFactory: () => ({ onConnect: () => Promise.reject(new Error('no such table')) }),
  };
  await using broker = new FakeBroker();
  for (const options of [{ clock: 'real' }, { broker }] as const) {
    const started = createTestApp(app, { ...options, override: [failing] });
    await expect(started).rejects.toThrow('failing.onConnect() failed: Error: no such table');
  }
  expect(close).toHaveBeenCalledOnce();
});

it('leaves nothing open when something of the application can’t be disposed of', async () => {
  const broken = {
    provide: token<object>('broken'),
    useFactory: () => ({}),
    dispose: () => Promise.reject(new Error('still locked')),
  };
  const t = await createTestApp(app, { override: [broken] });
  await expect(t[Symbol.asyncDispose]()).rejects.toThrow('still locked');
  await expect(connect(t.broker.endpoint, { clock: t.clock })).rejects.toThrow();
  expect(t.clock.pendingTimers).toBe(0);
});

it('ends although hooks and disposals never do, and names them', async () => {
  const never = () => new Promise<never>(() => undefined);
  const stuck = { provide: token<object>('stuck'), useFactory: () => ({ onStop: never }), dispose: never };
  const t = await createTestApp(app, { override: [stuck] });
  await expect(t[Symbol.asyncDispose]()).rejects.toMatchObject({
    errors: [
      new Error('stuck.onStop() did not end in time.'),
      new Error('stuck was not disposed of in time.'),
    ],
  });
});

it('stops the application again when the device that a real broker needs is refused', async () => {
  let connections = 0;
  await using broker = new FakeBroker({
    clock: 'real',
    authenticate: () => (connections++ === 0 ? 0 : 0x87),
  });
  const { url } = await broker.listen();
  await expect(createTestApp(app, { broker: url })).rejects.toThrow('Not authorized');
  expect(connections).toBe(2);
  expect(broker.session('sensors')).toMatchObject({ connected: false });
});

it('gives the device the credentials of the application', async () => {
  const seen: unknown[] = [];
  await using broker = new FakeBroker({
    clock: 'real',
    authenticate: ({ username, password }) => {
      seen.push([username, Buffer.from(password ?? []).toString()]);
      return 0;
    },
  });
  const { url } = await broker.listen();
  const connection = { url: 'mqtt://nowhere.invalid', clientId: 'sensors', username: 'u', password: 'p' };
  const authorized = createApp({ connection });
  authorized.on('any', () => {});
  await using t = await createTestApp(authorized, { broker: url });
  expect(await t.deliver(defineTopic('any').to(undefined), 'x')).toMatchObject({ outcome: 'acked' });
  expect(seen).toEqual([
    ['u', 'p'],
    ['u', 'p'],
  ]);
});

it('takes a QoS 0 message of a manual handler as handled: there is nothing to acknowledge', async () => {
  const manual = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'manual' } });
  const topic = defineTopic('manual');
  manual.on(topic, () => {}, { ack: 'manual' });
  await using t = await createTestApp(manual);
  expect(await t.deliver(topic.to(undefined), 'x', { qos: 0 })).toMatchObject({ outcome: 'acked', acks: [] });
  expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([]);
});

it('waits for the word of an application on a real broker for as long as it is told', async () => {
  await using broker = new FakeBroker({ clock: 'real' });
  const { url } = await broker.listen();
  await using t = await createTestApp(app, { broker: url, patience: 1 });
  t.handler(SensorController, 'onReading').replace(() => new Promise(() => undefined));
  await expect(t.deliver(reading.to({ deviceId: 'a' }), { celsius: 1 })).rejects.toThrow(
    'Nothing was heard of the message on "sensors/a/reading" for 1 ms',
  );
});

it('takes the chance of an application from the seed of the broker', async () => {
  const anonymous = createApp({ connection: 'mqtt://nowhere.invalid' });
  anonymous.on('any', () => {});
  const namesUnder = async (seed: number) => {
    await using broker = new FakeBroker({ seed });
    await using one = await createTestApp(anonymous, { broker });
    await using two = await createTestApp(anonymous, { broker });
    expect([...broker.sessions.values()].map(({ connected }) => connected)).toEqual([true, true]);
    return [one.clientId, two.clientId];
  };
  const names = [await namesUnder(1), await namesUnder(2), await namesUnder(1)];
  expect(names[2]).toEqual(names[0]);
  expect(new Set(names.flat()).size).toBe(4);
});

// One application and its tests, run against every broker: what passes on the fake passes on the real ones.
import {
  Controller,
  createApp,
  defineMiddleware,
  defineTopic,
  drop,
  Inject,
  type Message,
  otherwise,
  ReplyError,
  Topic,
} from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, type FakeBroker, type TestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

export interface BrokerUnderTest {
  readonly protocol: 4 | 5;
  /** The address of a real broker, or a fake one for one test. Ask inside a test. */
  broker(): FakeBroker | string;
}

const status = defineTopic('drawers/+drawer/socks/+sock', {
  payload: z.object({ clean: z.boolean(), temperature: z.number().max(95) }),
  params: { sock: z.coerce.number().int() },
});
const laundry = defineTopic('laundry/+drawer', { payload: z.object({ sock: z.number() }) });
const slow = defineTopic('slow/+worker', { codec: 'text' });
const tally = defineTopic('drawers/+drawer/count', {
  codec: 'bytes',
  reply: z.custom<Uint8Array>((bytes) => bytes instanceof Uint8Array),
});
const exact = defineTopic('once/more', { codec: 'text', qos: 2 });

class SockRepo {
  readonly saved: number[] = [];
  async save(sock: number): Promise<void> {
    await Promise.resolve();
    if (sock === 13) throw new Error('thirteen is unlucky');
    this.saved.push(sock);
  }
}

@Controller()
class DrawerController {
  readonly wide: string[] = [];
  readonly crossing: string[] = [];
  readonly texts: string[] = [];
  constructor(@Inject(SockRepo) readonly repo: SockRepo) {}

  @Topic(status, { sends: [laundry] })
  async onSock({ params, payload }: Message<typeof status>) {
    await this.repo.save(params.sock);
    if (!payload.clean) return laundry.message({ drawer: params.drawer }, { sock: params.sock });
  }

  @Topic('drawers/#') onAny({ topic }: Message) {
    this.wide.push(topic);
  }

  @Topic('crossing/+/b') onOne() {
    this.crossing.push('+/b');
  }
  @Topic('crossing/a/+') onOther() {
    this.crossing.push('a/+');
  }

  @Topic(tally) async onCount({ payload }: Message<typeof tally>) {
    await Promise.resolve();
    if (payload.length === 0) throw new ReplyError('empty', 'There is nothing to count');
    if (payload.length === 1) throw new Error('the wardrobe is locked');
    return payload;
  }

  @Topic(exact) async onText({ payload }: Message<typeof exact>) {
    this.texts.push(payload);
  }
}

/** What a handler failed on stays with the broker. */
const keep = defineMiddleware(async (_message, next) => {
  const outcome = await next();
  return outcome.error === undefined ? outcome : { ...outcome, status: 'held' };
});

let applications = 0;

/** Defines the tests inside the `describe` that calls it. */
export function defineApplicationSuite(under: BrokerUnderTest): void {
  const { protocol } = under;
  const clean = { clean: true, temperature: 40 };

  const nextClientId = () => `suite-${protocol}-${process.pid}-${applications++}`;
  const start = (clientId = nextClientId()): Promise<TestApp> =>
    createTestApp(
      createApp({
        connection: { url: 'mqtt://nowhere.invalid', clientId, protocol },
        controllers: [DrawerController],
      }),
      { broker: under.broker() },
    );

  it('acknowledges what a handler has handled', async () => {
    await using t = await start();
    const delivery = await t.deliver(status.to({ drawer: 'left', sock: 1 }), clean);
    expect(delivery).toMatchObject({ outcome: 'acked', errors: [] });
    expect(delivery.acks).toContainEqual({ packet: 'puback', reasonCode: 0 });
    expect(t.app.container.resolve(SockRepo).saved).toEqual([1]);
  });

  it('runs each handler of overlapping filters exactly once', async () => {
    await using t = await start();
    const { handlers } = await t.deliver(status.to({ drawer: 'left', sock: 2 }), clean);
    expect([...handlers].sort()).toEqual(['DrawerController.onAny', 'DrawerController.onSock']);
    await t.settled();
    expect(t.app.container.resolve(SockRepo).saved).toEqual([2]);
    expect(t.app.container.resolve(DrawerController).wide).toEqual(['drawers/left/socks/2']);
  });

  it('runs each handler exactly once where neither filter covers the other', async () => {
    await using t = await start();
    const both = defineTopic('crossing/+one/+two');
    await t.deliver(both.to({ one: 'a', two: 'b' }), 'x');
    await t.settled();
    const { crossing } = t.app.container.resolve(DrawerController);
    expect([...crossing].sort()).toEqual(['+/b', 'a/+']);
    const warned = t.logs.filter(
      ({ message }) => message?.includes('"crossing/+/b"') && message.includes('"crossing/a/+"'),
    );
    expect(warned).toHaveLength(protocol === 5 ? 0 : 1);
  });

  it('has virtual time, sessions and transcript on the fake alone, and says so', async () => {
    await using t = await start();
    if (typeof under.broker() !== 'string') {
      expect(t.broker.clock).toBe(t.clock);
      return;
    }
    expect(() => t.broker).toThrow('This test runs on a real broker');
    expect(() => t.clock).toThrow("This test runs on the machine's clock");
  });

  it('refuses what does not fit, for good', async () => {
    await using t = await start();
    const delivery = await t.deliver(
      status.to({ drawer: 'left', sock: 3 }),
      new TextEncoder().encode('{"clean":"yes"}'),
    );
    expect(delivery.outcome).toBe('rejected');
    // A broker that sends a copy for each subscription gets an acknowledgement for each.
    const refusal = { packet: 'puback', reasonCode: protocol === 5 ? 0x99 : 0 };
    expect(delivery.acks).toContainEqual(expect.objectContaining(refusal));
    expect(delivery.errors).toMatchObject([{ name: 'InvalidMessage', part: 'payload' }]);
    expect(t.app.container.resolve(SockRepo).saved).toEqual([]);
  });

  it('keeps its connection while the broker is faster than its handlers', async () => {
    const seen: string[] = [];
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId: nextClientId(), protocol, receiveMaximum: 10 },
    });
    app.on(slow, async ({ payload }) => {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      seen.push(payload);
    });
    await using t = await createTestApp(app, { broker: under.broker() });
    const numbers = Array.from({ length: 300 }, (_, n) => String(n));
    const deliveries = await Promise.all(
      numbers.map((number) => t.deliver(slow.to({ worker: Number(number) % 4 }), number)),
    );
    expect(deliveries.every(({ outcome }) => outcome === 'acked')).toBe(true);
    expect(seen.toSorted((one, other) => Number(one) - Number(other))).toEqual(numbers);
    expect(t.app.health().ready).toBe(true);
  });

  it('publishes what a handler returns before it acknowledges', async () => {
    await using t = await start();
    const { outcome } = await t.deliver(status.to({ drawer: 'left', sock: 4 }), {
      clean: false,
      temperature: 60,
    });
    expect(outcome).toBe('acked');
    expect(t.published(laundry)).toMatchObject([
      { params: { drawer: 'left' }, payload: { sock: 4 }, qos: 1 },
    ]);
  });

  it('handles QoS 2 exactly once', async () => {
    await using t = await start();
    const delivery = await t.deliver(exact.to(), 'hello');
    expect(delivery).toMatchObject({
      outcome: 'acked',
      acks: [{ packet: 'pubrec', reasonCode: 0 }],
      attempts: 1,
    });
    expect(t.app.container.resolve(DrawerController).texts).toEqual(['hello']);
  });

  it('answers a request with what its handler returns, byte by byte, or with what it throws', async () => {
    await using t = await start();
    const ask = (bytes: Uint8Array) => t.request(tally.to({ drawer: 'left' }), bytes);
    if (protocol === 4) {
      await expect(ask(Uint8Array.of(1, 2))).rejects.toThrow(
        '"drawers/left/count" can\'t be requested: MQTT 3.1.1 has no response topic.',
      );
      return;
    }
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(new Uint8Array(await ask(every))).toEqual(every);
    await expect(ask(new Uint8Array())).rejects.toThrow(
      expect.objectContaining({ code: 'empty', message: 'There is nothing to count' }),
    );
    await expect(ask(Uint8Array.of(1))).rejects.toThrow(
      expect.objectContaining({ code: 'failed', message: 'The handler of the request failed.' }),
    );
  });

  it('leaves a message unacknowledged that is kept, and gets it again on the next connection, but not what it has handled', async () => {
    const clientId = `again-${protocol}-${process.pid}-${applications++}`;
    const broker = under.broker();
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId, protocol },
      controllers: [DrawerController],
      errors: [otherwise(drop())],
      middleware: [keep],
    });
    {
      await using t = await createTestApp(app, { broker });
      expect(await t.deliver(status.to({ drawer: 'left', sock: 5 }), clean)).toMatchObject({
        outcome: 'acked',
      });
      const failed = await t.deliver(status.to({ drawer: 'left', sock: 13 }), clean);
      expect(failed).toMatchObject({ outcome: 'held', errors: [{ message: 'thirteen is unlucky' }] });
      expect(t.logs.filter(({ level }) => level === 'error')).toMatchObject([
        {
          message: expect.stringContaining('delivers it again after a reconnect'),
          facts: { route: 'DrawerController.onSock' },
        },
      ]);
    }
    let resolve: (sock: number) => void = () => {};
    const again = new Promise<number>((settle) => {
      resolve = settle;
    });
    const saved: number[] = [];
    const lucky = {
      async save(sock: number) {
        saved.push(sock);
        if (sock === 13) resolve(sock);
      },
    };
    await using t = await createTestApp(app, { broker, override: [{ provide: SockRepo, useValue: lucky }] });
    expect(await again).toBe(13);
    await t.settled();
    expect(saved).toEqual([13]);
  });

  it('keeps equal messages apart that are under way together, and apart from one that was retained before', async () => {
    const broker = under.broker();
    const clientId = `load-${protocol}-${process.pid}-${applications++}`;
    const load = defineTopic(`${clientId}/+id`, { codec: 'text' });
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId, protocol } });
    app.on(load, async () => {}, { name: 'narrow' });
    app.on(`${clientId}/#` as string, async () => {}, { name: 'wide' });
    const url = typeof broker === 'string' ? broker : broker.endpoint;
    {
      await using device = await connect(url, {
        protocol,
        ...(typeof broker !== 'string' && { clock: broker.clock }),
      });
      await device.publish(load.to({ id: 0 }).address, 'same', { qos: 1, retain: true });
    }
    await using t = await createTestApp(app, { broker });
    const deliveries = Array.from({ length: 60 }, (_, n) =>
      t.deliver(load.to({ id: n % 3 }), 'same', { qos: n % 2 ? 1 : 0 }),
    );
    for (const [n, delivery] of (await Promise.all(deliveries)).entries()) {
      expect(delivery).toMatchObject({ outcome: 'acked', attempts: 1 });
      expect([...delivery.handlers].sort()).toEqual(['narrow', 'wide']);
      expect(delivery.acks.length > 0).toBe(n % 2 === 1);
    }
  });

  it('ends what a test waits for when the application stops under a handler that never ends', async () => {
    const clientId = `stopping-${protocol}-${process.pid}-${applications++}`;
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId, protocol } });
    const stuck = defineTopic(`${clientId}/stuck`);
    const running = new Promise<void>((resolve) => {
      app.on(stuck, () => {
        resolve();
        return new Promise<void>(() => undefined);
      });
    });
    await using t = await createTestApp(app, { broker: under.broker() });
    const delivery = t.deliver(stuck.to(undefined), 'x');
    await running;
    const settled = t.settled();
    expect(await t.app.stop({ timeout: 0 })).toMatchObject({ finished: 0, abandoned: 1 });
    expect(await delivery).toMatchObject({ outcome: 'held', acks: [], handlers: [] });
    await settled;
  });
}

// What a failure policy may do to the life of the application: have messages delivered again, and stop it.
import {
  createApp,
  createLineLogger,
  defineTopic,
  type ErrorPolicy,
  otherwise,
  redeliver,
  retry,
  stop,
} from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../src/app/lifecycle/app.js';
import { Application } from '../../src/app/lifecycle/application.js';
import { runApp } from '../../src/app/lifecycle/run.js';
import type { Pipeline } from '../../src/app/pipeline/pipeline.js';
import { VirtualClock } from '../../src/time/index.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const elsewhere = defineTopic('elsewhere', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const silent = createLineLogger({ write: () => {}, clock: new VirtualClock() });

const pipelineOf = ({ app }: TestApp) => (app as Application).pipeline as Pipeline; // started, so there is one
const connects = ({ broker }: TestApp) => broker.transcript().match(/ CONNECT /g)?.length;

describe('redelivery', () => {
  /** Leaves its first message open, acknowledges what comes again. */
  async function onRepeat() {
    const app = createApp({ connection });
    const seen: boolean[] = [];
    app.on(
      topic,
      async (message) => {
        seen.push(message.duplicate);
        if (message.duplicate) await message.ack();
      },
      { ack: 'manual' },
    );
    const t = await createTestApp(app);
    expect((await t.deliver(topic.to({ id: 1 }), 'x')).outcome).toBe('held');
    return { t, seen };
  }

  it('connects again when the time has come, once for all that ask meanwhile, at the earliest of their times', async () => {
    const { t, seen } = await onRepeat();
    await using _ = t;
    pipelineOf(t).redeliver(2_000);
    pipelineOf(t).redeliver(1_000);
    pipelineOf(t).redeliver(3_000);
    await t.clock.advance('999ms');
    expect([seen, connects(t)]).toEqual([[false], 1]);
    await t.clock.advance('1ms');
    expect([seen, connects(t)]).toEqual([[false, true], 2]);
    await t.clock.advance('10s');
    expect(connects(t)).toBe(2);
    expect(t.app.health()).toMatchObject({ live: true, ready: true, oldestUnackedMs: 0 });
    expect(t.logs.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('a failure policy has messages delivered again. Connecting again.'),
    );
  });

  it('asks again after it was served', async () => {
    const { t } = await onRepeat();
    await using _ = t;
    for (const times of [2, 3]) {
      pipelineOf(t).redeliver(1_000);
      await t.clock.advance('1s');
      expect(connects(t)).toBe(times);
    }
  });

  it('is served by a connection that was lost meanwhile, and by none once the application stops', async () => {
    const { t, seen } = await onRepeat();
    pipelineOf(t).redeliver(60_000);
    t.broker.faults.disconnect({ cmd: 'publish', from: 'client', nth: 1 });
    const published = t.app.publisher.publish(elsewhere.to(), 'y');
    await t.settled();
    await published;
    expect([seen, connects(t)]).toEqual([[false, true], 2]);
    await t.clock.advance('2m');
    expect(connects(t)).toBe(2);
    pipelineOf(t).redeliver(1_000);
    await t.app.stop();
    await t.clock.advance('2m');
    expect(connects(t)).toBe(2);
    await t[Symbol.asyncDispose]();
  });

  it.each<[string, Partial<ConnectionOptions>, string]>([
    ['no clientId', { clientId: '' }, 'narrow and 1 more: redeliver() needs a session to come back to'],
    [
      'a session that ends with the connection',
      { sessionExpiryInterval: 0 },
      'Leave sessionExpiryInterval: 0 out.',
    ],
    ['a clean start on 3.1.1', { protocol: 4, cleanStart: true }, 'which cleanStart forbids on MQTT 3.1.1'],
    ['no coming back', { reconnect: false }, 'which reconnect: false forbids'],
  ])('is refused at the start with %s', async (_what, options, sentence) => {
    const app = createApp({ connection: { ...connection, ...options }, errors: [otherwise(redeliver())] });
    app.on(topic, () => {}, { name: 'narrow' });
    app.on('t/#', () => {}, { name: 'wide' });
    app.on('fleeting', () => {}, { qos: 0 });
    await expect(createTestApp(app)).rejects.toMatchObject({
      name: 'BootError',
      findings: [expect.stringContaining(sentence)],
    });
  });

  it('is refused where the broker keeps no session, whatever was asked for', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {}, { name: 'narrow', errors: [otherwise(redeliver())] });
    await using broker = new FakeBroker({ capabilities: { sessionExpiryMaximum: 0 } });
    await expect(createTestApp(app, { broker })).rejects.toMatchObject({
      findings: [
        'narrow: redeliver() needs a session that outlives the connection; the broker ends it with the connection.',
      ],
    });
  });

  it('needs none of it where every message comes at QoS 0', async () => {
    const app = createApp({ connection: connection.url, errors: [otherwise(redeliver())] });
    app.on(topic, () => {}, { qos: 0 });
    await using t = await createTestApp(app);
    expect(t.app.health().ready).toBe(true);
  });
});

describe('redeliver() as the last step of a policy', () => {
  async function failing(errors: ErrorPolicy, failures: number) {
    const app = createApp({ connection });
    const seen: [id: string, duplicate: boolean][] = [];
    app.on(
      topic,
      ({ params, duplicate }) => {
        seen.push([params.id, duplicate]);
        if (params.id === 'bad' && seen.filter(([id]) => id === 'bad').length <= failures)
          throw new Error('not now');
      },
      { errors, name: 'onT' },
    );
    return { t: await createTestApp(app), seen };
  }

  it('has the broker deliver the message again, after its time, until the handler succeeds', async () => {
    const { t, seen } = await failing([otherwise(redeliver({ after: '2s' }))], 2);
    await using _ = t;
    const before = t.clock.now();
    expect(await t.deliver(topic.to({ id: 'bad' }), 'x')).toMatchObject({
      outcome: 'acked',
      acks: [{ packet: 'puback', reasonCode: 0 }],
    });
    expect(t.clock.now() - before).toBe(4_000);
    expect([seen, connects(t)]).toEqual([
      [
        ['bad', false],
        ['bad', true],
        ['bad', true],
      ],
      3,
    ]);
    // The session stayed, no will could have been published, and nothing is left.
    expect(t.broker.transcript().match(/C→B DISCONNECT rc=0x00/g)).toHaveLength(2);
    expect(t.app.health()).toMatchObject({ ready: true, lag: 0, routes: { onT: { handled: 1, failed: 2 } } });
  });

  it('does not take with it what was handled meanwhile', async () => {
    const { t, seen } = await failing([otherwise(redeliver())], 1);
    await using _ = t;
    const [bad, good] = [t.deliver(topic.to({ id: 'bad' }), 'x'), t.deliver(topic.to({ id: 'good' }), 'y')];
    expect([(await bad).outcome, (await good).outcome]).toEqual(['acked', 'acked']);
    expect(seen.filter(([id]) => id === 'bad')).toEqual([
      ['bad', false],
      ['bad', true],
    ]);
    expect(t.app.health()).toMatchObject({ ready: true, lag: 0 });
  });

  it('comes after the retries before it', async () => {
    const { t, seen } = await failing([otherwise(retry(1), redeliver())], 2);
    await using _ = t;
    expect(await t.deliver(topic.to({ id: 'bad' }), 'x')).toMatchObject({ outcome: 'acked' });
    expect(seen.map(([, duplicate]) => duplicate)).toEqual([false, false, true]);
  });

  it('drops at QoS 0, where nobody has the message any more', async () => {
    const { t, seen } = await failing([otherwise(redeliver())], 1);
    await using _ = t;
    expect(await t.deliver(topic.to({ id: 'bad' }), 'x', { qos: 0 })).toMatchObject({ outcome: 'dropped' });
    expect([seen.length, connects(t)]).toEqual([1, 1]);
  });
});

describe('a failure policy that stops the application', () => {
  const reason = 'Handler t/+id failed, and its policy stops the application.';

  it('lets handlers finish, leaves the session, and says why', async () => {
    let open = () => {};
    const app = createApp({ connection });
    app.on(topic, () => new Promise<void>((resolve) => (open = resolve)));
    const t = await createTestApp(app);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    pipelineOf(t).stop(reason);
    pipelineOf(t).stop('Another failure.');
    expect(t.app.health()).toMatchObject({ live: false, ready: false });
    open();
    expect(await delivery).toMatchObject({ outcome: 'acked', acks: [{ reasonCode: 0 }] });
    expect(await t.app.stop()).toMatchObject({ finished: 1, abandoned: 0 });
    expect(t.broker.session('app')).toMatchObject({ connected: false, subscriptions: [{ filter: 't/+' }] });
    expect(t.logs.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([reason]);
    await t[Symbol.asyncDispose]();
  });

  it('ends run() with the sentence and 1', async () => {
    await using broker = new FakeBroker();
    const clock = broker.clock as VirtualClock;
    const app = new Application({
      connection: { ...connection, url: broker.endpoint },
      clock,
      logger: silent,
    });
    app.on(topic, () => {});
    const seen: string[] = [];
    const running = runApp(app, {
      onSignal: () => () => seen.push('unlistened'),
      setExitCode: (code) => void seen.push(`exit code ${code}`),
      exit: (code) => void seen.push(`exit ${code}`),
      writeError: (text) => void seen.push(text),
    });
    await clock.settle();
    expect(app.health().live).toBe(true);
    app.pipeline?.stop(reason);
    await clock.settle();
    await running;
    expect(seen).toEqual(['unlistened', 'exit code 1', `${reason}\n`]);
  });

  it('does so as stop(): run() ends with 1, and the next start gets the message, which nobody acknowledged', async () => {
    await using broker = new FakeBroker();
    const clock = broker.clock as VirtualClock;
    const seen: string[] = [];
    const start = (handler: (message: { payload: string; duplicate: boolean }) => void) => {
      const options = { connection: { ...connection, url: broker.endpoint }, clock, logger: silent };
      const app = new Application({ ...options, errors: [otherwise(retry(1), stop())] });
      app.on(topic, handler, { name: 'onT' });
      const running = runApp(app, {
        onSignal: () => () => undefined,
        setExitCode: (code) => void seen.push(`exit code ${code}`),
        exit: (code) => void seen.push(`exit ${code}`),
        writeError: (text) => void seen.push(text),
      });
      return { app, running };
    };
    const first = start(() => {
      seen.push('tried');
      throw new Error('The disk is full');
    });
    await clock.settle();
    broker.publish({ topic: 't/1', payload: 'x', qos: 1 });
    await clock.advance('10s');
    await first.running;
    expect(seen).toEqual([
      'tried',
      'tried',
      'exit code 1',
      'onT failed on "t/1", and its policy stops the application: The disk is full\n',
    ]);
    expect(broker.transcript()).not.toContain('PUBACK');
    expect(broker.session('app')).toMatchObject({ connected: false, inflight: 1 });

    seen.length = 0;
    const next = start(({ payload, duplicate }) => void seen.push(`${payload} ${duplicate}`));
    await clock.settle();
    expect(seen).toEqual(['x true']);
    expect(broker.session('app')).toMatchObject({ inflight: 0 });
    await next.app.stop();
    await next.running;
    expect(seen).toEqual(['x true']);
  });
});

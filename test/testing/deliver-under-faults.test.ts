// What a test sees of a delivery while things go wrong: the same client, the same broker, and time that moves by itself.
import { type Awaitable, createApp, type Duration, defineTopic } from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { describe, expect, it } from 'vitest';
import { nextTurn, sleep } from '../../src/time/index.js';

const job = defineTopic('jobs/+n', { qos: 1, codec: 'text' });
const done = defineTopic('done/+n', { qos: 1, codec: 'text' });
const one = job.to({ n: 1 });

/** An application with one handler, whose runs are counted. */
async function start(
  handle: (test: () => TestApp) => () => Awaitable<unknown> = () => () => undefined,
  options: Parameters<typeof createTestApp>[1] = {},
  protocol: 4 | 5 = 5,
  timeout: Duration = '30s',
) {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'worker', protocol } });
  const count = { runs: 0 };
  let test: TestApp | undefined;
  const body = handle(() => test as TestApp); // it runs once the test application is there
  const work = async () => {
    count.runs += 1;
    await body();
  };
  app.on(job, work, { name: 'work', timeout });
  test = await createTestApp(app, options);
  return { test, count, [Symbol.asyncDispose]: () => (test as TestApp)[Symbol.asyncDispose]() };
}

/** As many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

describe.each([5, 4] as const)('a delivery on MQTT version %i', (protocol) => {
  const ack = { packet: 'puback', reasonCode: 0 };

  it.each([
    ['the connection is cut before PUBACK', 'cut', 2],
    ['the connection is cut in PUBLISH', 'cut in PUBLISH', 1],
    ['PUBACK is lost and the connection with it', 'lost', 2],
    ['the connection ends behind PUBACK', 'after', 1],
    ['a PUBLISH is lost and the connection with it', 'lost PUBLISH', 1],
    ['PUBLISH comes late', 'delay', 1],
    ['PUBLISH comes twice, for which the client ends the connection', 'duplicate', 2],
  ] as const)('is settled when everything has come right again: %s', async (_what, fault, attempts) => {
    await using started = await start(undefined, {}, protocol);
    const { test } = started;
    const { faults } = test.broker;
    const puback = { cmd: 'puback', from: 'client', nth: 1 } as const;
    const publish = { cmd: 'publish', from: 'broker', nth: 1 } as const;
    if (fault === 'cut') faults.cut(puback);
    if (fault === 'cut in PUBLISH') faults.cut(publish);
    if (fault === 'lost') faults.lose(puback);
    if (fault === 'lost' || fault === 'after') faults.disconnect(puback, { when: 'after' });
    if (fault === 'lost PUBLISH') faults.lose(publish);
    if (fault === 'lost PUBLISH') faults.disconnect(publish, { when: 'after' });
    if (fault === 'delay') faults.delay(publish, '20s');
    if (fault === 'duplicate') faults.duplicate(publish);
    const delivery = await test.deliver(one, 'x');
    expect(delivery).toEqual({ outcome: 'acked', acks: [ack], attempts, errors: [], handlers: ['work'] });
    expect(started.count.runs).toBe(attempts);
    expect(faults.unstruck).toEqual([]);
    expect(test.broker.session('worker')).toMatchObject({ connected: true, inflight: 0, queued: 0 });
  });
});

it('shows the way of a message whose PUBACK was cut', async () => {
  await using started = await start();
  const { test } = started;
  const before = test.broker.transcript().length;
  test.broker.faults.cut({ cmd: 'puback', nth: 1 }, { at: 2 });
  await test.deliver(one, 'x');
  expect(test.broker.transcript().slice(before + 1)).toMatchInlineSnapshot(`
    "worker B→C PUBLISH q1 id=1 jobs/1 sub=139526925 "x"
    worker C→B PUBACK id=1 rc=0x00 (cut after 2 of 4 bytes)
    worker B→C closed (cut)
    worker C→B CONNECT v=5 clean=0 keepAlive=60 expiry=300 receiveMaximum=100 maximumPacketSize=16777216
    worker B→C CONNACK rc=0x00 present=1 receiveMaximum=1000
    worker B→C PUBLISH q1 id=1 jobs/1 dup sub=139526925 "x"
    worker C→B PUBACK id=1 rc=0x00"
  `);
});

it('ends where a PUBACK is lost and the connection stands: the next one brings the message again', async () => {
  await using started = await start();
  const { test, count } = started;
  const fault = test.broker.faults.lose({ cmd: 'puback', nth: 1 });
  expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked', acks: [], attempts: 1 });
  expect(fault.struck).toBe(1);
  expect(test.broker.session('worker')).toMatchObject({ inflightTopics: ['jobs/1'] });
  await test.broker.restart({ keepSessions: true });
  await test.settled();
  expect(count.runs).toBe(2);
  expect(test.broker.session('worker')).toMatchObject({ inflight: 0 });
  expect(test.broker.acknowledgements).toHaveLength(1);
});

it.each([
  [1, 'held'],
  [0, 'dropped'],
] as const)('says what becomes of a lost PUBLISH at QoS %i: %s', async (qos, outcome) => {
  await using started = await start();
  const { test } = started;
  test.broker.faults.lose({ cmd: 'publish', from: 'broker' });
  expect(await test.deliver(one, 'x', { qos })).toMatchObject({ outcome, acks: [], attempts: 0 });
});

it('counts both runs of a QoS 0 message that comes twice', async () => {
  await using started = await start();
  const { test } = started;
  test.broker.faults.duplicate({ cmd: 'publish', from: 'broker' });
  expect(await test.deliver(one, 'x', { qos: 0 })).toMatchObject({ outcome: 'acked', attempts: 2 });
});

it('gives a message that was delivered again the outcome of its last run', async () => {
  await using started = await start(() => () => {
    if (started.count.runs <= 4) throw new Error('the first time');
  });
  started.test.broker.faults.cut({ cmd: 'puback', from: 'client', nth: 1 });
  const delivery = await started.test.deliver(one, 'x');
  expect(delivery).toMatchObject({
    outcome: 'acked',
    attempts: 5,
    errors: Array(4).fill(new Error('the first time')),
    acks: [{ packet: 'puback', reasonCode: 0 }],
  });
});

describe('time', () => {
  it('moves through a partition, back-off and redelivery', async () => {
    await using started = await start();
    const { test } = started;
    const partition = test.broker.faults.partition('3m');
    const delivery = await test.deliver(one, 'x');
    expect(delivery).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect(partition.struck).toBeGreaterThan(0);
    // The keep-alive found the connection dead meanwhile, and a new one waited for the end.
    expect(test.app.health().ready).toBe(true);
    expect(test.clock.now()).toBeGreaterThanOrEqual(180_000);
    expect(test.clock.now()).toBeLessThan(240_000);
  });

  it('moves through a restart with sessions', async () => {
    await using started = await start();
    const { test } = started;
    test.broker.faults.lose({ cmd: 'puback', nth: 1 });
    await test.deliver(one, 'x');
    await test.broker.restart({ keepSessions: true });
    expect(await test.deliver(job.to({ n: 2 }), 'y')).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect(started.count.runs).toBe(3);
  });

  it('moves through a restart without sessions: what waited is gone, and the routes are subscribed again', async () => {
    await using started = await start();
    const { test } = started;
    await test.broker.restart();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'dropped', attempts: 0 });
    await test.settled();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
  });

  it('moves through what a handler waits for, and what it leaves behind', async () => {
    const seen: string[] = [];
    await using started = await start((test) => async () => {
      await sleep(test().clock, 10_000);
      seen.push(`woke at ${test().clock.now()}`);
      test().clock.setTimer(5_000, () => seen.push(`flushed at ${test().clock.now()}`));
    });
    expect(await started.test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
    expect(seen).toEqual(['woke at 10000', 'flushed at 15000']);
  });

  it('moves through what a handler waits for that runs since before', async () => {
    await using started = await start(
      (test) => () => (started.count.runs === 1 ? sleep(test().clock, 10_000) : undefined),
    );
    const { test } = started;
    test.broker.publish({ topic: 'jobs/0', payload: '', qos: 1 });
    await test.clock.settle();
    expect(started.count.runs).toBe(1);
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
    expect(test).toHaveAcked('jobs/0');
  });

  it('moves to the end of an attempt to connect that a fault has struck', async () => {
    await using started = await start();
    const { test } = started;
    test.broker.faults.lose({ cmd: 'connack', nth: 1 });
    await test.broker.restart();
    await test.clock.advance('1s');
    expect(test.broker.faults.unstruck).toEqual([]);
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'dropped' });
    expect(test.app.health().ready).toBe(true);
    expect(test.clock.now()).toBeGreaterThan(30_000); // the connect timeout
  });

  it('does not move for keep-alive, nor for what repeats itself since before', async () => {
    await using started = await start();
    const { test } = started;
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      test.clock.setTimer(20_000, tick);
    };
    test.clock.setTimer(20_000, tick);
    const began = test.clock.now();
    await test.deliver(one, 'x');
    expect(test.clock.now()).toBe(began);
    test.broker.faults.delay({ cmd: 'publish', from: 'broker' }, '50s');
    await test.deliver(one, 'y');
    expect([test.clock.now() - began, ticks]).toEqual([50_000, 2]);
  });

  it('drops a message for an application whose session ran out, until it is settled that it is back', async () => {
    await using started = await start();
    const { test } = started;
    test.broker.faults.partition('2h');
    await expect(test.deliver(one, 'x')).rejects.toThrow(
      "Nothing is settled after 3600000 ms of the broker's",
    );
    test.broker.faults.clear();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'dropped' });
    await test.settled();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
  });

  it('has an end: what never settles is an error that says what is waited for', async () => {
    await using started = await start(undefined, { patience: '10m' });
    const { test } = started;
    test.broker.faults.refuse({ cmd: 'connect' }, 0x88);
    test.broker.faults.disconnect({ cmd: 'puback' });
    await expect(test.deliver(one, 'x')).rejects.toThrow(
      /^Nothing is settled after 600000 ms of the broker's clock: the application still tries to connect \(.*Server unavailable.*\)\. Allow more with createTestApp\(app, { patience }\)\.$/,
    );
    test.broker.faults.clear();
    await test.settled();
    expect(test.app.health().ready).toBe(true);
  });
});

describe('where nothing moves any more', () => {
  it('names the handlers that never end, and keeps virtual time where it is', async () => {
    const never = () => () => new Promise(() => undefined);
    await using started = await start(never, { machinePatience: 10 }, 5, 0);
    const { test } = started;
    await expect(test.deliver(one, 'x')).rejects.toThrow(
      "Nothing is settled after 10 ms of the machine's time: handlers have not ended (work). Allow more with createTestApp(app, { machinePatience }).",
    );
    expect(test.clock.now()).toBe(0);
  });

  it('moves on to the deadline of a handler that never ends', async () => {
    const never = () => () => new Promise(() => undefined);
    await using started = await start(never, { machinePatience: 10 });
    const delivery = await started.test.deliver(one, 'x');
    expect(delivery).toMatchObject({ outcome: 'dead-lettered', errors: [{ name: 'HandlerTimeoutError' }] });
    expect(started.test.clock.now()).toBe(30_000);
  });

  it('names the handlers where time moves by itself, too', async () => {
    let now = 0;
    const clock = { now: () => (now += 50), setTimer: () => () => undefined };
    const broker = new FakeBroker({ clock });
    await using started = await start(() => () => new Promise(() => undefined), { broker, patience: '1s' });
    await expect(started.test.deliver(one, 'x')).rejects.toThrow(
      "Nothing is settled after 1000 ms of the broker's clock: handlers have not ended (work). Allow more with createTestApp(app, { patience }).",
    );
  });

  it('does not wait for an acknowledgement that a fault took, also once the script is forgotten', async () => {
    await using started = await start(undefined, { machinePatience: 10 });
    const { test } = started;
    test.broker.faults.lose({ cmd: 'puback', from: 'broker' });
    void test.app.publisher.publish(done.to({ n: 1 }), 'y').catch(() => undefined);
    await test.settled();
    test.broker.faults.clear();
    await test.settled();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
  });
});

it('waits for a handler that uses the machine’s time, too', async () => {
  const { setTimeout: wait } = await import('node:timers/promises');
  await using started = await start((test) => async () => {
    await wait(1);
    await sleep(test().clock, 1_000);
  });
  expect(await started.test.deliver(one, 'x')).toMatchObject({ outcome: 'acked' });
});

it('does not wait for a publish whose acknowledgement a fault took, until there is another connection', async () => {
  await using started = await start((test) => () => test().app.publisher.publish(done.to({ n: 1 }), 'y'));
  const { test } = started;
  test.broker.faults.lose({ cmd: 'puback', from: 'broker', topic: 'done/1', nth: 1 });
  expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'held', acks: [] });
  await test.broker.restart({ keepSessions: true });
  await test.settled();
  expect(test.broker.published.map(({ topic }) => topic)).toEqual(['done/1', 'done/1', 'done/1']);
  expect(test.broker.session('worker')).toMatchObject({ inflight: 0 });
});

describe('behind a publish whose acknowledgement a fault took', () => {
  /** A handler whose first runs publish what is never acknowledged, and whose later ones end when the machine gets to it. */
  const slowAfter = (publishing: number) => {
    let runs = 0;
    return start((test) => async () => {
      runs += 1;
      if (runs <= publishing) await test().app.publisher.publish(done.to({ n: 1 }), 'y');
      else await turns(200);
    });
  };

  it('waits for a handler that has nothing to do with it', async () => {
    await using started = await slowAfter(0);
    const { test } = started;
    test.broker.faults.lose({ cmd: 'puback', from: 'broker', nth: 1 });
    void test.app.publisher.publish(done.to({ n: 1 }), 'y').catch(() => undefined);
    await test.settled();
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'acked', attempts: 1 });
  });

  it('waits for a handler beside one that waits for it', async () => {
    await using started = await slowAfter(1);
    const { test } = started;
    test.broker.faults.lose({ cmd: 'puback', from: 'broker', nth: 1 });
    expect(await test.deliver(one, 'x')).toMatchObject({ outcome: 'held' });
    expect(await test.deliver(job.to({ n: 2 }), 'x')).toMatchObject({ outcome: 'acked', attempts: 1 });
  });

  it.each([
    ['the PUBLISH', { cmd: 'publish', from: 'client' }, 1],
    ['the PUBREC', { cmd: 'pubrec', from: 'broker' }, 2],
    ['the PUBREL', { cmd: 'pubrel', from: 'client' }, 2],
    ['the PUBCOMP', { cmd: 'pubcomp', from: 'broker' }, 2],
  ] as const)('does not wait for the publish itself, whatever was lost: %s', async (_what, match, qos) => {
    await using started = await slowAfter(0);
    const { test } = started;
    test.broker.faults.lose(match);
    void test.app.publisher.publish(done.to({ n: 1 }), 'y', { qos }).catch(() => undefined);
    await test.settled();
    expect(test.broker.faults.unstruck).toEqual([]);
    expect(test.broker.unanswered('worker').size).toBe(1);
    await test.broker.restart();
    test.broker.faults.clear();
    await test.settled();
    expect(test.broker.unanswered('worker').size).toBe(0);
  });
});

it('tells the code and the reason of a rejection that came after a lost connection', async () => {
  const strict = defineTopic('strict', { qos: 2 });
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'worker' } });
  app.on(strict, (message) => message.reject(0x97, 'no more'), { ack: 'manual' });
  await using test = await createTestApp(app, { broker: new FakeBroker() });
  test.broker.faults.disconnect({ cmd: 'pubrec', nth: 1 });
  expect(await test.deliver(strict.to(undefined), 'x')).toMatchObject({
    outcome: 'rejected',
    acks: [{ packet: 'pubrec', reasonCode: 0x97, reasonString: 'no more' }],
  });
});

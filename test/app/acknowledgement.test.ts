import {
  AlreadySettledError,
  createApp,
  createLineLogger,
  deadLetter,
  defineTopic,
  type HandlerOptions,
  otherwise,
  type TopicMessage,
} from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { VirtualClock } from '../../src/time/index.js';

type Text = TopicMessage<{ readonly id: string }, string>;

const topic = defineTopic('t/+id', { codec: 'text' });
const other = defineTopic('other/+id', { payload: z.object({ ok: z.boolean() }) });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** No retry: one failure, one dead letter. */
const once = { errors: [otherwise(deadLetter())] };

/** An application of one function, or several on overlapping filters. */
function handling(
  ...handlers: [handler: (message: Text) => unknown, options?: HandlerOptions][]
): Promise<TestApp> {
  const app = createApp({ connection });
  for (const [at, [handler, options]] of handlers.entries()) {
    const run = async (message: Text) => void (await handler(message));
    app.on(topic, run, { name: `handler ${at}`, ...options });
  }
  return createTestApp(app);
}

function deferred(): { promise: Promise<void>; resolve(): void; reject(error: Error): void } {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

const acks = (t: TestApp) =>
  t.broker
    .transcript()
    .split('\n')
    .filter((line) => line.includes('PUBACK id=') && line.includes('app C→B'));
const success = { packet: 'puback', reasonCode: 0 };

/** The lines of a transcript, with no more than who, what and the topic. */
const packets = (transcript: string) =>
  transcript
    .trim()
    .split('\n')
    .filter((line) => /PUBLISH|PUBACK/.test(line))
    .map((line) => line.replace(/ q1 id=\d+/, '').replace(/(PUBLISH \S+|PUBACK) .*/, '$1'));

describe('acknowledgement', () => {
  it('comes after the handler resolved, not before', async () => {
    const { promise, resolve } = deferred();
    await using t = await handling([() => promise]);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    expect(acks(t)).toEqual([]);
    resolve();
    expect(await delivery).toMatchObject({ outcome: 'acked', acks: [success] });
  });

  it('does not come while the handler fails: not before its dead letter has arrived, and that is reported once', async () => {
    const app = createApp({ connection });
    app.on(defineTopic('now'), () => {
      throw new Error('at once');
    });
    app.on(defineTopic('later'), async () => {
      await Promise.resolve();
      throw new Error('later');
    });
    await using t = await createTestApp(app);
    for (const [name, message] of [
      ['now', 'at once'],
      ['later', 'later'],
    ] as const) {
      const before = t.broker.transcript().length;
      const delivery = await t.deliver(defineTopic(name).to(), 'x');
      expect(delivery).toMatchObject({
        outcome: 'dead-lettered',
        acks: [success],
        attempts: 4,
        errors: Array(4).fill({ message }),
      });
      expect(packets(t.broker.transcript().slice(before))).toEqual([
        `app B→C PUBLISH ${name}`,
        `app C→B PUBLISH dead-letter/${name}`,
        'app B→C PUBACK',
        'app C→B PUBACK',
      ]);
    }
    expect(
      t.logs.filter(({ level }) => level === 'error').map(({ message, facts }) => [message, facts]),
    ).toEqual(
      ['now', 'later'].map((name) => [
        'A handler failed. Its message is dead-lettered.',
        { route: `a function on ${name}`, topic: name, qos: 1, attempt: 4, error: expect.any(Error) },
      ]),
    );
  });

  it('waits for all handlers of the message', async () => {
    const { promise, resolve } = deferred();
    await using t = await handling([() => undefined], [() => promise]);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    expect(acks(t)).toEqual([]);
    resolve();
    expect(await delivery).toMatchObject({
      outcome: 'acked',
      acks: [success],
      handlers: ['handler 0', 'handler 1'],
    });
  });

  it('says what the worst of the handlers came to', async () => {
    const reject = (message: Text) => message.reject(0x83, 'because');
    const neither = () => undefined;
    await using rejecting = await handling([() => undefined], [reject]);
    expect(await rejecting.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({
      outcome: 'rejected',
      acks: [{ packet: 'puback', reasonCode: 0x83, reasonString: 'because' }],
    });
    await using open = await handling([reject], [neither, { ack: 'manual' }], [() => undefined]);
    expect(await open.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({ outcome: 'held', acks: [] });
  });

  it('is not needed at QoS 0, where a failure is dead-lettered all the same', async () => {
    await using t = await handling([() => Promise.reject(new Error('failed')), once]);
    const delivery = await t.deliver(topic.to({ id: 1 }), 'x', { qos: 0 });
    expect(delivery).toMatchObject({ outcome: 'dead-lettered', acks: [], errors: [{ message: 'failed' }] });
    expect(t.published('dead-letter/#')).toMatchObject([{ topic: 'dead-letter/t/1', qos: 1 }]);
    expect(t.logs.at(-1)?.message).toBe('A handler failed. Its message is dead-lettered.');
  });

  it('counts what came of messages by route', async () => {
    await using t = await handling([
      ({ payload }) => payload === 'bad' && Promise.reject(new Error('failed')),
    ]);
    await t.deliver(topic.to({ id: 1 }), 'good');
    await t.deliver(topic.to({ id: 1 }), 'bad');
    await t.deliver(topic.to({ id: 1 }), new Uint8Array([0xff]));
    expect(t.app.health().routes).toEqual({
      'handler 0': {
        inFlight: 0,
        handled: 1,
        failed: 1,
        invalid: 1,
        retried: 3,
        deadLettered: 1,
        dropped: 0,
        conflated: 0,
        duplicates: 0,
      },
    });
  });
});

describe('a handler that settles by itself', () => {
  it('may acknowledge early, and failing afterwards does not change what was acknowledged', async () => {
    const { promise, reject } = deferred();
    await using t = await handling([
      async (message) => {
        await message.ack();
        await promise;
      },
      once,
    ]);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    expect(acks(t)).toHaveLength(1);
    reject(new Error('too late'));
    expect(await delivery).toMatchObject({
      outcome: 'dead-lettered',
      acks: [success],
      errors: [{ message: 'too late' }],
    });
    expect(acks(t)).toHaveLength(1);
    expect(t.logs.at(-1)?.message).toBe('A handler failed. Its message is dead-lettered.');
  });

  it("has to with ack: 'manual': before it returns, or later", async () => {
    const messages: Text[] = [];
    await using t = await handling([(message) => void messages.push(message), { ack: 'manual' }]);
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({
      outcome: 'held',
      acks: [],
      errors: [],
    });
    expect(t.logs.at(-1)).toMatchObject({
      level: 'warn',
      message: expect.stringContaining("ack: 'manual' returned without ack() or reject()"),
      facts: { route: 'handler 0', topic: 't/1', ageMs: 0 },
    });
    expect(messages[0]?.status).toBe('open');
    await messages[0]?.ack();
    await t.settled();
    expect(messages[0]?.status).toBe('acked');
    expect(acks(t)).toHaveLength(1);
  });

  it('is heard at once in both words', async () => {
    await using t = await handling([
      (message) => (message.payload === 'good' ? message.ack() : message.reject()),
      { ack: 'manual' },
    ]);
    expect(await t.deliver(topic.to({ id: 1 }), 'good')).toMatchObject({ outcome: 'acked', acks: [success] });
    expect(await t.deliver(topic.to({ id: 1 }), 'bad')).toMatchObject({
      outcome: 'rejected',
      acks: [{ reasonCode: 0x80 }],
    });
  });

  it.each([
    ['a code that means success', 0x10 as 0x80, 'no', /reject\(16\): a refusal has a reason code of 0x80/],
    ['a reason that MQTT has no string for', 0x80, '\0', /U\+0000/],
    ['a reason that is too long', 0x80, 'x'.repeat(65_536), /at most 65,535/],
  ] as const)('is refused %s, at once, and has not settled', async (_what, code, reason, sentence) => {
    const errors: unknown[] = [];
    await using t = await handling([
      async (message) => {
        await message.reject(code, reason).catch((error) => errors.push(error));
        expect(message.status).toBe('open');
        await message.reject(0x87, 'legal');
      },
    ]);
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({
      outcome: 'rejected',
      acks: [{ reasonCode: 0x87, reasonString: 'legal' }],
    });
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(sentence) })]);
  });

  it('counts as handled when it settles after it returned', async () => {
    const messages: Text[] = [];
    await using t = await handling([(message) => void messages.push(message), { ack: 'manual' }]);
    await t.deliver(topic.to({ id: 1 }), 'x');
    expect(t.app.health().routes['handler 0']).toMatchObject({ handled: 0, failed: 0 });
    await messages[0]?.ack();
    expect(t.app.health().routes['handler 0']).toMatchObject({ handled: 1, failed: 0 });
  });

  it('may repeat itself, but not contradict itself', async () => {
    const outcomes: unknown[] = [];
    const settle = (call: Promise<void>) =>
      call.then(
        () => outcomes.push('fine'),
        (error) => outcomes.push(error),
      );
    await using t = await handling([
      async (message) => {
        await settle(message.ack());
        await settle(message.ack());
        await settle(message.reject());
      },
    ]);
    await t.deliver(topic.to({ id: 1 }), 'x');
    expect(outcomes).toEqual(['fine', 'fine', expect.any(AlreadySettledError)]);
    expect(String(outcomes[2])).toBe(
      'AlreadySettledError: The message on "t/1" was already acknowledged by handler 0; it can\'t be rejected any more.',
    );
    expect(acks(t)).toHaveLength(1);
  });
});

describe('whatever a handler throws or returns', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const unprintable = {
    toJSON() {
      throw new Error('no JSON');
    },
  };

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a BigInt', 1n],
    ['a symbol', Symbol('s')],
    ['what holds itself', circular],
    ['what throws when it is printed', unprintable],
  ])('%s is an error like any other, and can be written on a line', async (_what, thrown) => {
    const lines: string[] = [];
    const logger = createLineLogger({ write: (line) => lines.push(line), clock: new VirtualClock() });
    const app = createApp({ connection, logger });
    app.on(
      topic,
      ({ payload }) => {
        if (payload === 'at once') throw thrown;
        return Promise.reject(thrown);
      },
      once,
    );
    await using t = await createTestApp(app);
    for (const payload of ['at once', 'later']) {
      const dead = { outcome: 'dead-lettered', acks: [success] };
      expect(await t.deliver(topic.to({ id: 1 }), payload)).toMatchObject(dead);
    }
    const again = await t.deliver(topic.to({ id: 1 }), 'at once');
    expect(again.errors).toHaveLength(1);
    expect(again.errors[0]).toBe(thrown);
    expect(lines.filter((line) => line.includes('A handler failed.'))).toHaveLength(3);
  });

  it('a thenable that throws or calls back twice counts once', async () => {
    const app = createApp({ connection });
    const broken = {
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      get then(): never {
        throw new Error('broken');
      },
    };
    const twice = {
      // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
      then(resolve: (value: unknown) => void, reject: (error: Error) => void) {
        resolve(other.message({ id: 1 }, { ok: true }));
        resolve(other.message({ id: 2 }, { ok: true }));
        reject(new Error('ignored'));
        throw new Error('ignored');
      },
    };
    app.on(defineTopic('broken'), () => broken as never, once);
    app.on(defineTopic('twice'), () => twice as never);
    await using t = await createTestApp(app);
    const dead = { outcome: 'dead-lettered', errors: [{ message: 'broken' }] };
    expect(await t.deliver(defineTopic('broken').to(), 'x')).toMatchObject(dead);
    expect(await t.deliver(defineTopic('twice').to(), 'x')).toMatchObject({ outcome: 'acked', errors: [] });
    expect(t.published(other).map(({ params }) => params.id)).toEqual(['1']);
  });

  it('a logger that throws costs neither message nor report', async () => {
    const refuse = () => {
      throw new Error('disk full');
    };
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const logger = { debug: refuse, info: refuse, warn: refuse, error: refuse, child: refuse };
    const app = createApp({ connection, logger });
    app.on(
      topic,
      (message) => {
        message.log.warn({}, 'from the handler');
        throw new Error('failed');
      },
      once,
    );
    await using t = await createTestApp(app);
    const delivery = await t.deliver(topic.to({ id: 1 }), 'x');
    const written = stderr.mock.calls.map(([line]) => String(line));
    stderr.mockRestore();
    expect(delivery).toMatchObject({ outcome: 'dead-lettered', errors: [{ message: 'failed' }] });
    expect(written.filter((line) => line.includes('The logger of the application throws.'))).toHaveLength(1);
    expect(written).toContainEqual(expect.stringContaining('from the handler'));
    expect(written).toContainEqual(expect.stringContaining('error="Error: failed"'));
  });
});

describe('what a handler publishes through its message', () => {
  it('is acknowledged before the message is, also where the handler does not wait', async () => {
    const { promise, resolve } = deferred();
    // A publish that takes as long as the test wants: its schema is asynchronous.
    const slow = defineTopic('slow', { payload: z.string().refine(() => promise.then(() => true)) });
    await using t = await handling([(message) => void message.publish(slow.to(), 'x')]);
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.settle();
    expect(acks(t)).toEqual([]);
    resolve();
    expect(await delivery).toMatchObject({ outcome: 'acked', acks: [success] });
    const order = t.broker
      .transcript()
      .split('\n')
      .filter((line) => /slow|PUBACK/.test(line))
      .map((line) => line.replace(/ id=.*$| slow.*$/, ''));
    expect(order).toEqual(['app C→B PUBLISH q1', 'app B→C PUBACK', 'app C→B PUBACK']);
  });

  it('fails the message if it fails, whoever made the mistake', async () => {
    const bad = { ok: 'no boolean' as unknown as boolean };
    await using t = await handling([(message) => void message.publish(other.to({ id: 1 }), bad), once]);
    const delivery = await t.deliver(topic.to({ id: 1 }), 'x');
    // Not rejected with 0x99: it was not the message that came that is invalid.
    expect(delivery).toMatchObject({ outcome: 'dead-lettered', errors: [{ name: 'InvalidMessage' }] });
  });

  it('fails the message if it fails after the handler returned, also one that the handler returned itself', async () => {
    const { promise, resolve } = deferred();
    const slow = defineTopic('slow', { payload: z.string().refine(() => promise.then(() => false)) });
    const app = createApp({ connection });
    app.on(defineTopic('sent'), (message) => void message.publish(slow.to(), 'x'), once);
    app.on(defineTopic('returned'), () => slow.message(undefined, 'x'), { ...once, sends: [slow] });
    app.on(
      defineTopic('manual'),
      async (message) => {
        message.publish(slow.to(), 'x').catch(() => {}); // the test looks at the message
        await message.ack();
      },
      { ...once, ack: 'manual' },
    );
    await using t = await createTestApp(app);
    const names = ['sent', 'returned', 'manual'] as const;
    const deliveries = names.map((name) => t.deliver(defineTopic(name).to(undefined), 'x'));
    await t.clock.settle();
    resolve();
    expect(acks(t)).toEqual([]);
    for (const delivery of await Promise.all(deliveries)) {
      expect(delivery).toMatchObject({ outcome: 'dead-lettered', errors: [{ name: 'InvalidMessage' }] });
    }
    expect(t.logs.filter(({ level }) => level === 'error')).toHaveLength(3);
  });

  it('has the time of its handler, also where that is not asynchronous: then the message has failed', async () => {
    const { promise } = deferred();
    const slow = defineTopic('slow', { payload: z.string().refine(() => promise.then(() => true)) });
    const app = createApp({ connection });
    app.on(topic, (message) => void message.publish(slow.to(), 'x'), { ...once, timeout: '5s' });
    await using t = await createTestApp(app, { machinePatience: 20 });
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({
      outcome: 'dead-lettered',
      acks: [success],
      errors: [{ name: 'HandlerTimeoutError' }],
    });
    expect(t.clock.now()).toBe(5_000);
  });

  it('lets its handler refuse the message when it fails, but not acknowledge it', async () => {
    const bad = { ok: 'no boolean' as unknown as boolean };
    const refusal: unknown[] = [];
    await using t = await handling([
      async (message) => {
        await message.publish(other.to({ id: 1 }), bad).catch(() => undefined);
        if (message.payload === 'acknowledge') await message.ack().catch((error) => refusal.push(error));
        else await message.reject(0x83);
      },
      { ...once, ack: 'manual' },
    ]);
    expect(await t.deliver(topic.to({ id: 1 }), 'refuse')).toMatchObject({
      outcome: 'rejected',
      acks: [{ reasonCode: 0x83 }],
    });
    const unacknowledged = { outcome: 'dead-lettered', errors: [{ name: 'InvalidMessage' }] };
    expect(await t.deliver(topic.to({ id: 1 }), 'acknowledge')).toMatchObject(unacknowledged);
    expect(refusal).toMatchObject([{ name: 'InvalidMessage' }]);
  });

  it('is reported when it fails with nobody waiting, the message being settled', async () => {
    const messages: Text[] = [];
    await using t = await handling([(message) => void messages.push(message)]);
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({ outcome: 'acked' });
    void messages[0]?.publish(other.to({ id: 1 }), { ok: 'no boolean' as unknown as boolean });
    await t.clock.settle();
    expect(t.logs.at(-1)).toMatchObject({
      level: 'error',
      message: 'What a handler published did not arrive, after its message was decided on.',
      facts: { route: 'handler 0', error: { name: 'InvalidMessage' } },
    });
  });

  it('may be returned, one or several', async () => {
    const app = createApp({ connection });
    app.on(
      topic,
      ({ params }) => [other.message(params, { ok: true }), other.message(params, { ok: false })],
      { sends: [other] },
    );
    await using t = await createTestApp(app);
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({ outcome: 'acked' });
    expect(t.published(other).map(({ payload }) => payload.ok)).toEqual([true, false]);
  });
});

describe('order', () => {
  it('is kept within a topic, and topics do not wait for each other', async () => {
    const first = deferred();
    const ran: string[] = [];
    await using t = await handling([
      async ({ payload }) => {
        ran.push(`${payload} begins`);
        if (payload === 'a1') await first.promise;
        ran.push(`${payload} ends`);
      },
    ]);
    const deliveries = [
      t.deliver(topic.to({ id: 'a' }), 'a1'),
      t.deliver(topic.to({ id: 'a' }), 'a2'),
      t.deliver(topic.to({ id: 'b' }), 'b1'),
    ];
    await t.clock.settle();
    expect(ran).toEqual(['a1 begins', 'b1 begins', 'b1 ends']);
    first.resolve();
    await Promise.all(deliveries);
    expect(ran.slice(3)).toEqual(['a1 ends', 'a2 begins', 'a2 ends']);
  });

  it('runs at most 16 topics of a route at once, and every one in the end', async () => {
    const gate = deferred();
    let running = 0;
    let most = 0;
    await using t = await handling([
      async () => {
        most = Math.max(most, ++running);
        await gate.promise;
        running--;
      },
    ]);
    const deliveries = Array.from({ length: 40 }, (_, id) => t.deliver(topic.to({ id }), 'x'));
    await t.clock.settle();
    expect(running).toBe(16);
    gate.resolve();
    const outcomes = (await Promise.all(deliveries)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(Array(40).fill('acked'));
    expect(most).toBe(16);
  });

  it('goes on behind a message that is held', async () => {
    const ran: string[] = [];
    await using t = await handling([
      async (message) => {
        ran.push(message.payload);
        if (message.payload === 'good') await message.ack();
      },
      { ack: 'manual' },
    ]);
    expect(await t.deliver(topic.to({ id: 'a' }), 'open')).toMatchObject({ outcome: 'held' });
    const behind = await t.deliver(topic.to({ id: 'a' }), 'good');
    expect(ran).toEqual(['open', 'good']);
    // Handled, but its acknowledgement must not overtake the one before it [MQTT-4.6.0-2].
    expect(behind).toMatchObject({ outcome: 'acked', acks: [] });
  });

  it('keeps the newest of too many QoS 0 messages, and counts the others', async () => {
    const gate = deferred();
    const ran: string[] = [];
    await using t = await handling([
      async ({ payload }) => {
        ran.push(payload);
        await gate.promise;
      },
    ]);
    const deliveries = Array.from({ length: 1_011 }, (_, n) =>
      t.deliver(topic.to({ id: 'a' }), `${n}`, { qos: 0 }),
    );
    await t.clock.settle();
    gate.resolve();
    await Promise.all(deliveries);
    expect(ran).toHaveLength(1_001);
    expect(ran.slice(0, 2)).toEqual(['0', '11']);
    expect(ran.at(-1)).toBe('1010');
    expect(t.app.health().routes['handler 0']).toMatchObject({ handled: 1_001, dropped: 10, inFlight: 0 });
    expect(t.logs.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe('the message that a handler gets', () => {
  it('has everything that the publisher said', async () => {
    const seen: unknown[] = [];
    await using t = await handling([
      (message) => {
        const { params, payload, topic, qos, retain, duplicate, properties, raw, signal } = message;
        seen.push({
          params,
          payload,
          topic,
          qos,
          retain,
          duplicate,
          raw,
          aborted: signal.aborted,
          text: message.text(),
        });
        seen.push(
          [...properties.userProperties],
          properties.userProperties.get('a'),
          properties.userProperties.getAll('a'),
        );
        seen.push(
          properties.contentType,
          properties.messageExpiryInterval,
          properties.subscriptionIdentifiers.length,
        );
        message.log.info({ extra: 1 }, 'seen');
      },
    ]);
    const pairs = [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ] as const;
    await t.deliver(topic.to({ id: 7 }), '"x"', {
      userProperties: pairs,
      contentType: 'text/x',
      messageExpiryInterval: 60,
    });
    expect(seen).toEqual([
      {
        params: { id: '7' },
        payload: '"x"',
        topic: 't/7',
        qos: 1,
        retain: false,
        duplicate: false,
        raw: new TextEncoder().encode('"x"'),
        aborted: false,
        text: '"x"',
      },
      pairs.map((pair) => [...pair]),
      '1',
      ['1', '3'],
      'text/x',
      60,
      1,
    ]);
    expect(t.logs.at(-1)).toEqual({
      level: 'info',
      message: 'seen',
      facts: { route: 'handler 0', topic: 't/7', extra: 1 },
    });
  });

  it('parses its bytes on demand, whatever the codec', async () => {
    let parsed: unknown;
    await using t = await handling([
      (message) => {
        parsed = message.json<{ n: number }>().n;
      },
    ]);
    await t.deliver(topic.to({ id: 7 }), '{"n":5}');
    expect(parsed).toBe(5);
  });

  it('was checked by an asynchronous schema too', async () => {
    const checked = defineTopic('checked', { payload: z.string().refine(async (text) => text === 'good') });
    const app = createApp({ connection });
    app.on(checked, () => {});
    await using t = await createTestApp(app);
    const bytes = (text: string) => new TextEncoder().encode(JSON.stringify(text));
    expect(await t.deliver(checked.to(), bytes('good'))).toMatchObject({ outcome: 'acked' });
    expect(await t.deliver(checked.to(), bytes('bad'))).toMatchObject({
      outcome: 'rejected',
      acks: [{ reasonCode: 0x99 }],
    });
  });

  it('was checked in its parameters too', async () => {
    const numbered = defineTopic('numbered/+n', { params: { n: z.coerce.number() } });
    const seen: number[] = [];
    const app = createApp({ connection });
    app.on(numbered, ({ params }) => void seen.push(params.n));
    await using t = await createTestApp(app);
    await t.deliver(numbered.to({ n: 4 }), 'x');
    const anything = defineTopic('numbered/+n');
    expect(await t.deliver(anything.to({ n: 'four' }), 'x')).toMatchObject({
      outcome: 'rejected',
      errors: [{ part: 'params' }],
    });
    expect(seen).toEqual([4]);
  });
});

it('acknowledges messages of a session that no route matches any more, and says so once a topic', async () => {
  await using broker = new FakeBroker();
  const old = createApp({ connection });
  old.on(topic, () => {});
  await (await createTestApp(old, { broker }))[Symbol.asyncDispose]();
  for (const payload of ['1', '2']) broker.publish({ topic: 't/1', payload, qos: 1 });
  const current = createApp({ connection });
  current.on(other, () => {});
  await using t = await createTestApp(current, { broker });
  await t.settled();
  expect(broker.session('app')).toMatchObject({ queued: 0, inflight: 0 });
  expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([
    {
      level: 'warn',
      message: expect.stringContaining('no route matches was acknowledged and dropped'),
      facts: { topic: 't/1' },
    },
  ]);
});

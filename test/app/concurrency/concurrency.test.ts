import {
  type Concurrency,
  Controller,
  createApp,
  defineTopic,
  drop,
  type Message,
  otherwise,
  Topic,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { seededRandom, sleep, VirtualClock } from '../../../src/time/index.js';
import { connection, Diary, gated, reading, send } from '../../support/app/gated-app.js';

const order = defineTopic('orders/+customer/+item', { codec: 'text' });
const note = defineTopic('notes', { codec: 'text' });

describe('rule 13: the order of messages', () => {
  it.each([1, 2, 3])(
    'rule 13: each topic is handled in order, side by side with others, 16 at once, however long handlers take: seed %i',
    async (seed) => {
      const random = seededRandom(seed);
      await using broker = new FakeBroker({ seed });
      const diary = new Diary();
      const overlaps: string[] = [];
      const app = createApp({ connection });
      app.on(reading, async ({ params, payload, qos }) => {
        const entry = `${params.id} q${qos} ${payload}`;
        for (const other of diary.running) if (other.startsWith(`${params.id} `)) overlaps.push(entry);
        // Some are done at once, some are asynchronous without waiting, most take a while.
        const chance = random();
        const work = chance < 0.1 ? Promise.resolve() : sleep(broker.clock, Math.ceil(chance * 50));
        await diary.run(entry, work);
      });
      await using t = await createTestApp(app, { broker });
      const sent: string[] = [];
      const deliveries = Array.from({ length: 250 }, (_, n) => {
        // A few topics get most of it.
        const id = Math.floor(40 * random() * random());
        const qos = random() < 0.3 ? 0 : 1;
        sent.push(`${id} q${qos} ${n}`);
        return t.deliver(reading.to({ id }), `${n}`, { qos });
      });
      for (const delivery of await Promise.all(deliveries))
        expect(delivery).toMatchObject({ outcome: 'acked', attempts: 1 });
      // Between QoS 0 and 1 MQTT itself promises no order: one of them waits for the receive maximum, the other does not.
      const streams = new Set(sent.map((entry) => entry.slice(0, entry.lastIndexOf(' '))));
      for (const stream of streams) {
        const isOf = (entry: string) => entry.startsWith(`${stream} `);
        expect(diary.begun.filter(isOf)).toEqual(sent.filter(isOf));
      }
      expect(overlaps).toEqual([]);
      expect(diary.most).toBe(16);
    },
  );

  it("rule 13: order: 'strict' handles one message after the other, in the order in which they came", async () => {
    const { t, diary, open } = await gated({ concurrency: { order: 'strict' } });
    await using _ = t;
    const sent = send(t, 'a0 b0 a1 c0', 1);
    await t.clock.settle();
    expect(diary.begun).toEqual(['a0']);
    open();
    await sent;
    expect(diary.begun).toEqual(['a0', 'b0', 'a1', 'c0']);
    expect(diary.most).toBe(1);
  });

  it("rule 13: order: 'none' handles messages of one topic side by side, `max` at once", async () => {
    const { t, diary, open } = await gated({ concurrency: { order: 'none', max: 3 } });
    await using _ = t;
    const sent = send(t, 'a0 a1 a2 a3', 1);
    await t.clock.settle();
    expect(diary.begun).toEqual(['a0', 'a1', 'a2']);
    open();
    await sent;
    expect(diary.begun).toEqual(['a0', 'a1', 'a2', 'a3']);
  });

  it('rule 13: a function names what stays in order: asked once for each message, with parameters and bytes as they came', async () => {
    const asked: unknown[] = [];
    const diary = new Diary();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const app = createApp({ connection });
    app.on(order, ({ params, payload }) => diary.run(`${params.customer} ${payload}`, gate), {
      concurrency: {
        order: ({ params, payload }) => {
          asked.push([params.customer, payload]);
          return params.customer;
        },
      },
    });
    await using t = await createTestApp(app);
    const sent = [
      t.deliver(order.to({ customer: 'ada', item: 1 }), 'first'),
      t.deliver(order.to({ customer: 'ada', item: 2 }), 'second'),
      t.deliver(order.to({ customer: 'bob', item: 1 }), 'first'),
    ];
    await t.clock.settle();
    expect(diary.begun).toEqual(['ada first', 'bob first']);
    open();
    await Promise.all(sent);
    expect(diary.begun).toEqual(['ada first', 'bob first', 'ada second']);
    expect(asked).toEqual([
      ['ada', new TextEncoder().encode('first')],
      ['ada', new TextEncoder().encode('second')],
      ['bob', new TextEncoder().encode('first')],
    ]);
  });

  it.each([
    ['throws', () => JSON.parse('no JSON'), /JSON/],
    [
      'returns no string',
      (() => 7) as unknown as () => string,
      /^handler: concurrency\.order returned 7 for the message on 'notes'\. Return a string\.$/,
    ],
  ])(
    'rule 13: a message for which the function %s has failed, and no other',
    async (_what, key, sentence) => {
      const handled: string[] = [];
      const app = createApp({ connection });
      app.on(note, ({ payload }) => void handled.push(payload), {
        name: 'handler',
        errors: [otherwise(drop())],
        concurrency: { order: (message) => (message.text() === 'bad' ? key() : 'one') },
      });
      await using t = await createTestApp(app);
      const [bad, good] = await Promise.all([
        t.deliver(note.to(), 'bad', { qos: 0 }),
        t.deliver(note.to(), 'good', { qos: 0 }),
      ]);
      expect(bad).toMatchObject({
        outcome: 'dropped',
        errors: [{ message: expect.stringMatching(sentence) }],
      });
      expect(good).toMatchObject({ outcome: 'acked', errors: [] });
      expect(handled).toEqual(['good']);
      expect(t.app.health().routes['handler']).toMatchObject({ handled: 1, failed: 1, inFlight: 0 });
    },
  );

  it('rule 13: handlers that are not asynchronous keep the order of all topics', async () => {
    const seen: string[] = [];
    const app = createApp({ connection });
    app.on(reading, ({ params, payload }) => void seen.push(params.id + payload));
    await using t = await createTestApp(app);
    await send(t, 'a0 b0 a1 c0 b1', 1);
    expect(seen).toEqual(['a0', 'b0', 'a1', 'c0', 'b1']);
  });
});

describe('rule 13: what a route says of its concurrency', () => {
  const most = async (...options: [app?: Concurrency, controller?: Concurrency, handler?: Concurrency]) => {
    const [ofApp, ofController, ofHandler] = options.map((concurrency) => concurrency && { concurrency });
    const clock = new VirtualClock();
    const diary = new Diary();
    @Controller({ ...ofController })
    class Sensors {
      @Topic(reading, { ...ofHandler }) onReading({ params, payload }: Message<typeof reading>) {
        return diary.run(params.id + payload, sleep(clock, 10));
      }
    }
    await using broker = new FakeBroker({ clock });
    await using t = await createTestApp(createApp({ connection, ...ofApp, controllers: [Sensors] }), {
      broker,
    });
    const deliveries = Array.from({ length: 40 }, (_, n) => t.deliver(reading.to({ id: n >> 1 }), `${n}`));
    await Promise.all(deliveries);
    return diary.most;
  };

  it('rule 13: is, without a word of anybody, at most 16 at once', async () => {
    expect(await most()).toBe(16);
  });

  it('rule 13: comes from the application, then the controller, then the handler, member by member', async () => {
    expect(await most({ max: 5 })).toBe(5);
    expect(await most({ max: 5 }, { max: 3 })).toBe(3);
    expect(await most({ max: 5 }, { max: 3 }, { max: 7 })).toBe(7);
    // Twenty topics in order, forty messages in any.
    expect(await most({ max: 30 }, {}, {})).toBe(20);
    expect(await most({ max: 30 }, {}, { order: 'none' })).toBe(30);
    expect(await most({ max: 30 }, { order: 'strict' }, { queue: 5 })).toBe(1);
  });

  it('rule 13: leaves what is undefined to those around it', async () => {
    const silent = { max: undefined, order: undefined } as unknown as Concurrency;
    expect(await most({ max: 5 }, silent, silent)).toBe(5);
  });
});

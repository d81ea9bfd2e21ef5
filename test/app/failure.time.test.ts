// Rules 8, 9, 11 and 12 where they need faults and time: on the fake broker alone.
import { createApp, defineTopic, type HandlerOptions, otherwise, pause, type TopicMessage } from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

type Text = TopicMessage<{ readonly id: string }, string>;

const topic = defineTopic('t/+id', { codec: 'text' });
const failing = () => {
  throw new Error('no');
};

async function started(handler: (message: Text) => unknown, options: HandlerOptions = {}): Promise<TestApp> {
  // What a fault refuses never reaches the broker, which would miss a sign of life.
  const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app', keepAlive: 0 };
  const app = createApp({ connection });
  app.on(topic, async (message) => void (await handler(message)), { name: 'work', qos: 2, ...options });
  return createTestApp(app);
}

/** What the application sent for its messages. */
const sent = ({ broker }: TestApp) =>
  [...broker.transcript().matchAll(/^app C→B (PUBLISH|PUBACK|PUBREC)/gm)].map(([, packet]) => packet);

describe('rule 8: a message that is not acknowledged', () => {
  it('rule 8: shows its age in health(), also where others wait behind it', async () => {
    const messages: Text[] = [];
    await using t = await started((message) => void messages.push(message), { ack: 'manual', timeout: 0 });
    await t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.advance('7s');
    await t.deliver(topic.to({ id: 2 }), 'y');
    await messages[1]?.ack();
    await t.clock.advance('3s');
    expect(t.app.health().oldestUnackedMs).toBe(10_000);
    expect(sent(t)).toEqual([]);
    await messages[0]?.ack();
    await t.settled();
    expect(t.app.health().oldestUnackedMs).toBe(0);
    expect(sent(t)).toEqual(['PUBACK', 'PUBACK']);
  });
});

describe('rule 9: what MQTT has instead of a negative acknowledgement', () => {
  it.each([
    [1, 'PUBACK'],
    [2, 'PUBREC'],
  ] as const)(
    'rule 9: what the broker sends again on the same connection while it is handled runs once: QoS %i',
    async (qos, packet) => {
      let open = () => {};
      let runs = 0;
      await using t = await started(() => {
        runs++;
        return new Promise<void>((resolve) => {
          open = resolve;
        });
      });
      t.broker.faults.duplicate({ cmd: 'publish', from: 'broker', nth: 1 });
      t.broker.publish({ topic: 't/1', payload: 'x', qos, duplicate: true });
      await t.clock.settle();
      expect(t.broker.faults.unstruck).toEqual([]);
      expect([runs, sent(t)]).toEqual([1, []]);
      open();
      await t.settled();
      expect([runs, sent(t)]).toEqual([1, [packet]]);
    },
  );

  it('rule 9: a pause keeps the message and takes none of its route until it is over, but those of others', async () => {
    const begun: string[] = [];
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'app' } });
    const note = (text: string) => begun.push(`${text} at ${t.clock.now()}`);
    app.on(
      topic,
      ({ params, attempt }) => {
        note(params.id);
        if (params.id === 'a' && attempt === 1) failing();
      },
      { errors: [otherwise(pause({ for: '5s' }))] },
    );
    app.on(defineTopic('other'), () => void note('other'));
    await using t: TestApp = await createTestApp(app);
    t.broker.publish({ topic: 't/a', payload: 'x', qos: 1 });
    await t.clock.settle();
    t.broker.publish({ topic: 't/b', payload: 'x', qos: 1 });
    t.broker.publish({ topic: 'other', payload: 'x', qos: 1 });
    await t.clock.settle();
    expect([begun, sent(t)]).toEqual([['a at 0', 'other at 0'], []]);
    await t.clock.advance('5s');
    expect(begun.slice(2).toSorted()).toEqual(['a at 5000', 'b at 5000']);
    expect(sent(t)).toEqual(['PUBACK', 'PUBACK', 'PUBACK']);
  });
});

describe('rule 11: the default policy', () => {
  it('rule 11: waits for up to 100, 200 and 400 ms before its retries, each time as chance says', async () => {
    const at = new Map<string, number[]>();
    await using t = await started(({ params }) => {
      at.set(params.id, [...(at.get(params.id) ?? []), t.clock.now()]);
      failing();
    });
    const waits: number[][] = [[], [], []];
    for (let id = 0; id < 40; id++) {
      await t.deliver(topic.to({ id }), 'x');
      const times = at.get(`${id}`) ?? [];
      expect(times).toHaveLength(4);
      for (const [nth, list] of waits.entries()) list.push((times[nth + 1] ?? 0) - (times[nth] ?? 0));
    }
    for (const [nth, list] of waits.entries()) {
      const limit = 100 * 2 ** nth;
      expect(Math.max(...list)).toBeLessThanOrEqual(limit);
      expect(Math.max(...list)).toBeGreaterThan(limit * 0.75);
      expect(Math.min(...list)).toBeLessThan(limit * 0.25);
    }
  });

  it('rule 11: while the broker does not take the dead letter, nothing is acknowledged and the route pauses; then it goes on', async () => {
    const begun: string[] = [];
    await using t = await started(({ params }) => {
      begun.push(params.id);
      if (params.id === 'a') failing();
    });
    t.broker.faults.refuse({ cmd: 'publish', topic: 'dead-letter/#' }, 0x97);
    t.broker.publish({ topic: 't/a', payload: 'x', qos: 1 });
    await t.clock.advance('10s');
    t.broker.publish({ topic: 't/b', payload: 'x', qos: 1 });
    await t.clock.advance('2m');
    expect(begun).toEqual(['a', 'a', 'a', 'a']);
    expect(sent(t)).not.toContain('PUBACK');
    const tries = sent(t).length;
    // Between one second and half a minute apart: not as fast as it can, and not once and for all.
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(60);
    t.broker.faults.clear();
    await t.clock.advance('30s');
    expect(begun).toEqual(['a', 'a', 'a', 'a', 'b']);
    expect(sent(t).slice(tries)).toEqual(['PUBLISH', 'PUBACK', 'PUBACK']);
    expect(t.app.health().routes['work']).toMatchObject({ deadLettered: 1, handled: 1, inFlight: 0 });
  });
});

describe('rule 12: a dead letter', () => {
  it('rule 12: is rejected, and not dead-lettered a second time, where its own handler fails', async () => {
    const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'app' } });
    app.on('#', failing, { name: 'everything', deadLetters: true });
    await using t = await createTestApp(app);
    t.broker.publish({ topic: 't/a', payload: 'x', qos: 1 });
    await t.settled();
    expect(t.published('dead-letter/#').map((letter) => letter.topic)).toEqual(['dead-letter/t/a']);
    const codes = t.broker.acknowledgements.map(({ reasonCode }) => reasonCode);
    expect(codes.toSorted()).toEqual([0, 0x80]);
  });
});

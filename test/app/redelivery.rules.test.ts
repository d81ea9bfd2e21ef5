// redeliver(): when the application connects again for a message, and when it need not.
import {
  createApp,
  defineMiddleware,
  defineTopic,
  type HandlerOptions,
  otherwise,
  redeliver,
} from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

const topic = defineTopic('t/+id', { codec: 'text' });
const again = { errors: [otherwise(redeliver({ after: '5s' }))] };

const connects = ({ broker }: TestApp) => broker.transcript().match(/ CONNECT /g)?.length;

/** Fails at first, and is content with what comes again. */
const failing = ({ duplicate }: { duplicate: boolean }) => {
  if (!duplicate) throw new Error('no');
};

function gate(): { promise: Promise<void>; open(): void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

async function started(
  handlers: readonly [(message: { duplicate: boolean }) => unknown, HandlerOptions?][],
  options: object = {},
): Promise<TestApp> {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'app' }, ...options });
  for (const [at, [handler, more]] of handlers.entries())
    app.on(topic, async (message) => void (await handler(message)), {
      name: `handler ${at}`,
      qos: 2,
      ...more,
    });
  return createTestApp(app);
}

describe('rule 9: a message that is to be delivered again', () => {
  it.each([1, 2] as const)(
    'rule 9: has its connection ended once all its handlers are done, so that none runs beside itself: QoS %i',
    async (qos) => {
      const slow = gate();
      const runs: string[] = [];
      await using t = await started([
        [failing, again],
        [
          async ({ duplicate }) => {
            runs.push(duplicate ? 'again' : 'first');
            if (!duplicate) await slow.promise;
          },
        ],
      ]);
      const delivery = t.deliver(topic.to({ id: 1 }), 'x', { qos });
      await t.clock.advance('20s');
      expect([connects(t), runs]).toEqual([1, ['first']]);
      slow.open();
      expect(await delivery).toMatchObject({ outcome: 'acked', acks: [{ reasonCode: 0 }] });
      expect([connects(t), runs]).toEqual([2, ['first', 'again']]);
    },
  );

  it('rule 9: comes as early as the most impatient of its handlers asks', async () => {
    await using t = await started([
      [failing, again],
      [failing, { errors: [otherwise(redeliver({ after: '2s' }))] }],
      [failing, { errors: [otherwise(redeliver({ after: '3s' }))] }],
    ]);
    const began = t.clock.now();
    await t.deliver(topic.to({ id: 1 }), 'x');
    expect([connects(t), t.clock.now() - began]).toEqual([2, 2_000]);
  });

  it('rule 9: needs no connection where another handler keeps it', async () => {
    await using t = await started([
      [failing, again],
      [() => undefined, { ack: 'manual', timeout: 0 }],
    ]);
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({ outcome: 'held', acks: [] });
    await t.clock.advance('1m');
    expect(connects(t)).toBe(1);
  });

  it('rule 9: needs no connection where a middleware thinks otherwise', async () => {
    const dropping = defineMiddleware(async (_message, next) => ({ ...(await next()), status: 'dropped' }));
    await using t = await started([[failing, again]], { middleware: [dropping] });
    expect(await t.deliver(topic.to({ id: 1 }), 'x')).toMatchObject({ outcome: 'dropped' });
    await t.clock.advance('1m');
    expect(connects(t)).toBe(1);
  });

  it.each([1, 2] as const)(
    'rule 9: needs no connection where its own is gone, since the next one brings it: QoS %i',
    async (qos) => {
      const scene: { t?: TestApp } = {};
      const losing = async (message: { duplicate: boolean }) => {
        if (!message.duplicate) await scene.t?.broker.restart({ keepSessions: true });
        failing(message);
      };
      await using t = await started([[losing, again]]);
      scene.t = t;
      expect(await t.deliver(topic.to({ id: 1 }), 'x', { qos })).toMatchObject({ outcome: 'acked' });
      await t.clock.advance('1m');
      expect(connects(t)).toBe(2);
    },
  );
});

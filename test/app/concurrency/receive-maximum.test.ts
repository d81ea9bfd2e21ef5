import { type Concurrency, createApp } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { connection, reading } from '../../support/app/gated-app.js';

describe('rule 13: the receive maximum', () => {
  const announced = async (options: Concurrency[], more: object = {}) => {
    const app = createApp({ connection: { ...connection, ...more } });
    for (const [n, concurrency] of options.entries())
      app.on(`route/${n}` as string, () => {}, { concurrency });
    await using t = await createTestApp(app);
    return /CONNECT .*receiveMaximum=(\d+)/.exec(t.broker.transcript())?.[1];
  };

  it.each([
    ['the sum over the routes', [{ max: 150 }, { max: 40 }, {}], '206'],
    ['100 where the sum is less', [{ max: 20 }, {}], '100'],
    ['65,535 where the sum is more', [{ max: 60_000 }, { max: 60_000 }], '65535'],
  ])('rule 13: is %s', async (_what, options, number) => {
    expect(await announced(options)).toBe(number);
  });

  it('rule 13: is what the connection options say', async () => {
    expect(await announced([{ max: 500 }], { receiveMaximum: 7 })).toBe('7');
    expect(await announced([{ max: 500 }], { receiveMaximum: undefined })).toBe('500');
  });

  it.each([4, 5] as const)(
    'rule 13: lets every route be busy, and no more come than can be held: protocol %i',
    async (protocol) => {
      let open = () => {};
      const gate = new Promise<void>((resolve) => {
        open = resolve;
      });
      const app = createApp({ connection: { ...connection, protocol } });
      app.on(reading, () => gate, { name: 'gated', concurrency: { max: 120 } });
      await using t = await createTestApp(app);
      const counts = () => t.app.health().routes['gated'];
      const deliveries: Promise<unknown>[] = [];
      for (let n = 0; n < 200; n++) {
        deliveries.push(t.deliver(reading.to({ id: n }), 'x', { qos: 1 }));
        await t.clock.settle();
      }
      expect(counts()).toMatchObject({ inFlight: 120 });
      open();
      await Promise.all(deliveries);
      expect(counts()).toMatchObject({ handled: 200, inFlight: 0 });
    },
  );
});

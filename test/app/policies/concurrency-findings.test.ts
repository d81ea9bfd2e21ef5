import { type BootError, type Concurrency, Controller, createApp, Topic } from 'topicwise';
import { describe, expect, it } from 'vitest';

// Nothing here gets as far as connecting.
const connection = { url: 'mqtt://127.0.0.1:1', clientId: 'app' };

/** What starting says of an application, a controller and a handler with these options. */
async function findings(said: {
  app?: unknown;
  controller?: unknown;
  handler?: unknown;
}): Promise<readonly string[]> {
  // What TypeScript refuses, JavaScript writes.
  const options = (value: unknown) => (value === undefined ? {} : { concurrency: value as Concurrency });
  @Controller(options(said.controller))
  class Sensors {
    @Topic('a', options(said.handler)) onReading() {}
    @Topic('b') onOther() {}
  }
  const app = createApp({ connection, controllers: [Sensors], ...options(said.app) });
  const error: Partial<BootError> = await app.start().then(
    () => expect.unreachable('the application started'),
    (error) => error,
  );
  return error.name === 'BootError' ? (error.findings ?? []) : [];
}

describe('the concurrency that does not exist is a mistake at boot, once, where it is written', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4'])('max: %o', async (max) => {
    const shown = typeof max === 'string' ? `'${max}'` : `${max}`;
    const remedy = 'Write a whole number from 1.';
    expect(await findings({ app: { max } })).toEqual([`concurrency.max is ${shown}. ${remedy}`]);
    expect(await findings({ controller: { max } })).toEqual([
      `Sensors: concurrency.max is ${shown}. ${remedy}`,
    ]);
    expect(await findings({ handler: { max } })).toEqual([
      `Sensors.onReading: concurrency.max is ${shown}. ${remedy}`,
    ]);
  });

  it('queue: 0', async () => {
    expect(await findings({ handler: { queue: 0 } })).toEqual([
      'Sensors.onReading: concurrency.queue is 0. Write a whole number from 1.',
    ]);
  });

  it('an order or an overflow that does not exist', async () => {
    expect(await findings({ app: { order: 'fifo' }, handler: { overflow: 'backpressure' } })).toEqual([
      "concurrency.order is 'fifo'. Write one of 'topic', 'none', 'strict', or a function.",
      "Sensors.onReading: concurrency.overflow is 'backpressure'. Write one of 'drop-oldest', 'drop-newest', 'latest'.",
    ]);
  });

  it('a member that does not exist, and what is no object', async () => {
    expect(await findings({ app: 16, controller: null, handler: { maximum: 3 } })).toEqual([
      'concurrency is 16. Write { max, order, queue, overflow }, or some of them.',
      'Sensors: concurrency is null. Write { max, order, queue, overflow }, or some of them.',
      'Sensors.onReading: concurrency.maximum does not exist. What there is: max, order, queue, overflow.',
    ]);
  });

  it('every one of them, together', async () => {
    expect(await findings({ handler: { max: 0, queue: 0, order: '', overflow: 1 } })).toHaveLength(4);
  });
});

describe('the newest of each key, where there are no keys, is a mistake at boot', () => {
  const contradiction = expect.stringMatching(
    /: overflow: 'latest' with order: 'none' keeps the newest message of each key, but there are no keys\. Write another order, or overflow: 'drop-oldest'\.$/,
  );

  it.each([
    ['on the application', { app: { order: 'none', overflow: 'latest' } }, /^concurrency:/],
    ['on a controller', { controller: { order: 'none', overflow: 'latest' } }, /^Sensors: concurrency:/],
    ['on a handler', { handler: { order: 'none', overflow: 'latest' } }, /^Sensors\.onReading: concurrency:/],
    [
      'put together from controller and application',
      { app: { overflow: 'latest' }, controller: { order: 'none' } },
      /^Sensors: concurrency:/,
    ],
    [
      'put together from handler and application',
      { app: { order: 'none' }, controller: { max: 3 }, handler: { overflow: 'latest' } },
      /^Sensors\.onReading: concurrency:/,
    ],
  ])('%s', async (_what, said, where) => {
    const found = await findings(said);
    expect(found).toEqual([contradiction]);
    expect(found[0]).toMatch(where);
  });

  it('but not where the handler says something else', async () => {
    expect(
      await findings({ app: { order: 'none' }, handler: { order: 'topic', overflow: 'latest' } }),
    ).toEqual([]);
    expect(await findings({ handler: { order: () => 'key', overflow: 'latest' } })).toEqual([]);
  });
});

describe('concurrency that is legal', () => {
  it.each([undefined, {}, { max: 1, queue: 1, order: 'strict', overflow: 'drop-newest' }])(
    'starts: %o',
    async (concurrency) => {
      expect(await findings({ app: concurrency, controller: concurrency, handler: concurrency })).toEqual([]);
    },
  );
});

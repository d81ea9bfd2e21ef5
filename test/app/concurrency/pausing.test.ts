import { createApp, on, pause } from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../../src/time/index.js';
import { connection, gated, reading, send } from '../../support/app/gated-app.js';

class Short extends Error {}
class Long extends Error {}

describe('a route that pauses', () => {
  it('starts no message that waits until the longest of its pauses is over, and holds no more QoS 0 messages than its queue', async () => {
    await using broker = new FakeBroker();
    const { clock } = broker;
    const begun: string[] = [];
    const app = createApp({ connection });
    app.on(
      reading,
      async ({ params, payload, attempt }) => {
        begun.push(`${params.id}${payload} at ${clock.now() - startedAt}`);
        await sleep(clock, 10);
        if (params.id === 's' && attempt === 1) throw new Short();
        if (params.id === 'l' && attempt === 1) throw new Long();
      },
      {
        name: 'pausing',
        concurrency: { queue: 2 },
        errors: [on(Short, pause({ for: '1s' })), on(Long, pause({ for: '3s' }))],
      },
    );
    await using t = await createTestApp(app, { broker });
    const startedAt = clock.now();
    const failing = send(t, 's0 l0', 1);
    await t.clock.advance('20ms');
    const waiting = send(t, 'a0 b0 a1');
    for (const delivery of await failing) expect(delivery).toMatchObject({ outcome: 'acked' });
    expect((await waiting).map(({ outcome }) => outcome)).toEqual(['dropped', 'acked', 'acked']);
    expect(begun.toSorted()).toEqual([
      'a1 at 3010',
      'b0 at 3010',
      'l0 at 0',
      'l0 at 3010',
      's0 at 0',
      's0 at 1010',
    ]);
    expect(t.app.health().routes['pausing']).toMatchObject({ inFlight: 0, dropped: 1 });
  });
});

describe('an application that has stopped', () => {
  it('starts no message that waited, also when a handler ends after all', async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1 } });
    await using _ = t;
    const sent = send(t, 'a0 b0', 1);
    await t.clock.settle();
    await t.app.stop({ timeout: 0 });
    open();
    await sent;
    await t.clock.settle();
    expect(diary.begun).toEqual(['a0']);
  });
});

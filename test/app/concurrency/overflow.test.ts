import type { TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { gated, send } from '../../support/app/gated-app.js';

const counts = (t: TestApp) => t.app.health().routes['gated'];
const warnings = (t: TestApp) => t.logs.filter(({ level }) => level === 'warn').map(({ message }) => message);

describe('rule 13: QoS 0 messages of which too many wait', () => {
  it('rule 13: the oldest of the same topic goes, and each is counted; the log has one line', async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1, queue: 3 } });
    await using _ = t;
    const sent = send(t, 'x0 b0 a0 a1 a2 a3');
    await t.clock.settle();
    expect(counts(t)).toMatchObject({ inFlight: 4, dropped: 2, conflated: 0 });
    open();
    const outcomes = (await sent).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['acked', 'acked', 'dropped', 'dropped', 'acked', 'acked']);
    expect(diary.begun).toEqual(['x0', 'b0', 'a2', 'a3']);
    expect(warnings(t)).toEqual([
      'Too many QoS 0 messages wait for a handler: the oldest are dropped. Only the first one is reported here.',
    ]);
  });

  it('rule 13: the bound is that of the route: of many topics with one message each, the newest stay', async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1, queue: 2 } });
    await using _ = t;
    const sent = send(t, 'x0 a0 b0 c0 d0');
    await t.clock.settle();
    expect(counts(t)).toMatchObject({ inFlight: 3, dropped: 2 });
    open();
    await sent;
    expect(diary.begun).toEqual(['x0', 'c0', 'd0']);
  });

  it("rule 13: overflow: 'drop-newest' keeps those that came first", async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1, queue: 2, overflow: 'drop-newest' } });
    await using _ = t;
    const sent = send(t, 'x0 a0 b0 a1 c0');
    await t.clock.settle();
    expect(counts(t)).toMatchObject({ inFlight: 3, dropped: 2 });
    open();
    await sent;
    expect(diary.begun).toEqual(['x0', 'a0', 'b0']);
    expect(warnings(t)).toEqual([expect.stringContaining('the newest are dropped')]);
  });

  it("rule 13: overflow: 'latest' keeps the newest of each topic, in the turn of the first, and calls that no trouble", async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1, overflow: 'latest' } });
    await using _ = t;
    const sent = send(t, 'x0 a0 b0 a1 a2 b1 x1 x2');
    await t.clock.settle();
    expect(counts(t)).toMatchObject({ inFlight: 4, dropped: 0, conflated: 4 });
    open();
    await sent;
    expect(diary.begun).toEqual(['x0', 'a2', 'b1', 'x2']);
    expect(warnings(t)).toEqual([]);
  });

  it("rule 13: overflow: 'latest' is bounded by the queue as well: beyond so many topics the oldest goes, which is trouble", async () => {
    const { t, diary, open } = await gated({ concurrency: { max: 1, queue: 2, overflow: 'latest' } });
    await using _ = t;
    const sent = send(t, 'x0 a0 b0 a1 c0');
    await t.clock.settle();
    expect(counts(t)).toMatchObject({ inFlight: 3, dropped: 1, conflated: 1 });
    open();
    await sent;
    expect(diary.begun).toEqual(['x0', 'a1', 'c0']);
    expect(warnings(t)).toHaveLength(1);
  });

  it.each(['drop-oldest', 'drop-newest', 'latest'] as const)(
    'rule 13: no message of QoS 1 goes, with overflow: %s',
    async (overflow) => {
      const { t, diary, open } = await gated({ concurrency: { max: 1, queue: 1, overflow } });
      await using _ = t;
      const sent = send(t, 'x0 a0 a1 a2 b0 b1', 1);
      await t.clock.settle();
      expect(counts(t)).toMatchObject({ inFlight: 6, dropped: 0, conflated: 0 });
      open();
      await sent;
      expect(diary.begun.toSorted()).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'x0']);
    },
  );
});

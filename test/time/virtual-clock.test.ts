import { describe, expect, it } from 'vitest';
import { seededRandom, sleep, systemClock, VirtualClock } from '../../src/time/index.js';
import { memoryTransportPair } from '../../src/transports/index.js';

describe('VirtualClock', () => {
  it('runs timers in order of time, then of setting, each at its own time', async () => {
    const clock = new VirtualClock(100);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.setTimer(20, note('late'));
    clock.setTimer(10, note('first of two'));
    clock.setTimer(10, note('second of two'));
    clock.setTimer(30, note('too late'));
    await clock.advance(20);
    expect(seen).toEqual([
      ['first of two', 110],
      ['second of two', 110],
      ['late', 120],
    ]);
    expect([clock.now(), clock.pendingTimers, clock.nextTimerAt]).toEqual([120, 1, 130]);
  });

  it('does not run a cancelled timer', async () => {
    const clock = new VirtualClock();
    const cancel = clock.setTimer(1, () => expect.unreachable());
    cancel();
    cancel();
    await clock.advance(10);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs timers that timers set, if they fall due', async () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const again = () => {
      seen.push(clock.now());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    await clock.advance('35ms');
    expect(seen).toEqual([10, 20, 30]);
  });

  it('lets promises and in-memory traffic settle between two timers', async () => {
    const clock = new VirtualClock();
    const [left, right] = memoryTransportPair();
    const seen: string[] = [];
    right.start(
      (chunk) => {
        seen.push('there');
        right.write(chunk);
      },
      () => undefined,
    );
    left.start(
      async () => {
        for (let hop = 0; hop < 50; hop++) await Promise.resolve();
        seen.push('and back');
      },
      () => undefined,
    );
    clock.setTimer(1, () => left.write(Uint8Array.of(1)));
    clock.setTimer(2, () => seen.push('next timer'));
    await clock.advance(2);
    expect(seen).toEqual(['there', 'and back', 'next timer']);
  });

  it('runs two moves one after the other', async () => {
    const clock = new VirtualClock();
    await Promise.all([clock.advance(5), clock.advance(7)]);
    expect(clock.now()).toBe(12);
  });

  it('hands over what a timer throws, and goes on', async () => {
    const clock = new VirtualClock();
    clock.setTimer(1, () => {
      throw new Error('in a timer');
    });
    await expect(clock.advance(1)).rejects.toThrow('in a timer');
    await clock.advance(1);
    expect(clock.now()).toBe(2);
  });
});

describe('sleep', () => {
  it('resolves when the time is over, and leaves nothing at the signal', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const slept = sleep(clock, 10, abort.signal);
    await clock.advance(10);
    await slept;
    abort.abort();
  });

  it('rejects with the reason of the signal, before or during, and takes its timer along', async () => {
    const clock = new VirtualClock();
    const reason = new Error('woken');
    await expect(sleep(clock, 10, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const slept = sleep(clock, 10, abort.signal);
    abort.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('seededRandom', () => {
  it('repeats itself for the same seed, and spreads over the whole range', () => {
    const [first, same, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
    const numbers = Array.from({ length: 10_000 }, () => first());
    expect(numbers.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => same()));
    expect(other()).not.toBe(numbers[0]);
    const tenths = new Array(10).fill(0);
    for (const number of numbers) tenths[Math.floor(number * 10)]++;
    expect(Math.min(...tenths)).toBeGreaterThan(850);
    expect(Math.max(...tenths)).toBeLessThan(1_150);
  });
});

describe('systemClock', () => {
  it('calls back once, later, and not at all when cancelled', async () => {
    let called = 0;
    const before = systemClock.now();
    const cancel = systemClock.setTimer(1, () => called++);
    cancel();
    await new Promise<void>((resolve) => systemClock.setTimer(1, resolve));
    expect(called).toBe(0);
    expect(systemClock.now()).toBeGreaterThan(before);
  });

  it('can wait for longer than the machine counts', () => {
    let called = 0;
    const cancel = systemClock.setTimer(2 ** 40, () => called++);
    cancel();
    expect(called).toBe(0);
  });
});

describe('what somebody waits for', () => {
  it('is a timer that was set since the mark, and no background timer', async () => {
    const clock = new VirtualClock();
    clock.setTimer(5, () => {});
    const { mark } = clock;
    expect(clock.hasTimerSince(mark)).toBe(false);
    clock.setTimer(20, () => {}, 'background');
    expect(clock.hasTimerSince(mark)).toBe(false);
    const cancel = clock.setTimer(10, () => {});
    expect(clock.hasTimerSince(mark)).toBe(true);
    cancel();
    expect(clock.hasTimerSince(mark)).toBe(false);
  });

  it('is not what an older timer repeats, but is what came of a background timer', async () => {
    const clock = new VirtualClock();
    const repeat = () => void clock.setTimer(10, repeat);
    repeat();
    const { mark } = clock;
    clock.setTimer(15, () => void Promise.resolve().then(() => clock.setTimer(100, () => {})), 'background');
    await clock.advance(14);
    expect(clock.hasTimerSince(mark)).toBe(false);
    await clock.advance(1);
    expect(clock.hasTimerSince(mark)).toBe(true);
  });
});

it('moves up to a time, once, however often that is asked for', async () => {
  const clock = new VirtualClock();
  let runs = 0;
  clock.setTimer(5, () => {
    runs += 1;
  });
  await Promise.all([clock.advanceTo(5), clock.advanceTo(5), clock.advanceTo(3)]);
  expect([clock.now(), runs]).toEqual([5, 1]);
});

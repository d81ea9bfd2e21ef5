import { MemoryDedupeStore } from 'topicwise';
import { describe, expect, it } from 'vitest';

describe('MemoryDedupeStore', () => {
  it('knows a key until its time is over, by the time that it is told', () => {
    const store = new MemoryDedupeStore();
    store.add('a', 100, 1_000);
    expect([store.has('a', 1_000), store.has('a', 1_099), store.has('a', 1_100)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([store.has('a', 1_050), store.size]).toEqual([false, 0]); // it went when it was asked for
  });

  it('starts the time of a key over when it is noted again', () => {
    const store = new MemoryDedupeStore();
    store.add('a', 100, 0);
    store.add('a', 100, 90);
    expect(store.has('a', 150)).toBe(true);
  });

  it('holds no more than its limit: the one that was noted first goes', () => {
    const store = new MemoryDedupeStore({ limit: 2 });
    for (const key of ['a', 'b', 'a', 'c']) store.add(key, 100, 0);
    expect(['a', 'b', 'c'].map((key) => store.has(key, 1))).toEqual([true, false, true]);
    expect(store.size).toBe(2);
  });

  it('forgets keys whose time is over when others are noted', () => {
    const store = new MemoryDedupeStore();
    for (const key of ['a', 'b', 'c']) store.add(key, 100, 0);
    store.add('d', 100, 100);
    expect(store.size).toBe(1);
  });

  it.each([0, 1.5, Number.NaN])('refuses a limit of %s', (limit) => {
    expect(() => new MemoryDedupeStore({ limit })).toThrow(
      `MemoryDedupeStore: limit is ${limit}. Write a whole number from 1.`,
    );
  });
});

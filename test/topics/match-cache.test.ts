import { describe, expect, it } from 'vitest';
import { MatchCache } from '../../src/topics/match-cache.js';

/** Looks up as the trie does; true if the cache knew it. */
function hit(cache: MatchCache<string>, topic: string): boolean {
  if (cache.get(topic) !== undefined) return true;
  cache.set(topic, topic, 1);
  return false;
}

describe('MatchCache', () => {
  it('admits a topic when it comes for the second time', () => {
    const cache = new MatchCache<string>(10);
    expect([hit(cache, 'a'), cache.size, hit(cache, 'a'), cache.size, hit(cache, 'a')]).toEqual([
      false,
      0,
      false,
      1,
      true,
    ]);
  });

  it('keeps to its bound, and keeps what is in use', () => {
    const cache = new MatchCache<string>(10);
    let misses = 0;
    for (let i = 0; i < 1000; i++) {
      // The busy topic hits often enough to keep the cache awake, the others come twice and never again.
      for (let again = 0; again < 3; again++) if (!hit(cache, 'busy')) misses++;
      hit(cache, `once/${i >> 1}`);
      expect(cache.size).toBeLessThanOrEqual(20);
    }
    expect(misses).toBe(2);
  });

  it('is not washed out by topics that come once', () => {
    const cache = new MatchCache<string>(10);
    hit(cache, 'busy');
    hit(cache, 'busy');
    for (let i = 0; i < 5; i++) hit(cache, `once/${i}`);
    expect(cache.size).toBe(1);
  });

  it('steps aside while it does not pay, and comes back', () => {
    const cache = new MatchCache<string>(10);
    const busy = () => hit(cache, 'busy');
    busy();
    busy();
    expect(busy()).toBe(true);
    for (let i = 0; i < 100; i++) hit(cache, `once/${i}`);
    expect([cache.size, busy()]).toEqual([0, false]);
    let passed = 1;
    while (!busy()) passed++;
    // It is tried again after a bounded number of look-ups, whatever came before.
    expect(passed).toBeLessThan(1000);
  });

  it('forgets results when told so, but not that it has seen their topics', () => {
    const cache = new MatchCache<string>(10);
    hit(cache, 'a');
    hit(cache, 'a');
    cache.clear();
    expect([hit(cache, 'a'), hit(cache, 'a')]).toEqual([false, true]);
  });

  it('forgets both generations', () => {
    const cache = new MatchCache<string>(1);
    for (const topic of ['old', 'old', 'young', 'young']) hit(cache, topic);
    expect(cache.size).toBe(2);
    cache.clear();
    expect([cache.size, cache.get('old'), cache.get('young')]).toEqual([0, undefined, undefined]);
  });

  it('with a limit of 0 remembers nothing', () => {
    const cache = new MatchCache<string>(0);
    expect([1, 2, 3, 4].map(() => hit(cache, 'a'))).toEqual([false, false, false, false]);
    expect(cache.size).toBe(0);
  });
});

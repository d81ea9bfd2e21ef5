import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicError, TopicTrie } from '../../src/topics/index.js';
import { filter, plainlyMatches, topic } from '../support/topics/arbitraries.js';

describe('TopicTrie', () => {
  it('finds the values of every filter that matches, each once', () => {
    const trie = new TopicTrie<string>();
    trie.add('a/+', 'one');
    trie.add('a/b', 'two');
    trie.add('a/#', 'three');
    trie.add('b/#', 'four');
    trie.add('+/b', 'one');
    expect([...trie.match('a/b')].sort()).toEqual(['one', 'one', 'three', 'two']);
    expect(trie.match('c')).toEqual([]);
  });

  it('is a set of pairs', () => {
    const trie = new TopicTrie<number>();
    expect(trie.add('a/#', 1)).toBe(true);
    expect(trie.add('a/#', 1)).toBe(false);
    expect(trie.add('a/#', 2)).toBe(true);
    expect(trie.add('a', 1)).toBe(true);
    expect(trie.size).toBe(3);
    expect(trie.delete('a/#', 3)).toBe(false);
    expect(trie.delete('a/+', 1)).toBe(false);
    expect(trie.delete('a/b/c', 1)).toBe(false);
    expect(trie.delete('a/#', 1)).toBe(true);
    expect(trie.delete('a/#', 1)).toBe(false);
    expect(trie.size).toBe(2);
    expect([...trie.match('a')].sort()).toEqual([1, 2]);
  });

  it('agrees with the rules whatever was added, removed and matched before', () => {
    const change = fc.record({ filter, value: fc.integer({ min: 0, max: 3 }), add: fc.boolean() });
    const look = fc.record({ topic });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(change, change, look), { maxLength: 60 }),
        fc.constantFrom(0, 2, 100),
        (steps, cachedTopics) => {
          const trie = new TopicTrie<number>({ cachedTopics });
          const pairs = new Map<string, [filter: string, value: number]>();
          for (const step of steps) {
            if ('topic' in step) {
              const expected = [...pairs.values()]
                .filter(([f]) => plainlyMatches(f, step.topic))
                .map(([, v]) => v);
              expect([...trie.match(step.topic)].sort()).toEqual(expected.sort());
            } else {
              const key = `${step.filter} ${step.value}`;
              if (step.add) expect(trie.add(step.filter, step.value)).toBe(!pairs.has(key));
              else expect(trie.delete(step.filter, step.value)).toBe(pairs.has(key));
              if (step.add) pairs.set(key, [step.filter, step.value]);
              else pairs.delete(key);
            }
          }
          expect(trie.size).toBe(pairs.size);
          expect([...trie].map(([f, v]) => `${f} ${v}`).sort()).toEqual([...pairs.keys()].sort());
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps a result that it gave, whatever changes afterwards', () => {
    const trie = new TopicTrie<number>();
    trie.add('a', 1);
    const results = [trie.match('a'), trie.match('a'), trie.match('a')];
    trie.add('a', 2);
    trie.delete('a', 1);
    expect(results).toEqual([[1], [1], [1]]);
    expect(trie.match('a')).toEqual([2]);
  });

  it('holds many values under one filter and lets go of them', () => {
    const trie = new TopicTrie<number>();
    for (let i = 0; i < 1000; i++) trie.add('a/b', i);
    expect(trie.add('a/b', 999)).toBe(false);
    expect(trie.match('a/b')).toHaveLength(1000);
    for (let i = 0; i < 1000; i++) expect(trie.delete('a/b', i)).toBe(true);
    expect(trie.delete('a/b', 0)).toBe(false);
    expect([...trie]).toEqual([]);
  });

  it('takes NaN for equal to itself, with few values and with many', () => {
    for (const others of [0, 40]) {
      const trie = new TopicTrie<number>();
      for (let i = 0; i < others; i++) trie.add('a', i);
      trie.add('a', Number.NaN);
      expect(trie.add('a', Number.NaN)).toBe(false);
      expect(trie.delete('a', Number.NaN)).toBe(true);
      expect(trie.size).toBe(others);
    }
  });

  it('forgets everything at once', () => {
    const trie = new TopicTrie<number>();
    for (const it of ['a/+', 'a/b', '#', 'a/#']) trie.add(it, 1);
    trie.match('a/b');
    trie.match('a/b');
    trie.clear();
    expect([trie.size, [...trie], trie.match('a/b')]).toEqual([0, [], []]);
    trie.add('a/b', 2);
    expect(trie.match('a/b')).toEqual([2]);
  });

  it('refuses filters that are not legal, and shared ones, which mean something to the caller only', () => {
    const trie = new TopicTrie<number>();
    expect(() => trie.add('a/#/b', 1)).toThrow(TopicError);
    expect(() => trie.add('', 1)).toThrow('must not be empty');
    expect(() => trie.add('$share/g/a', 1)).toThrow(
      '"$share/g/a" is a shared filter: add the filter behind its share name.',
    );
    expect(trie.size).toBe(0);
  });

  it('gives back the memory of what was deleted', () => {
    const trie = new TopicTrie<number>();
    const filters = Array.from(
      { length: 30_000 },
      (_, i) => `site/${i % 100}/+/device-${i}/${i % 2 ? '#' : 'reading'}`,
    );
    const before = heapUsed();
    for (const [i, it] of filters.entries()) trie.add(it, i);
    const full = heapUsed() - before;
    for (const [i, it] of filters.entries()) trie.delete(it, i);
    const empty = heapUsed() - before;
    expect(full).toBeGreaterThan(2_000_000);
    expect(empty).toBeLessThan(full / 10);
    expect(trie.size).toBe(0);
  });

  it('remembers no long topics and no large results, which would make its bound on entries worthless', () => {
    const trie = new TopicTrie<number>();
    for (let i = 0; i < 100; i++) trie.add('many/#', i);
    trie.add('few/#', 1);
    const same = (topic: string) => {
      trie.match(topic);
      const second = trie.match(topic);
      return trie.match(topic) === second;
    };
    expect([same('few/a'), same('many/a'), same(`few/${'x'.repeat(300)}`)]).toEqual([true, false, false]);
  });

  it('walks no further than its filters go', () => {
    const trie = new TopicTrie<number>();
    trie.add('a/b/#', 1);
    trie.add('+/+/+', 2);
    // A walk over all levels of this would take seconds, one that recurses would throw.
    const endless = `a/b${'/x'.repeat(30_000_000)}`;
    expect(trie.match(endless)).toEqual([1]);
  });

  it('finds its way through a thicket of wildcards', () => {
    const trie = new TopicTrie<string>();
    const filters = Array.from({ length: 4096 }, (_, i) =>
      Array.from({ length: 12 }, (_, bit) => ((i >> bit) & 1 ? '+' : 'a')).join('/'),
    );
    for (const it of filters) trie.add(it, it);
    expect(trie.match(Array(12).fill('a').join('/'))).toHaveLength(4096);
    expect(trie.match(`${Array(12).fill('a').join('/')}/b`)).toEqual([]);
    expect(trie.match(`${Array(11).fill('a').join('/')}/b`)).toHaveLength(2048);
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

import { queryObjects } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TopicError, TopicTrie } from '../../src/topics/index.js';
import { TrieNode } from '../../src/topics/trie-node.js';
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
    // Few filters and topics, many steps: so that what is removed was there, and what is matched is cached.
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'delete', 'match', 'match'),
      index: fc.nat({ max: 5 }),
      value: fc.nat({ max: 1 }),
    });
    const scene = fc.record({
      filters: fc.array(filter, { minLength: 6, maxLength: 6 }),
      topics: fc.array(topic, { minLength: 6, maxLength: 6 }),
      steps: fc.array(step, { minLength: 20, maxLength: 100 }),
      cachedTopics: fc.constantFrom(0, 1, 100),
    });
    const run = fc.property(scene, ({ filters, topics, steps, cachedTopics }) => {
      const trie = new TopicTrie<number>({ cachedTopics });
      const pairs = new Map<string, [filter: string, value: number]>();
      for (const { kind, index, value } of steps) {
        const of = filters[index] as string; // there are six
        const at = topics[index] as string; // there are six
        const key = `${of} ${value}`;
        if (kind === 'add') {
          expect(trie.add(of, value)).toBe(!pairs.has(key));
          pairs.set(key, [of, value]);
        } else if (kind === 'delete') {
          expect(trie.delete(of, value)).toBe(pairs.has(key));
          pairs.delete(key);
        } else {
          const expected = [...pairs.values()].filter(([f]) => plainlyMatches(f, at)).map(([, v]) => v);
          expect([...trie.match(at)].sort()).toEqual(expected.sort());
        }
      }
      expect(trie.size).toBe(pairs.size);
      expect([...trie].map(([f, v]) => `${f} ${v}`).sort()).toEqual([...pairs.keys()].sort());
    });
    fc.assert(run, { numRuns: 500 });
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
    trie.add('site/1/+/kept', 0);
    const before = nodesInMemory();
    const filters = Array.from(
      { length: 3000 },
      (_, i) => `site/${i % 100}/+/device-${i}/${i % 2 ? '#' : 'reading'}`,
    );
    for (const [i, it] of filters.entries()) trie.add(it, i);
    expect(nodesInMemory()).toBeGreaterThan(before + 3000);
    for (const [i, it] of filters.entries()) trie.delete(it, i);
    // What walks left behind is overwritten by the next one.
    expect(trie.match('site/1/x/kept')).toEqual([0]);
    expect(nodesInMemory()).toBeLessThanOrEqual(before + 10);
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

/** Counts the nodes of all tries that are in use, after a collection of garbage. */
function nodesInMemory(): number {
  return queryObjects(TrieNode, { format: 'count' });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, matches, overlaps } from '../../src/topics/index.js';
import { allFilters, allTopics, filter, plainlyMatches, topic } from '../support/topics/arbitraries.js';

// One level more than the filters have, and one text that no filter names: enough for every difference to show.
const topics = allTopics(['a', '', '$s', 'other'], 4);
const filters = allFilters(['a', '', '$s'], 3).filter((it) => it !== '');
const matchedBy = new Map(filters.map((it) => [it, new Set(topics.filter((t) => plainlyMatches(it, t)))]));
const topicsOf = (it: string): ReadonlySet<string> => matchedBy.get(it) ?? new Set();

it('matches what the rules say, on any filter and topic', () => {
  fc.assert(
    fc.property(filter, topic, (f, t) => matches(f, t) === plainlyMatches(f, t)),
    { numRuns: 5000 },
  );
});

describe('covers', () => {
  it('is true exactly where all topics of the narrower filter are topics of the wider one', () => {
    const wrong: string[] = [];
    for (const wider of filters) {
      for (const narrower of filters) {
        const expected = [...topicsOf(narrower)].every((t) => topicsOf(wider).has(t));
        if (covers(wider, narrower) !== expected) wrong.push(`${wider} covers ${narrower}: ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['#', 'a/+/b', true],
    ['#', '$SYS/a', false],
    ['+/a', '$SYS/a', false],
    ['$SYS/#', '$SYS/a', true],
    ['a/#', 'a', true],
    ['a/+', 'a/#', false],
    ['+/#', '#', true],
    ['+/+/#', '#', false],
    ['a/#', '$share/g/a/b', true],
    ['$share/g/a/#', 'a/b', true],
    ['$share/g', '$share/g', false],
  ])('%s covers %s: %s', (wider, narrower, expected) => {
    expect(covers(wider, narrower)).toBe(expected);
  });
});

describe('overlaps', () => {
  it('is true exactly where there is a topic that both filters match', () => {
    const wrong: string[] = [];
    for (const one of filters) {
      for (const other of filters) {
        const expected = [...topicsOf(one)].some((t) => topicsOf(other).has(t));
        if (overlaps(one, other) !== expected) wrong.push(`${one} overlaps ${other}: ${expected}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    ['a/+', '+/b', true],
    ['a/+', 'b/+', false],
    ['a/+/c', 'a/#', true],
    ['a', 'a/#', true],
    ['#', '$SYS/#', false],
    ['$SYS/+', '+/b', false],
    ['$share/g/a/+', '+/b', true],
    ['$share/g', 'a', false],
  ])('%s overlaps %s: %s', (one, other, expected) => {
    expect(overlaps(one, other)).toBe(expected);
    expect(overlaps(other, one)).toBe(expected);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, overlaps, TopicTrie } from '../../src/topics/index.js';
import { allFilters, filter } from '../support/topics/arbitraries.js';

function trieOf(filters: readonly string[]): TopicTrie<string> {
  const trie = new TopicTrie<string>();
  for (const each of filters) trie.add(each, each);
  return trie;
}

describe('the filters of a TopicTrie', () => {
  const filters = allFilters(['a', '', '$s'], 3).filter((each) => each !== '');

  it('that overlap a filter are those of which overlaps() says so, each once', () => {
    const trie = trieOf(filters);
    for (const one of filters) {
      expect(trie.overlapping(one).sort()).toEqual(filters.filter((each) => overlaps(each, one)).sort());
    }
  });

  it('that cover a filter are those of which covers() says so, each once', () => {
    const trie = trieOf(filters);
    for (const one of filters) {
      expect(trie.covering(one).sort()).toEqual(filters.filter((each) => covers(each, one)).sort());
    }
  });

  it('are the same for filters that come and go', () => {
    fc.assert(
      fc.property(fc.uniqueArray(filter), fc.uniqueArray(filter), filter, (some, gone, one) => {
        const trie = trieOf(some);
        for (const each of gone) trie.delete(each, each);
        const left = some.filter((each) => !gone.includes(each));
        expect(trie.overlapping(one).sort()).toEqual(left.filter((each) => overlaps(each, one)).sort());
        expect(trie.covering(one).sort()).toEqual(left.filter((each) => covers(each, one)).sort());
      }),
    );
  });
});

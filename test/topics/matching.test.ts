import { describe, expect, it } from 'vitest';
import {
  matches,
  parsePattern,
  parseSharedFilter,
  TopicTrie,
  validateTopicFilter,
} from '../../src/topics/index.js';
import { type MatchingCase, matchingCases } from './matching-cases.js';

const matchers: Record<string, (filter: string, topic: string) => boolean> = {
  matches,
  'TopicTrie.match': (filter, topic) => {
    const trie = new TopicTrie<string>();
    trie.add(parseSharedFilter(filter)?.filter ?? filter, 'it');
    return trie.match(topic).length === 1;
  },
  // Twice and thrice, so that the answer comes from the cache.
  'TopicTrie.match, cached': (filter, topic) => {
    const trie = new TopicTrie<string>();
    trie.add(parseSharedFilter(filter)?.filter ?? filter, 'it');
    const answers = [1, 2, 3].map(() => trie.match(topic).length === 1);
    expect(new Set(answers).size).toBe(1);
    return answers[2] === true;
  },
  'Pattern.match': (filter, topic) =>
    parsePattern(parseSharedFilter(filter)?.filter ?? filter).match(topic) !== undefined,
};

function title({ filter, topic, matches: expected, why }: MatchingCase): string {
  const short = (text: string) => (text.length > 40 ? `${text.slice(0, 37)}...` : text);
  return `"${short(filter)}" ${expected ? 'matches' : 'does not match'} "${short(topic)}": ${why}`;
}

it('has legal filters in its table', () => {
  expect(matchingCases.filter(({ filter }) => validateTopicFilter(filter) !== undefined)).toEqual([]);
});

describe.each(Object.entries(matchers))('%s', (_, matcher) => {
  it.each(matchingCases.map((row) => [title(row), row] as const))(
    '%s',
    (_, { filter, topic, matches: expected }) => {
      expect(matcher(filter, topic)).toBe(expected);
    },
  );
});

describe('matches', () => {
  it('takes a shared filter without a filter for one that matches nothing', () => {
    expect(matches('$share/g', 'g')).toBe(false);
    expect(matches('$share/g', '$share/g')).toBe(false);
  });
});

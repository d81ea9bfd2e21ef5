import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAXIMUM_LEVELS, validateTopicFilter, validateTopicName } from '../../src/topics/index.js';

const levels = (count: number) => Array(count).fill('a').join('/');

describe('a topic name', () => {
  it.each([
    'a',
    '/',
    'a/b',
    '//',
    ' ',
    '$SYS/a',
    'a/\u{1f9e6}/ü',
    'x'.repeat(65_535),
    levels(MAXIMUM_LEVELS),
    '$share/g/a',
  ])('%j is legal', (topic) => {
    expect(validateTopicName(topic)).toBeUndefined();
  });

  it.each([
    ['', 'A topic must not be empty: write at least one level.'],
    [
      'a/+/b',
      'The topic "a/+/b" contains the wildcard "+": wildcards belong into filters, publish to a topic without "+" and "#".',
    ],
    ['a#', 'The topic "a#" contains the wildcard "#"'],
    ['a\0b', 'The topic "a\\u0000b" contains the character U+0000, which MQTT forbids: remove it.'],
    ['a\ud800', 'The topic "a\\ud800" contains half of a surrogate pair at index 1'],
    ['a\udc00b', 'half of a surrogate pair at index 1'],
    ['\ud800\ud800\udc00', 'half of a surrogate pair at index 0'],
    [`x/${'ü'.repeat(32_767)}`, 'has 65536 bytes in UTF-8: MQTT allows 65535, make it shorter.'],
    ['\u{1f9e6}'.repeat(16_384), 'has 65536 bytes'],
    ['€'.repeat(21_846), 'has 65538 bytes'],
    [levels(MAXIMUM_LEVELS + 1), 'has 201 levels: at most 200 are allowed, use fewer "/".'],
  ])('%j is not', (topic, sentence) => {
    expect(validateTopicName(topic)).toContain(sentence);
  });

  it('may have any number of levels where only MQTT itself counts', () => {
    expect(validateTopicName(levels(30_000), Number.POSITIVE_INFINITY)).toBeUndefined();
  });

  it('is cut in the sentence, and its control characters are shown, not obeyed', () => {
    const sentence = validateTopicName(`\u001b[31m\u009b/+${'x'.repeat(1000)}`) ?? '';
    expect(sentence.length).toBeLessThan(300);
    expect(sentence).toContain('\\u001b[31m\\u009b/+xxx');
  });

  it('is counted in bytes as the encoder counts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 50 }), (unit) => {
        const topic = unit.replace(/[+#/\0]/g, '').repeat(2000);
        fc.pre(topic !== '');
        const bytes = new TextEncoder().encode(topic).length;
        const sentence = validateTopicName(topic);
        if (bytes <= 65_535) expect(sentence).toBeUndefined();
        else expect(sentence).toContain(`has ${bytes} bytes`);
      }),
    );
  });
});

describe('a topic filter', () => {
  it.each([
    '#',
    '+',
    '/',
    '+/+',
    'a/#',
    'a/+/b',
    '/+',
    '+/',
    '$SYS/#',
    '$share/g/#',
    '$share/a-b.c d/+/x',
    '$share/g//',
    '$share',
    '$shared/#',
  ])('%j is legal', (filter) => {
    expect(validateTopicFilter(filter)).toBeUndefined();
  });

  it.each([
    ['', 'A topic filter must not be empty: write at least one level, or "#" for every topic.'],
    [
      'a/#/b',
      'The filter "a/#/b" has "#" before its end: "#" is only allowed as the last level, use "+" for one level in between.',
    ],
    ['#/', 'has "#" before its end'],
    [
      'a#',
      'The filter "a#" has the wildcard "#" glued to other text: a wildcard must fill a whole level, as in "a/+/b" or "a/#".',
    ],
    ['a/+b', 'has the wildcard "+" glued to other text'],
    ['a+/b', 'has the wildcard "+" glued to other text'],
    ['++', 'has the wildcard "+" glued to other text'],
    ['##', 'has the wildcard "#" glued to other text'],
    ['a/\0', 'The filter "a/\\u0000" contains the character U+0000'],
    ['\udfff/#', 'half of a surrogate pair at index 0'],
    [`${'x'.repeat(65_534)}/#`, 'has 65536 bytes'],
    [levels(201), 'has 201 levels'],
    [
      '$share/',
      'The shared filter "$share/" has no filter behind the share name: write "$share/<name>/<filter>".',
    ],
    ['$share/g', 'has no filter behind the share name'],
    ['$share/g/', 'has no filter behind the share name'],
    ['$share//a', 'has an empty share name'],
    ['$share/+/a', 'has a wildcard in its share name: use any text without "/", "+" and "#".'],
    ['$share/g#/a', 'has a wildcard in its share name'],
    ['$share/g/a/#/b', 'has "#" before its end'],
    ['$share/g\0/a', 'contains the character U+0000'],
    [`$share/g/${levels(201)}`, 'levels: at most'],
  ])('%j is not', (filter, sentence) => {
    expect(validateTopicFilter(filter)).toContain(sentence);
  });

  it('may have as many levels behind its share as without one', () => {
    expect(validateTopicFilter(`$share/g/${levels(MAXIMUM_LEVELS)}`)).toBeUndefined();
  });
});

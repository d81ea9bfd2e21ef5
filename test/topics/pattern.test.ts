import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches, parsePattern, TopicError } from '../../src/topics/index.js';
import { filter, topic } from '../support/topics/arbitraries.js';

describe('a pattern', () => {
  it('has a filter without its names', () => {
    const { pattern, filter, names } = parsePattern('sites/+site/+/logs/#path');
    expect({ pattern, filter, names }).toEqual({
      pattern: 'sites/+site/+/logs/#path',
      filter: 'sites/+/+/logs/#',
      names: ['site', 'path'],
    });
  });

  it.each([
    ['sensors/+id/reading', 'sensors/7/reading', { id: '7' }],
    ['sensors/+id/reading', 'sensors//reading', { id: '' }],
    ['sensors/+id/reading', 'sensors/7/status', undefined],
    ['+a/+b', 'x/y', { a: 'x', b: 'y' }],
    ['+a/+/+c', 'x/y/z', { a: 'x', c: 'z' }],
    ['logs/#path', 'logs/a/b/c', { path: 'a/b/c' }],
    ['logs/#path', 'logs/', { path: '' }],
    ['logs/#path', 'logs', { path: '' }],
    ['logs/#path', 'log', undefined],
    ['#all', 'a/b', { all: 'a/b' }],
    ['#all', '$SYS/a', undefined],
    ['+first', '$SYS', undefined],
    ['$SYS/#rest', '$SYS/a', { rest: 'a' }],
    ['a/#', 'a/b', {}],
    ['a/b', 'a/b', {}],
    ['+constructor/+toString', 'x/y', { constructor: 'x', toString: 'y' }],
  ])('%s of %s', (pattern: string, of, params) => {
    expect(parsePattern(pattern).match(of)).toEqual(params);
  });

  it('matches what its filter matches', () => {
    fc.assert(
      fc.property(filter, topic, (f, t) => {
        const named = f
          .split('/')
          .map((level, i) => (level === '+' || level === '#' ? `${level}n${i}` : level))
          .join('/');
        expect(parsePattern(named).filter).toBe(f);
        expect(parsePattern(named).match(t) !== undefined).toBe(matches(f, t));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['', 'A topic filter must not be empty'],
    ['a/#/b', '"#" is only allowed as the last level'],
    ['a/#rest/b', '"#" is only allowed as the last level'],
    ['a/x+', 'glued to other text'],
    [
      'a/+x+',
      'The pattern "a/+x+" has the wildcard "+x+": a wildcard fills a whole level and its name has letters, digits and "_" only, as in "+deviceId".',
    ],
    ['a/+device-id', 'has the wildcard "+device-id"'],
    ['a/#größe', 'has the wildcard "#größe"'],
    ['a/+__proto__', 'has the wildcard "+__proto__"'],
    ['a/+id/+id', 'The pattern "a/+id/+id" names two wildcards "id": give each its own name.'],
    ['$share/g/a', 'The pattern "$share/g/a" starts with "$share/": use the option { share } instead.'],
    ['a/\0', 'U+0000'],
  ])('%j is refused with a sentence', (pattern: string, sentence) => {
    expect(() => parsePattern(pattern)).toThrow(TopicError);
    expect(() => parsePattern(pattern)).toThrow(sentence);
  });
});

describe('a topic built from a pattern', () => {
  it.each([
    ['sensors/+id/reading', { id: 'x' }, 'sensors/x/reading'],
    ['sensors/+id/reading', { id: 7 }, 'sensors/7/reading'],
    ['sensors/+id/reading', { id: '' }, 'sensors//reading'],
    ['sensors/+id', { id: 'ü $x' }, 'sensors/ü $x'],
    ['logs/#path', { path: 'a/b' }, 'logs/a/b'],
    ['logs/#path', { path: '' }, 'logs'],
    ['a/b', {}, 'a/b'],
    ['a/b', { more: 'is ignored' }, 'a/b'],
    ['a/+id', { id: '$SYS' }, 'a/$SYS'],
  ])('%s with %j', (pattern: string, params: Record<string, string | number>, built) => {
    expect(parsePattern(pattern).build(params)).toBe(built);
  });

  it.each([
    ['a/+id', {}, 'The pattern "a/+id" needs "id" as a text or a finite number, but it is missing.'],
    ['a/+toString', {}, 'but it is of type function.'],
    ['a/+id', { id: null }, 'but it is null.'],
    ['a/+id', { id: true }, 'but it is of type boolean.'],
    ['a/+id', { id: Number.NaN }, 'but it is NaN.'],
    ['a/+id', { id: 'x/y' }, 'The pattern "a/+id" got "x/y" for "id": "/" is not allowed in it, encode it.'],
    ['a/+id', { id: '+' }, '"+" is not allowed'],
    ['a/+id', { id: 1e21 }, '"+" is not allowed'],
    ['a/+id', { id: 'x#' }, '"#" is not allowed'],
    ['a/#rest', { rest: 'x/#' }, '"#" is not allowed'],
    ['a/+id', { id: '\0' }, 'U+0000, which MQTT forbids: remove it. It was built from the pattern "a/+id".'],
    ['a/+id', { id: '\ud800' }, 'surrogate'],
    ['a/+id', { id: 'x'.repeat(65_534) }, '65536 bytes'],
    ['a/#rest', { rest: 'x/'.repeat(200) }, 'levels'],
    ['+id/a', { id: '$SYS' }, 'a wildcard at the first level matches no topic that starts with "$".'],
    ['#rest', { rest: '$SYS/a' }, 'a wildcard at the first level matches no topic that starts with "$".'],
    ['#rest', { rest: '' }, 'must not be empty'],
    [
      'a/+',
      {},
      'The pattern "a/+" has the wildcard "+" without a name: write "+name" to build topics from it.',
    ],
    ['a/#', {}, 'has the wildcard "#" without a name: write "#name"'],
  ])('%s refuses %j', (pattern: string, params: object, sentence) => {
    // The values are wrong on purpose.
    const wrong = params as Record<string, string>;
    expect(() => parsePattern(pattern).build(wrong)).toThrow(TopicError);
    expect(() => parsePattern(pattern).build(wrong)).toThrow(sentence);
  });

  it('has the parameters that it was built from, or there is none', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('', '$', '/', '+', 'a/b', '/#'),
    );
    const pattern = fc.constantFrom('+x/a/#y', 'a/+x/+y', '+x/+y', '$SYS/+x/#y');
    fc.assert(
      fc.property(pattern, fc.record({ x: value, y: value }), (text: string, params) => {
        const parsed = parsePattern(text);
        let built: string;
        try {
          built = parsed.build(params);
        } catch (error) {
          expect(error).toBeInstanceOf(TopicError);
          return;
        }
        expect(matches(parsed.filter, built)).toBe(true);
        expect(parsed.match(built)).toEqual(params);
      }),
      { numRuns: 3000 },
    );
  });

  it('is the topic that the parameters came from', () => {
    fc.assert(
      fc.property(topic, (t) => {
        const parsed = parsePattern('+x/+y/b');
        const params = parsed.match(t);
        if (params !== undefined) expect(parsed.build(params)).toBe(t);
      }),
    );
  });
});

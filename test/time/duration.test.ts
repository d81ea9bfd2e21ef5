import { expect, it } from 'vitest';
import { type Duration, parseDuration } from '../../src/time/index.js';

it.each<[Duration, number]>([
  [0, 0],
  [1.5, 1.5],
  ['250ms', 250],
  ['5s', 5_000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
])('%s is %d ms', (duration, ms) => {
  expect(parseDuration(duration)).toBe(ms);
});

it.each<[unknown, string]>([
  [-1, '-1 is no duration'],
  [Number.NaN, 'NaN is no duration'],
  ['5', "'5' is no duration"],
  ['-5s', "'-5s' is no duration"],
  ['5 s', "'5 s' is no duration"],
  ['s', "'s' is no duration"],
  ['1d', "'1d' is no duration"],
  ['1e3ms', "'1e3ms' is no duration"],
  [undefined, 'undefined is no duration'],
])('%s is refused in a sentence', (duration, sentence) => {
  expect(() => parseDuration(duration as Duration)).toThrow(RangeError);
  expect(() => parseDuration(duration as Duration)).toThrow(sentence);
});

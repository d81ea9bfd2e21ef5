import { expect, it } from 'vitest';
import { legible } from '../../src/cli/legible.js';

it.each([
  ['the escape of a terminal', '\u001b[2J', '\\u001b[2J'],
  ['a C1 control', '\u009b2J', '\\u009b2J'],
  ['a line break', 'a\nb', 'a\\u000ab'],
  ['a turn of the writing direction', '\u202etxt', '\\u202etxt'],
  ['half of a surrogate pair', '\ud800', '\\ud800'],
])('escapes %s', (_what, text, escaped) => {
  expect(legible(text)).toBe(escaped);
});

it('leaves what people write', () => {
  expect(legible('Grüße, 靴下, 👨‍👩‍👧')).toBe('Grüße, 靴下, 👨‍👩‍👧');
});

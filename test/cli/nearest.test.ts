import { expect, it } from 'vitest';
import { nearest } from '../../src/cli/nearest.js';

const names = ['broker', 'new', 'generate', 'routes', 'run'];

it.each([
  ['a letter too many', 'brooker', 'broker'],
  ['a letter missing', 'generte', 'generate'],
  ['another letter', 'ruutes', 'routes'],
  ['two letters swapped', 'nwe', 'new'],
  ['the nearest of several', 'runt', 'run'],
  ['nothing near', 'publish', undefined],
  ['a short word near nothing', 'a', undefined],
  ['an empty word', '', undefined],
])('finds what was meant by %s', (_name, word, name) => {
  expect(nearest(word, names)).toBe(name);
});

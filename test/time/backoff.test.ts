import { expect, it } from 'vitest';
import { Backoff } from '../../src/time/index.js';

const options = { minDelay: 250, maxDelay: 30_000 };

it('doubles the bound of the delay until the longest one, and draws from the shortest on', () => {
  const highest = new Backoff(options, () => 1);
  expect(Array.from({ length: 9 }, () => highest.next())).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
  const lowest = new Backoff(options, () => 0);
  expect([lowest.next(), lowest.next(), lowest.next()]).toEqual([250, 250, 250]);
});

it('starts again after a reset', () => {
  const backoff = new Backoff(options, () => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(500);
});

it('counts for years without leaving its bounds', () => {
  const backoff = new Backoff(options, () => 0.5);
  for (let tries = 0; tries < 2_000; tries++) backoff.next();
  expect(backoff.next()).toBe(15_125);
});

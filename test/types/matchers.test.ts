import { expect, it } from 'vitest';
import { checkMistakes } from '../support/types/compile.js';

it('matchers and faults refuse each mistake at its line', { timeout: 60_000 }, async () => {
  expect(await checkMistakes('test/types/mistakes/matchers.ts')).toEqual([]);
});

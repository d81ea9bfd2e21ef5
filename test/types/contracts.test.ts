import { describe, expect, it } from 'vitest';
import { checkMistakes } from '../support/types/compile.js';

describe('mistakes in contracts', () => {
  it('each fail to compile at their line, with their reason', { timeout: 60_000 }, async () => {
    expect(await checkMistakes('test/types/mistakes/contracts.ts')).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { checkMistakes, compile, compileSource } from '../support/types/compile.js';

describe('contracts at compile time', () => {
  it('refuse each mistake at its line, with its reason', { timeout: 60_000 }, async () => {
    expect(await checkMistakes('test/types/mistakes/contracts.ts')).toEqual([]);
  });

  it('cost the compiler little: 200 of them with three parameters and a schema each', {
    timeout: 60_000,
  }, async () => {
    const contracts = Array.from(
      { length: 200 },
      (_, i) => `export const t${i} = defineTopic('plants/+plant/lines/+line/machines/+machine${i}/reading', {
        payload: z.object({ celsius: z.number(), at: z.string(), unit: z.enum(['C', 'F']), n: z.number().optional() }),
        params: { plant: z.uuid() },
      });
      t${i}.to({ plant: 'x', line: 1, machine${i}: 2 });`,
    );
    const source = (text: readonly string[]) =>
      `import { z } from 'zod';\nimport { defineTopic } from '../../src/contracts/index.js';\n${text.join('\n')}`;
    const [none, all] = await Promise.all([compileSource(source([])), compileSource(source(contracts))]);
    expect([...all.errors, ...all.elsewhere]).toEqual([]);
    // Counted, not timed: the same on every machine.
    const each = (all.instantiations - none.instantiations) / 200;
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(800);
  });

  it('and their topics need nothing of Node', { timeout: 60_000 }, async () => {
    const browser = { types: [], lib: ['es2022', 'dom'] };
    const [topics, contracts] = await Promise.all([
      compile('src/topics/index.ts', browser),
      compile('src/contracts/index.ts', browser),
    ]);
    expect([...topics.errors, ...topics.elsewhere, ...contracts.errors, ...contracts.elsewhere]).toEqual([]);
  });
});

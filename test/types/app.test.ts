import { describe, expect, it } from 'vitest';
import { checkMistakes, compileSource } from '../support/types/compile.js';

describe('an application at compile time', () => {
  it('refuses each mistake at its line, with its reason', { timeout: 60_000 }, async () => {
    expect(await checkMistakes('test/types/mistakes/app.ts')).toEqual([]);
  });

  it('costs the compiler little: 200 handlers with their contracts', { timeout: 60_000 }, async () => {
    const contracts = Array.from(
      { length: 200 },
      (_, i) => `const t${i} = defineTopic('plants/+plant/lines/+line/machines/+machine${i}/reading', {
        payload: z.object({ celsius: z.number(), at: z.string(), unit: z.enum(['C', 'F']), n: z.number().optional() }),
        params: { plant: z.uuid() },
      });
      void t${i};`,
    );
    const handlers = contracts.map(
      (_, i) =>
        `class C${i} { @Topic(t${i}) async on({ params, payload }: Message<typeof t${i}>) { void params.machine${i}; void payload.celsius; } }
        void C${i};`,
    );
    const source = (text: readonly string[]) =>
      `import { z } from 'zod';\nimport { defineTopic, type Message, Topic } from 'topicwise';\nvoid Topic; export type M = Message;\n${text.join('\n')}`;
    const [without, all] = await Promise.all([
      compileSource(source(contracts)),
      compileSource(source([...contracts, ...handlers])),
    ]);
    expect([...all.errors, ...all.elsewhere]).toEqual([]);
    // Counted, not timed: the same on every machine.
    const each = (all.instantiations - without.instantiations) / 200;
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(500);
  });
});

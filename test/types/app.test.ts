import { describe, expect, it } from 'vitest';
import { checkMistakes, compileSource } from '../support/types/compile.js';

describe('an application at compile time', () => {
  it('refuses each mistake at its line, with its reason', { timeout: 60_000 }, async () => {
    expect(await checkMistakes('test/types/mistakes/app.ts')).toEqual([]);
  });

  it('refuses the eighteen mistakes that the framework names, each with its reason', {
    timeout: 60_000,
  }, async () => {
    expect(await checkMistakes('test/types/mistakes/eighteen.ts')).toEqual([]);
  });

  it('costs the compiler little, and no more for each of 500 contracts with their handlers than for each of 250', {
    timeout: 120_000,
  }, async () => {
    const [half, all] = await Promise.all([compileSource(application(250)), compileSource(application(500))]);
    expect([...half.errors, ...half.elsewhere, ...all.errors, ...all.elsewhere]).toEqual([]);
    // Counted, not timed: the same on every machine. What the libraries themselves cost is in both.
    expect(all.instantiations / half.instantiations).toBeLessThan(1.95);
    const each = (all.instantiations - half.instantiations) / 250;
    expect(each).toBeGreaterThan(0);
    expect(each).toBeLessThan(1_400);
  });
});

/** A contract and its handler, `count` times: every second one with a reply, every second one with messages to send. */
function application(count: number): string {
  const pairs = Array.from({ length: count }, (_, i) => {
    const answers = i % 2 === 0;
    return `
      const t${i} = defineTopic('plants/+plant/lines/+line/machines/+machine${i}/reading', {
        payload: z.object({ celsius: z.number(), at: z.string(), unit: z.enum(['C', 'F']), n: z.number().optional() }),
        params: { plant: z.uuid() },
        ${answers ? 'reply: z.object({ taken: z.boolean() }),' : ''}
      });
      @Controller() class C${i} {
        @Topic(t${i}${answers ? '' : ', { sends: [alert] }'}) async on({ params, payload }: Message<typeof t${i}>) {
          void params.machine${i};
          ${answers ? 'return { taken: payload.celsius > 0 };' : "if (payload.celsius > 0) return alert.message({ id: params.plant }, { level: 'hot' as const });"}
        }
      }
      void C${i};`;
  });
  return `
    import { Controller, defineTopic, type Message, Topic } from 'topicwise';
    import { z } from 'zod';
    const alert = defineTopic('alerts/+id', { payload: z.object({ level: z.enum(['hot', 'cold']) }) });
    @Controller() class First { @Topic(alert) on({ payload }: Message<typeof alert>) { void payload.level; } }
    void First;
    ${pairs.join('')}`;
}

// Every scenario by its number, with the scripts that `npm run compare` runs against other clients too.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cuttings, run } from '../../support/scenarios/scenario.js';
import { topicwise } from '../../support/scenarios/topicwise.js';
import { scenarios } from './scripts/all.js';

it('has the numbers from 1 to 63, each once', () => {
  expect(scenarios.map(({ number }) => number)).toEqual(Array.from({ length: 63 }, (_, n) => n + 1));
});

describe.each(cuttings)('%s', (cut) => {
  const scripts = scenarios.filter(({ bytes }) => bytes || cut === 'in one segment');
  it.each(scripts.map((script) => [script.number, script.title, script] as const))(
    '%i: %s',
    async (_, __, script) => {
      expect((await run(topicwise, script, cut)) ?? 'ok').toBe('ok');
    },
  );
});

it('docs/compare.md has these scenarios, and topicwise passes each (else: npm run compare)', () => {
  const page = readFileSync(new URL('../../../docs/compare.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| \d/.test(line));
  expect(rows.map((row) => row.split(' | ').slice(0, 2).join(' | '))).toEqual(
    scenarios.map(({ number, title }) => `| ${number}. ${title} | ok`),
  );
});

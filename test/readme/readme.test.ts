// Every snippet of the README is a file that a test runs, or a command that exists.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const blocks = [...readme.matchAll(/(?<before>[^\n]*\n\n)?```(?<language>\w*)\n(?<text>[\s\S]*?)```/g)].map(
  ({ groups }) => ({
    before: groups?.['before'] ?? '',
    language: groups?.['language'] ?? '',
    text: groups?.['text'] ?? '',
  }),
);

it('has snippets in the languages that are looked at, and no others', () => {
  expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'ts']));
});

describe('TypeScript snippets', () => {
  it.each(blocks.filter(({ language }) => language === 'ts'))('$before', ({ before, text }) => {
    const path = /`(examples\/[^`]+\.ts)`/.exec(before)?.[1];
    expect(path, 'a snippet is introduced by the file that it shows').toBeDefined();
    expect(text).toBe(read(path!));
  });
});

describe('commands', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const commands = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.trim().split('\n'));
  it.each(commands)('%s', (command) => {
    if (command === 'npm ci') return expect(read('package-lock.json')).toContain('"name": "topicwise"');
    const script = /^npm (?:run )?([\w:]+)/.exec(command)?.[1];
    expect(Object.keys(scripts)).toContain(script);
  });
  it.each([...readme.matchAll(/`npm (?:run )?([\w:]+)/g)].map(([, script]) => script))(
    'npm run %s',
    (script) => {
      expect(Object.keys(scripts)).toContain(script);
    },
  );
});

it('shows the first application and its test in under 40 lines', () => {
  const lines = ['examples/first/app.ts', 'examples/first/app.test.ts'].map(
    (path) => read(path).trimEnd().split('\n').length,
  );
  expect(lines.reduce((sum, count) => sum + count)).toBeLessThan(40);
});

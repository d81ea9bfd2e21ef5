import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const tsx = require.resolve('tsx/cli');
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const topicwise = (...words: string[]) =>
  spawnSync(process.execPath, [tsx, main, ...words], { encoding: 'utf8' });

it.each(['--version', '-v'])('prints the version of package.json on %s', (option) => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { status, stdout, stderr } = topicwise(option);
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

it.each(['--help', '-h'])('prints its help with an example on %s', (option) => {
  const { status, stdout } = topicwise(option);
  expect(status).toBe(0);
  expect(stdout).toContain('Usage: topicwise');
  expect(stdout).toContain('Example: npx topicwise');
});

it.each([
  [
    'an unknown option',
    ['--verison'],
    "topicwise: '--verison' is not understood. Did you mean '--version'? See 'topicwise --help'.\n",
  ],
  ['a word too many', ['--version', 'now'], "topicwise: 'now' is not understood. See 'topicwise --help'.\n"],
])('refuses %s with a sentence and exit code 2', (_, words, sentence) => {
  const { status, stdout, stderr } = topicwise(...words);
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: sentence });
});

it('prints its help to stderr and exits with 2 when nothing is asked', () => {
  const { status, stdout, stderr } = topicwise();
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain('Usage: topicwise');
});

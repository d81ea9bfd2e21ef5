// docs/conformance.md says the truth: every statement that binds a client is shown by a test, or it says why not.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the check says about a folder; nothing is fine. */
function check(folder: string): Promise<string> {
  return new Promise((resolve) => {
    const script = join(root, 'scripts/conformance.mjs');
    execFile(process.execPath, [script, '--check', folder], (error, _, stderr) => {
      resolve(error ? stderr || error.message : stderr);
    });
  });
}

/** A project with these files only. */
function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'topicwise-conformance-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lists = {
    'client.txt': 'MQTT-1.0.0-1 Both.\nMQTT-1.0.0-2 A client.\n',
    'server.txt': 'MQTT-1.0.0-1 Both.\n',
  };
  const data = { ...lists, 'untestable.txt': '', 'notes.txt': '' };
  for (const [name, text] of Object.entries(data)) write(join(folder, 'test/conformance', name), text);
  for (const [name, text] of Object.entries(files)) write(join(folder, name), text);
  mkdirSync(join(folder, 'docs'), { recursive: true });
  return folder;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Not written out: this file would name it. */
const statement = (number: string) => `[MQTT-${number}]`;
const test = (number: string, title = 'says so') => `it('${statement(number)} ${title}', () => {});\n`;

const generate = (folder: string) =>
  new Promise<void>((resolve) => {
    execFile(process.execPath, [join(root, 'scripts/conformance.mjs'), folder], () => resolve());
  });

it('every statement that binds a client has a test or a reason, and docs/conformance.md is up to date', async () => {
  expect(await check(root)).toBe('');
});

it('finds statements in titles, and in comments right above a test or a row of a table', async () => {
  const folder = project({
    'test/a.test.ts': test('1.0.0-1'),
    'test/b.test.ts': `  // ${statement('1.0.0-2')}\n  ['a row', 1],\n`,
  });
  await generate(folder);
  expect(await check(folder)).toBe('');
});

it('refuses a statement that no test names, an unknown one, and a stale document', async () => {
  const folder = project({
    'test/a.test.ts': test('1.0.0-1') + test('9.9.9-9'),
    'test/broker/b.test.ts': test('1.0.0-2', 'shown by a broker only'),
  });
  const said = await check(folder);
  expect(said).toContain('MQTT-1.0.0-2 binds a client and no test names it');
  expect(said).toContain('names MQTT-9.9.9-9, which is no statement');
  expect(said).toContain('docs/conformance.md is stale');
});

it('takes a reason for a test, but not both', async () => {
  const tests = { 'test/a.test.ts': test('1.0.0-1') };
  const folder = project({ ...tests, 'test/conformance/untestable.txt': 'MQTT-1.0.0-2 nobody can see it\n' });
  await generate(folder);
  expect(await check(folder)).toBe('');
  const both = project({ ...tests, 'test/conformance/untestable.txt': 'MQTT-1.0.0-1 nobody can see it\n' });
  cpSync(join(folder, 'docs'), join(both, 'docs'), { recursive: true });
  expect(await check(both)).toContain('MQTT-1.0.0-1 is said to be untestable, and a test names it');
});

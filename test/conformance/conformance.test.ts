// docs/conformance.md says the truth: every statement that binds a client or a server is shown by a test, or it says why not.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    'server.txt': 'MQTT-1.0.0-1 Both.\nMQTT-1.0.0-3 A server.\n',
  };
  const reasons = { 'client-untestable.txt': '', 'server-untestable.txt': '', 'notes.txt': '' };
  for (const [name, text] of Object.entries({ ...lists, ...reasons }))
    write(join(folder, 'test/conformance', name), text);
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

/** Tests that show everything. */
const complete = {
  'test/client.test.ts': test('1.0.0-1') + test('1.0.0-2'),
  'test/broker/server.test.ts': test('1.0.0-1') + test('1.0.0-3'),
};

it('every statement has a test or a reason, and docs/conformance.md is up to date', async () => {
  expect(await check(root)).toBe('');
});

it('lists the tests of a client and of a server, each at its statement', async () => {
  const folder = project({ ...complete, 'test/testing/fake.test.ts': test('1.0.0-3', 'shows it too') });
  await generate(folder);
  expect(await check(folder)).toBe('');
  const page = readFileSync(join(folder, 'docs/conformance.md'), 'utf8');
  const row = (number: string, text: string, files: readonly string[]) =>
    `| MQTT-${number} | ${text} | ${files.map((file) => `\`${file}\`: ${statement(number)} says so`).join('<br>')} |`;
  expect(page).toContain(row('1.0.0-1', 'Both.', ['client.test.ts']));
  expect(page).toContain(row('1.0.0-1', 'Both.', ['broker/server.test.ts']));
  expect(page).toContain(`${row('1.0.0-3', 'A server.', ['broker/server.test.ts']).slice(0, -2)}<br>`);
});

it.each([
  ['a test', (named: string) => `it('${named} says so', () => {});`],
  ['a test of a table', (named: string) => `it.each([\n  ['a', 1],\n])('%s ${named}', () => {});`],
  [
    'a table that is a constant',
    (named: string) => `it.each([\n  'a',\n] as const)('%s ${named}', () => {});`,
  ],
  ['a row', (named: string) => `  {\n    name: 'a row ${named}',\n  },`],
  ['a row with a long name', (named: string) => `  {\n    name:\n      'a row ${named}',\n  },`],
  ['a row that is a list', (named: string) => `  ['a row ${named}', 1],`],
  ['a long row that is a list', (named: string) => `  [\n    'a row ${named}',\n    1,\n  ],`],
  ['a comment above a row', (named: string) => `  // ${named}\n  ['a row', 1],`],
  ['a comment above a test', (named: string) => `// ${named}\nit('says so', () => {});`],
])('finds a statement in %s', async (_name, write) => {
  const shown = Object.entries(complete).map(([file, text]) => [file, text.replace(test('1.0.0-3'), '')]);
  const folder = project({
    ...Object.fromEntries(shown),
    'test/broker/rows.ts': `${write(statement('1.0.0-3'))}\n`,
  });
  await generate(folder);
  expect(await check(folder)).toBe('');
});

it('refuses a statement that no test names, an unknown one, and a stale document', async () => {
  const folder = project({
    'test/a.test.ts': test('1.0.0-1') + test('1.0.0-3', 'shown by a client only') + test('9.9.9-9'),
    'test/broker/b.test.ts': test('1.0.0-2', 'shown by a broker only'),
  });
  const said = await check(folder);
  expect(said).toContain('MQTT-1.0.0-1 binds a server and no test names it');
  expect(said).toContain('MQTT-1.0.0-2 binds a client and no test names it');
  expect(said).toContain('MQTT-1.0.0-3 binds a server and no test names it');
  expect(said).toContain('names MQTT-9.9.9-9, which is no statement');
  expect(said).toContain('docs/conformance.md is stale');
});

it('refuses two statements in one pair of brackets', async () => {
  const both = statement('1.0.0-1').replace(']', ', 1.0.0-2]');
  const folder = project({ ...complete, 'test/c.test.ts': `it('${both}', () => {});\n` });
  await generate(folder);
  expect(await check(folder)).toContain(`test/c.test.ts: write ${both} with each statement in brackets`);
});

it.each([
  ['client', '1.0.0-2', 'test/client.test.ts'],
  ['server', '1.0.0-3', 'test/broker/server.test.ts'],
] as const)('takes a reason for a test of a %s, but not both', async (who, number, file) => {
  const reasons = { [`test/conformance/${who}-untestable.txt`]: `MQTT-${number} nobody can see it\n` };
  const folder = project({ ...complete, [file]: test('1.0.0-1'), ...reasons });
  await generate(folder);
  expect(await check(folder)).toBe('');
  const both = project({ ...complete, ...reasons });
  cpSync(join(folder, 'docs'), join(both, 'docs'), { recursive: true });
  expect(await check(both)).toContain(`MQTT-${number} is said to be untestable, and a test names it`);
});

it('refuses a reason for a statement that binds the other side', async () => {
  const reasons = { 'test/conformance/server-untestable.txt': 'MQTT-1.0.0-2 nobody can see it\n' };
  const folder = project({ ...complete, ...reasons });
  await generate(folder);
  expect(await check(folder)).toContain(
    'MQTT-1.0.0-2 is said to be untestable, and is no statement that binds a server',
  );
});

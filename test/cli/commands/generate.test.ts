import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { topicwise } from '../../../src/cli/topicwise.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { temporaryFolder } from '../../support/cli/temporary-folder.js';

const app = `import { createApp } from 'topicwise';

export const app = createApp({
  connection: 'mqtt://localhost',
  controllers: [],
});
`;

/** A folder with the manifest of an application, and an src/app.ts unless it shall have none. */
function application(text: string | undefined = app): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'package.json'), '{"dependencies":{"topicwise":"^0.1.0"}}');
  mkdirSync(join(cwd, 'src'));
  if (text !== '') writeFileSync(join(cwd, 'src/app.ts'), text);
  return cwd;
}

async function running(cwd: string, ...words: string[]) {
  const host = new RecordingHost(cwd);
  const code = await topicwise(['generate', ...words], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

describe('as a process', () => {
  it('writes a controller with its test and adds it to the application', () => {
    const cwd = application();
    expect(cliProcess('main.ts', ['generate', 'controller', 'lamp-state'], { cwd })).toEqual({
      code: 0,
      stdout:
        'written  src/controllers/lamp-state.ts\nwritten  test/controllers/lamp-state.test.ts\nchanged  src/app.ts\n',
      stderr: '',
    });
    expect(readFileSync(join(cwd, 'src/app.ts'), 'utf8')).toContain(
      '  controllers: [LampStateController],\n',
    );
  });

  it('overwrites nothing', () => {
    const cwd = application();
    mkdirSync(join(cwd, 'test/contracts'), { recursive: true });
    writeFileSync(join(cwd, 'test/contracts/lamp.test.ts'), 'mine');
    expect(cliProcess('main.ts', ['generate', 'contract', 'lamp'], { cwd })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'topicwise generate contract: test/contracts/lamp.test.ts is already there: nothing was written. Choose another name.\n',
    });
    expect(existsSync(join(cwd, 'src/contracts/lamp.ts'))).toBe(false);
    expect(readFileSync(join(cwd, 'test/contracts/lamp.test.ts'), 'utf8')).toBe('mine');
  });
});

it.each([
  ['a part', 'src/contracts', 'src/contracts/lamp.ts'],
  ['its test', 'test', 'test/contracts/lamp.test.ts'],
])('says where it cannot write %s', async (_what, inTheWay, file) => {
  const cwd = application();
  writeFileSync(join(cwd, inTheWay), '');
  expect(await running(cwd, 'contract', 'lamp')).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      new RegExp(`^topicwise generate contract: ${file} can't be written: E[A-Z]+: .+\\. .+\\n$`),
    ),
  });
});

it.each<[kind: string, report: object]>([
  [
    'controller',
    {
      written: ['src/controllers/lamp.ts', 'test/controllers/lamp.test.ts'],
      changed: ['src/app.ts'],
      todo: [],
    },
  ],
  ['contract', { written: ['src/contracts/lamp.ts', 'test/contracts/lamp.test.ts'], changed: [], todo: [] }],
  [
    'middleware',
    {
      written: ['src/middleware/lamp.ts', 'test/middleware/lamp.test.ts'],
      changed: ['src/app.ts'],
      todo: [],
    },
  ],
])('tells as JSON what became of a %s', async (kind, report) => {
  const cwd = application();
  const { code, stdout, stderr } = await running(cwd, kind, 'lamp', '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(report);
});

it('finds the application from a folder in it', async () => {
  const cwd = application();
  expect((await running(join(cwd, 'src'), 'contract', 'lamp')).code).toBe(0);
  expect(existsSync(join(cwd, 'src/contracts/lamp.ts'))).toBe(true);
});

it.each([
  ['no src/app.ts', ''],
  ['one without the list', app.replace('[]', 'discover(import.meta.url)')],
])('says what is left to do where there is %s', async (_what, text) => {
  const cwd = application(text);
  const { code, stdout } = await running(cwd, 'controller', 'lamp');
  expect(code).toBe(0);
  expect(stdout).toContain(
    '\nImport LampController from "./controllers/lamp.js" and add it to { controllers: [...] } of createApp(): src/app.ts has no such list that is beyond doubt.\n',
  );
  if (text !== '') expect(readFileSync(join(cwd, 'src/app.ts'), 'utf8')).toBe(text);
});

it('wants an application', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'package.json'), '{"name":"socks"}');
  expect(await running(cwd, 'controller', 'lamp')).toEqual({
    code: 1,
    stdout: '',
    stderr: `topicwise generate controller: Neither ${cwd} nor a folder above it has a package.json that depends on topicwise. Run this in an application; 'topicwise new' makes one.\n`,
  });
});

it('says that a manifest is no JSON', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'package.json'), '{');
  const { code, stderr } = await running(cwd, 'controller', 'lamp');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^topicwise generate controller: \S+package\.json can't be read: .+\.\n$/);
});

it.each<[what: string, words: string[], path: string, sentence: string]>([
  [
    'no kind that there is',
    ['contoller', 'x'],
    '',
    "'contoller' is not understood. Did you mean 'controller'?",
  ],
  ['no name', ['controller'], ' controller', '<name> is missing: it takes its name, such as lamp-state.'],
  [
    'a name that can be none',
    ['contract', '../lamp'],
    ' contract',
    "<name> takes a name of letters, digits and dashes that begins with a letter, such as lamp-state, not '../lamp'.",
  ],
  [
    'an option that there is not',
    ['middleware', 'x', '--jsn'],
    ' middleware',
    "'--jsn' is not understood. Did you mean '--json'?",
  ],
])('understands %s', async (_what, words, path, sentence) => {
  expect(await running(application(), ...words)).toEqual({
    code: 2,
    stdout: '',
    stderr: `topicwise generate${path}: ${sentence} See 'topicwise generate${path} --help'.\n`,
  });
});

it('explains itself, each kind with an example', async () => {
  expect((await running('/', '--help')).stdout).toContain(
    'Example: npx topicwise generate controller lamp-state\n',
  );
  for (const kind of ['controller', 'contract', 'middleware'])
    expect((await running('/', kind, '--help')).stdout).toContain(
      `Example: npx topicwise generate ${kind} lamp-state\n`,
    );
});

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import * as installed from '../../../src/app/installed-package.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { complaintsOf } from '../../asyncapi/official-parser.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';
import { afterThisTest } from '../../support/transports/servers.js';

const text = `import { createApp, defineTopic } from 'topicwise';
import { z } from 'zod';
const reading = defineTopic('sensors/+id/reading', { payload: z.object({ at: z.date() }) });
export const app = createApp({ connection: 'mqtt://127.0.0.1:1', info: { title: 'Sensors' } });
app.on(reading, function onReading() {});
`;
const warning =
  'warning: The payload of "sensors/+id/reading" can\'t be shown in full: "properties.at" is of type date, which JSON Schema lacks.\n';

async function generate(words: readonly string[], files: Record<string, string> = { 'app.ts': text }) {
  const cwd = applicationFolder(files);
  const host = new RecordingHost(cwd);
  const code = await topicwise(['docs', 'generate', ...words], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text, cwd };
}

it('prints the document, and warns of what a schema can`t show, as a process without a broker', () => {
  const printed = cliProcess('main.ts', ['docs', 'generate', 'app.ts'], {
    cwd: applicationFolder({ 'app.ts': text }),
  });
  expect([printed.code, printed.stderr]).toEqual([0, warning]);
  expect(JSON.parse(printed.stdout)).toMatchObject({
    asyncapi: '3.0.0',
    info: { title: 'Sensors' },
    operations: { onReading: { action: 'receive' } },
  });
});

it('says the same in YAML', async () => {
  const [json, yaml] = [await generate(['app.ts']), await generate(['app.ts', '--format', 'yaml'])];
  expect([yaml.code, yaml.stderr]).toEqual([0, warning]);
  expect(yaml.stdout).toMatch(/^asyncapi: 3\.0\.0\ninfo:\n/);
  expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout));
});

it('quotes what older readers of YAML take for something else', async () => {
  const switched = text.replace('at: z.date()', 'on: z.boolean()');
  const { stdout } = await generate(['app.ts', '--format', 'yaml'], { 'app.ts': switched });
  expect(stdout).toContain('"on":\n          type: boolean\n');
});

it.each([
  ['json', ['-o', 'asyncapi.json'], /^\{\n {2}"asyncapi"/],
  ['yaml', ['-o', 'asyncapi.yaml'], /^asyncapi: /],
  ['yaml', ['-o', 'asyncapi.yml'], /^asyncapi: /],
  ['json', ['-o', 'asyncapi.yaml', '--format', 'json'], /^\{/],
])('writes a file: %s of %j', async (_format, words, start) => {
  const { code, stdout, cwd } = await generate(['app.ts', ...words]);
  expect([code, stdout]).toEqual([0, `written  ${words[1]}\n`]);
  expect(readFileSync(join(cwd, words[1]!), 'utf8')).toMatch(start);
});

describe('the document of examples/', () => {
  const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

  it.each(['first/app.ts', 'sensor-ingest/app.ts', 'discovery/app.ts'])(
    'of %s pleases the official parser, without a warning',
    async (file) => {
      const { code, stdout, stderr } = cliProcess('main.ts', ['docs', 'generate', join(examples, file)]);
      expect([code, stderr]).toEqual([0, '']);
      const document = JSON.parse(stdout) as object;
      expect(Object.keys((document as { operations: object }).operations)).not.toEqual([]);
      expect(await complaintsOf(document)).toEqual([]);
    },
  );
});

describe('ends with 1 and a sentence', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['a missing file', ['ap.ts'], { 'app.ts': text }, 'ap.ts does not exist. Did you mean app.ts?'],
    ['a file that throws', ['app.ts'], { 'app.ts': 'throw new Error("no luck");' }, 'no luck'],
    ['no application', ['app.ts'], { 'app.ts': 'export const a = 1;' }, 'app.ts exports no application'],
    [
      'two applications',
      ['app.ts'],
      { 'app.ts': `${text}export const other = createApp({ connection: 'mqtt://127.0.0.1:1' });` },
      'app.ts exports 2 applications: app, other.',
    ],
    [
      'a folder that does not exist',
      ['app.ts', '-o', 'api/asyncapi.json'],
      { 'app.ts': text },
      "api/asyncapi.json can't be written: its folder does not exist. Name another file with --output.",
    ],
  ])('for %s', async (_what, words, files, sentence) => {
    const { code, stdout, stderr } = await generate(words, files);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^topicwise docs generate: /);
  });

  it('for a folder where the file should be', async () => {
    const cwd = applicationFolder({ 'app.ts': text });
    mkdirSync(join(cwd, 'api'));
    const host = new RecordingHost(cwd);
    expect(await topicwise(['docs', 'generate', 'app.ts', '--output', 'api'], host)).toBe(1);
    expect(host.stderr.text).toContain("api can't be written: it is a folder.");
  });

  it('for YAML where its package is missing', async () => {
    const lookUp = vi.spyOn(installed, 'installedFile').mockReturnValue(undefined);
    afterThisTest(() => lookUp.mockRestore());
    const { code, stderr } = await generate(['app.ts', '--format', 'yaml']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'YAML needs the package yaml, which is not installed. Run npm install --save-dev yaml, or use JSON.',
    );
  });
});

it.each([
  [['app.ts', '--format', 'xml'], "--format takes one of json, yaml, not 'xml'."],
  [['app.ts', '--output', ''], "--output takes the name of a file, such as asyncapi.json, not ''."],
  [['app.ts', '--ouput', 'a'], "'--ouput' is not understood. Did you mean '--output'?"],
  [[], '<entry> is missing: it takes the file that exports the application, such as src/app.ts.'],
])('does not understand %j', async (words, sentence) => {
  const { code, stderr } = await generate(words);
  expect([code, stderr]).toEqual([
    2,
    `topicwise docs generate: ${sentence} See 'topicwise docs generate --help'.\n`,
  ]);
});

it.each(['generate', 'diff', 'serve'])('docs %s explains itself with an example', async (name) => {
  const host = new RecordingHost();
  expect(await topicwise(['docs', name, '--help'], host)).toBe(0);
  expect(host.stdout.text).toContain(`Example: npx topicwise docs ${name} `);
});

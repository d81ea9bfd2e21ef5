import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { asyncapiDocument } from '../../../src/asyncapi/index.js';
import { topicwise } from '../../../src/cli/topicwise.js';
import { type Contract, defineTopic } from '../../../src/contracts/index.js';
import { handling } from '../../asyncapi/describing.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';

const servers = [{ url: 'mqtt://127.0.0.1:1', protocolVersion: '5.0' }];
const documentOf = (...contracts: Contract[]) =>
  asyncapiDocument({ ...handling(...contracts), servers }).document;
const lamps = documentOf(defineTopic('lamps/+id'));
const lampsAndSocks = documentOf(defineTopic('lamps/+id'), defineTopic('socks'));
const files = {
  'lamps.json': JSON.stringify(lamps),
  'lamps.yaml': stringify(lamps),
  'both.yml': stringify(lampsAndSocks),
  'second.json': '{"asyncapi":"2.6.0"}',
  'broken.json': '{"asyncapi":',
  'broken.yaml': 'a: [1',
  'app.ts': `import { createApp } from 'topicwise';
export const app = createApp({ connection: 'mqtt://127.0.0.1:1' });
app.on('lamps/+id', function handle() {});
`,
};

async function diff(...words: string[]) {
  const host = new RecordingHost(applicationFolder(files));
  const code = await topicwise(['docs', 'diff', ...words], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

const isNew = 'receive on "socks": this is new (handle2).';
const isGone = 'receive on "socks": this is gone (handle2).';

it.each([
  ['the same in JSON and YAML', ['lamps.json', 'lamps.yaml'], 'Nothing that others rely on has changed.\n'],
  ['what an application is now', ['lamps.json', 'app.ts'], 'Nothing that others rely on has changed.\n'],
  ['what is new', ['lamps.json', 'both.yml'], `compatible  ${isNew}\n`],
  ['nothing as JSON', ['lamps.json', 'app.ts', '--json'], '{"breaking":[],"compatible":[]}\n'],
])('is content with %s', async (_what, words, stdout) => {
  expect(await diff(...words)).toEqual({ code: 0, stdout, stderr: '' });
});

it('names what breaks and ends with 1, as a process too', async () => {
  const words = ['both.yml', 'lamps.yaml'];
  const told = { code: 1, stdout: `breaking    ${isGone}\n`, stderr: '' };
  expect(await diff(...words)).toEqual(told);
  expect(cliProcess('main.ts', ['docs', 'diff', ...words], { cwd: applicationFolder(files) })).toEqual(told);
  const json = await diff(...words, '--json');
  expect([json.code, JSON.parse(json.stdout)]).toEqual([1, { breaking: [isGone], compatible: [] }]);
});

describe('ends with 1 and a sentence', () => {
  it.each([
    ['no such file', ['lamp.json', 'app.ts'], 'lamp.json does not exist. Did you mean lamps.json?'],
    ['no such folder', ['a/lamps.json', 'app.ts'], 'a/lamps.json does not exist. There is no folder a.'],
    [
      'no such document',
      ['x.yaml', 'app.ts'],
      'x.yaml does not exist. Generate it with topicwise docs generate.',
    ],
    [
      'a folder',
      ['node_modules', 'app.ts'],
      'node_modules is neither a document (.json, .yaml, .yml) nor an application (.ts, .js). Name one of those.',
    ],
    [
      'invalid JSON',
      ['broken.json', 'app.ts'],
      'broken.json is no JSON: Unexpected end of JSON input. Generate it anew with topicwise docs generate.',
    ],
    [
      'invalid YAML',
      ['lamps.json', 'broken.yaml'],
      'broken.yaml is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 6. Generate it anew with topicwise docs generate.',
    ],
    [
      'another version',
      ['second.json', 'lamps.json'],
      "second.json and lamps.json can't be compared: The first document is no AsyncAPI 3 document: it is AsyncAPI 2.6.0.",
    ],
    [
      'another JSON',
      ['lamps.json', 'package.json'],
      "lamps.json and package.json can't be compared: The second document is no AsyncAPI 3 document: it is something else.",
    ],
    [
      'an application that is not there',
      ['lamps.json', 'ap.ts'],
      'ap.ts does not exist. Did you mean app.ts?',
    ],
  ])('for %s', async (_what, words, sentence) => {
    expect(await diff(...words)).toEqual({
      code: 1,
      stdout: '',
      stderr: `topicwise docs diff: ${sentence}\n`,
    });
  });
});

it('does not understand one document alone', async () => {
  const { code, stderr } = await diff('lamps.json');
  expect(code).toBe(2);
  expect(stderr).toMatch(/^topicwise docs diff: <new> is missing: it takes an AsyncAPI 3 document /);
});

import { describe, expect, it } from 'vitest';
import { topicwise } from '../../../src/cli/topicwise.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { cliProcess } from '../../support/cli/process.js';
import { RecordingHost } from '../../support/cli/recording-host.js';

const app = `import { Controller, createApp, drop, Inject, on, Topic } from 'topicwise';

class Repo {
  constructor() {
    throw new Error('The repository was opened');
  }
}

@Controller({ share: 'workers' })
class Sensors {
  constructor(@Inject(Repo) readonly repo: Repo) {}

  @Topic('sensors/+id/reading', { qos: 2, concurrency: { max: 4, order: 'none' }, errors: [on(RangeError, drop())] })
  onReading() {}

  @Topic('lamps/+room')
  onLamp() {}
}

setInterval(() => {}, 1_000);
export const app = createApp({
  connection: 'mqtt://127.0.0.1:1',
  controllers: [Sensors],
  prefix: 'site',
  bind: { room: ['hall', 'attic'] },
});
app.on('sensors/#', function catchAll() {});
`;

const text = `Filter                  QoS  Share    Handler
site/sensors/+/reading  2    workers  Sensors.onReading  app.ts:13
                                      max 4, order none
                                      RangeError: drop
                                      InvalidMessage: reject 0x99
                                      otherwise: retry 3 (100 ms to 2000 ms), then dead-letter
                                      overlaps with catchAll
site/lamps/hall         1    workers  Sensors.onLamp  app.ts:16
site/lamps/attic
                                      max 16, order topic
                                      InvalidMessage: reject 0x99
                                      otherwise: retry 3 (100 ms to 2000 ms), then dead-letter
site/sensors/#          1    -        catchAll  app.ts:27
                                      max 16, order topic
                                      InvalidMessage: reject 0x99
                                      otherwise: retry 3 (100 ms to 2000 ms), then dead-letter
                                      overlaps with Sensors.onReading
`;

describe('as a process', () => {
  it('shows the routes with their lines, builds nothing, connects to nothing, and ends whatever the file keeps open', () => {
    const cwd = applicationFolder({ 'app.ts': app });
    expect(cliProcess('main.ts', ['routes', 'app.ts'], { cwd })).toEqual({
      code: 0,
      stdout: text,
      stderr: '',
    });
  });

  it.each<[what: string, files: Record<string, string>, sentence: RegExp]>([
    [
      'what the file throws',
      { 'app.ts': "throw new Error('No DATABASE_FILE.');" },
      /^topicwise routes: app\.ts could not be loaded: No DATABASE_FILE\. It was thrown at app\.ts:1\.\n$/,
    ],
    [
      'P6: that modules import each other',
      {
        'app.ts': "import './a.js';",
        'a.ts': "import { B } from './b.js'; export class A {} new B();",
        'b.ts': "import { A } from './a.js'; export class B extends A {}",
      },
      /^topicwise routes: app\.ts could not be loaded: Cannot access 'A' before initialization\. Its modules import each other: a\.ts -> b\.ts -> a\.ts\. [^\n]+\n$/,
    ],
    [
      'P2: that decorators are not switched on',
      {
        'app.ts': app.replace('@Inject(Repo) readonly repo: Repo', ''),
        'tsconfig.json': '{"include":["src"]}',
      },
      /^topicwise routes: app\.ts could not be compiled: its decorators are not switched on\. [^\n]+\n$/,
    ],
    [
      'that it runs when it is loaded',
      { 'app.ts': `${app}await app.run();` },
      /^topicwise routes: app\.ts starts its application as soon as it is loaded\. [^\n]+\n$/,
    ],
  ])('says in one sentence %s', (_what, files, sentence) => {
    const { code, stdout, stderr } = cliProcess('main.ts', ['routes', 'app.ts'], {
      cwd: applicationFolder(files),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});

const simple = `import { createApp } from 'topicwise';
export const app = createApp({ connection: 'mqtt://127.0.0.1:1', bind: { id: [] } });
app.on('a/+id', function onAny() {}, { share: 's' });
`;

async function running(files: Record<string, string>, ...words: string[]) {
  const host = new RecordingHost(applicationFolder(files));
  const code = await topicwise(['routes', ...words], host);
  return { code, stdout: host.stdout.text, stderr: host.stderr.text };
}

it('prints what app.routes() returns as JSON', async () => {
  const { code, stdout } = await running({ 'app.mjs': simple }, 'app.mjs', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    {
      handler: 'onAny',
      pattern: 'a/+id',
      filter: 'a/+',
      filters: [],
      bound: { id: [] },
      qos: 1,
      share: 's',
      source: expect.stringMatching(/app\.mjs:3$/),
      overlaps: [],
      concurrency: 'max 16, order topic',
      errors: ['InvalidMessage: reject 0x99', 'otherwise: retry 3 (100 ms to 2000 ms), then dead-letter'],
    },
  ]);
});

it('shows a route that is bound to nothing', async () => {
  expect((await running({ 'app.mjs': simple }, 'app.mjs')).stdout).toContain(
    'a/+ (bound to nothing)  1    s      onAny',
  );
});

it.each<[what: string, code: number, words: string[], files: Record<string, string>, sentence: string]>([
  ['a missing file', 1, ['ap.mjs'], { 'app.mjs': simple }, 'ap.mjs does not exist. Did you mean app.mjs?'],
  [
    'no application',
    1,
    ['app.mjs'],
    { 'app.mjs': '' },
    "app.mjs exports no application. Write 'export const app = createApp({ ... })' in it, or name the file that does.",
  ],
  [
    'two applications',
    1,
    ['app.mjs'],
    { 'app.mjs': `${simple}export const b = createApp({ connection: 'mqtt://x' });` },
    'app.mjs exports 2 applications: app, b. Say which with --app app.',
  ],
  [
    'no word',
    2,
    [],
    {},
    "<entry> is missing: it takes the file that exports the application, such as src/app.ts. See 'topicwise routes --help'.",
  ],
  [
    'an unknown option',
    2,
    ['app.mjs', '--jsn'],
    {},
    "'--jsn' is not understood. Did you mean '--json'? See 'topicwise routes --help'.",
  ],
])('refuses %s with a sentence', async (_what, code, words, files, sentence) => {
  expect(await running(files, ...words)).toEqual({
    code,
    stdout: '',
    stderr: `topicwise routes: ${sentence}\n`,
  });
});

it('explains itself with an example', async () => {
  expect((await running({}, '--help')).stdout).toContain('Example: npx topicwise routes src/app.ts\n');
});

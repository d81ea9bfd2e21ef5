import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/cli/command.js';
import { contractNamed } from '../../../src/cli/entry/contracts.js';
import { loadEntry } from '../../../src/cli/entry/load-entry.js';
import { applicationFolder } from '../../support/cli/application-folder.js';
import { RecordingHost } from '../../support/cli/recording-host.js';

const create = `import { createApp, defineTopic } from 'topicwise';
const make = () => {
  const app = createApp({ connection: 'mqtt://127.0.0.1:1' });
  app.on('a/+', function onAny() {});
  return app;
};
`;

const load = (files: Record<string, string>, file = 'app.ts', app?: string) =>
  loadEntry(file, new RecordingHost(applicationFolder(files)), { app });

describe('the application', () => {
  it.each([
    ['a named export', 'export const app = make();'],
    ['the default export', 'export default make();'],
    ['a promise of it', 'export const app = Promise.resolve(make());'],
    ['exported twice', 'const app = make(); export { app }; export default app;'],
    ['in JavaScript', 'export const app = make();', 'app.mjs'],
  ])('is %s', async (_how, text, file = 'app.ts') => {
    const { app, routes } = await load({ [file]: `${create}${text}` }, file);
    expect(app.options.connection).toBe('mqtt://127.0.0.1:1');
    expect(routes.map(({ name }) => name)).toEqual(['onAny']);
  });

  it('of two is the one with the name', async () => {
    const text = `${create}export const one = make(); export const two = make(); two.on('b', function onB() {});`;
    const { routes } = await load({ 'app.ts': text }, 'app.ts', 'two');
    expect(routes.map(({ name }) => name)).toEqual(['onAny', 'onB']);
  });
});

describe('the contracts', () => {
  const text = `${create}
export const reading = defineTopic('sensors/+id/reading', { codec: 'json' });
const titled = defineTopic('lamps/+id', { title: 'lamp' });
const sent = defineTopic('alarms/+id');
const app = make();
app.on(reading, function onReading() {});
app.on(titled, function onLamp() {}, { sends: [sent] });
export { app };`;

  it('go by the name of the export, else by the title, else by the pattern', async () => {
    const { contracts } = await load({ 'app.ts': text });
    expect([...contracts].map(([name, { pattern }]) => [name, pattern])).toEqual([
      ['reading', 'sensors/+id/reading'],
      ['a/+', 'a/+'],
      ['lamp', 'lamps/+id'],
      ['alarms/+id', 'alarms/+id'],
    ]);
  });

  it('have a nearest name where one is unknown', async () => {
    const { contracts } = await load({ 'app.ts': text });
    expect(contractNamed(contracts, 'lamp').pattern).toBe('lamps/+id');
    expect(() => contractNamed(contracts, 'readnig')).toThrow(
      new Failure("No contract is called 'readnig'. Did you mean 'reading'?"),
    );
    expect(() => contractNamed(contracts, 'x')).toThrow(
      "No contract is called 'x'. There are 'reading', 'a/+', 'lamp', 'alarms/+id'.",
    );
  });
});

describe('one sentence says', () => {
  it.each<[what: string, files: Record<string, string>, file: string, sentence: RegExp, app?: string]>([
    [
      'that the file is missing, with the nearest',
      { 'app.ts': create },
      'ap.ts',
      /^ap\.ts does not exist\. Did you mean app\.ts\?$/,
    ],
    [
      'that the folder is missing',
      {},
      'dist/app.js',
      /^dist\/app\.js does not exist: there is no folder dist\. Build the application, or name its file\.$/,
    ],
    ['that it is a folder', { 'src/app.ts': '' }, 'src', /^src is no file\./],
    [
      'that nothing is exported',
      { 'app.ts': create },
      'app.ts',
      /^app\.ts exports no application\. Write 'export const app = /,
    ],
    [
      'what is exported instead',
      { 'app.ts': `${create}export const x = 1;` },
      'app.ts',
      /^app\.ts exports no application, but x\. /,
    ],
    [
      'that two are exported',
      { 'app.ts': `${create}export const a = make(); export const b = make();` },
      'app.ts',
      /^app\.ts exports 2 applications: a, b\. Say which with --app a\.$/,
    ],
    [
      'that the name is unknown',
      { 'app.ts': `${create}export const main = make();` },
      'app.ts',
      /^app\.ts exports no 'mian'\. Did you mean --app main\?$/,
      'mian',
    ],
    [
      'that the name is of something else',
      { 'app.ts': 'export const x = 1;' },
      'app.ts',
      /^'x' of app\.ts is no application\./,
      'x',
    ],
    [
      'why a promise was rejected',
      { 'app.ts': "export const app = Promise.reject(new Error('no'));" },
      'app.ts',
      /^'app' of app\.ts is a promise that was rejected: no$/,
    ],
    [
      'what the file throws, and where',
      { 'app.ts': "\nthrow new Error('boom');" },
      'app.ts',
      /^app\.ts could not be loaded: boom\. It was thrown at app\.ts:2\.$/,
    ],
    [
      'what the file throws that is no error',
      { 'app.ts': 'throw 7;' },
      'app.ts',
      /^app\.ts could not be loaded: it throws 7\.$/,
    ],
    [
      'that it starts when it is loaded',
      { 'app.ts': `${create}export const app = make(); await app.start();` },
      'app.ts',
      /^app\.ts starts its application as soon as it is loaded\./,
    ],
    [
      'what keeps the application from starting',
      {
        'app.ts':
          "import { createApp } from 'topicwise'; export const app = createApp({ connection: 'mqtt://x' });",
      },
      'app.ts',
      /^The application of app\.ts can't start: The application has no controllers/,
    ],
  ])('%s', async (_what, files, file, sentence, app) => {
    const error = await load(files, file, app).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).message).toMatch(sentence);
  });
});

import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/cli/command.js';
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
      'that the application is of another copy',
      {
        'app.ts': 'export const app = { start() {}, stop() {}, run() {}, routes() {}, publisher: {} };',
      },
      'app.ts',
      /^'app' of app\.ts was made by another copy of topicwise than the one whose command this is\. Run the command /,
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

it('one sentence says that TypeScript needs tsx, which is not there', async () => {
  const host = new RecordingHost(applicationFolder({ 'src/app.ts': create }, { without: 'tsx' }));
  await expect(loadEntry('src/app.ts', host)).rejects.toThrow(
    new Failure(
      "src/app.ts is TypeScript, and the package tsx, which runs it, is not installed beside it. Run 'npm install --save-dev tsx', or name the file that the compiler made of it.",
    ),
  );
});

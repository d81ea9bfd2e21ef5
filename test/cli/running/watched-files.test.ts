import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WatchedFiles } from '../../../src/cli/running/watched-files.js';
import { temporaryFolder } from '../../support/cli/temporary-folder.js';
import { afterThisTest } from '../../support/transports/servers.js';

/** A folder with app.ts, and the next change that is told of. */
function watching(...files: string[]) {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  writeFileSync(path('app.ts'), '1');
  const told: string[] = [];
  let next = () => {};
  const subject = new WatchedFiles((file) => {
    told.push(file.slice(folder.length + 1));
    next();
  });
  afterThisTest(() => subject.close());
  subject.add(['app.ts', ...files].map(path));
  const until = async (name: string) => {
    while (!told.includes(name)) await new Promise<void>((resolve) => (next = resolve));
    return told;
  };
  return { path, until, told, subject };
}

it.each<[what: string, change: (path: (name: string) => string) => void]>([
  ['written', (path) => writeFileSync(path('app.ts'), '22')],
  ['removed', (path) => rmSync(path('app.ts'))],
  [
    'replaced, as editors do',
    (path) => {
      writeFileSync(path('app.ts~'), '22');
      renameSync(path('app.ts~'), path('app.ts'));
    },
  ],
])('tells of a file that is %s', async (_what, change) => {
  const { path, until } = watching();
  change(path);
  expect(await until('app.ts')).toEqual(['app.ts']);
});

it('tells of a file that was missing, under the name that its import left away', async () => {
  const { path, until } = watching('late.js');
  writeFileSync(path('late.ts'), '1');
  expect(await until('late.ts')).toContain('late.ts');
});

it('tells nothing of other files, of reading, and of folders that are not there', async () => {
  const { path, until, subject } = watching('gone/away.ts');
  writeFileSync(path('data.json'), '1');
  writeFileSync(path('app.test.ts'), '1');
  readFileSync(path('app.ts'));
  mkdirSync(path('app'));
  subject.add([path('last.ts')]);
  writeFileSync(path('last.ts'), '1');
  expect(await until('last.ts')).toEqual(['last.ts']); // the system tells in order
});

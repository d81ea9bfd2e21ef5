import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { importCircle } from '../../../src/app/injection/import-circle.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function circleIn(files: Record<string, string>): Promise<readonly string[] | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'circle-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return importCircle(join(folder, Object.keys(files)[0] ?? ''));
}

it.each([
  ['two', { 'a.ts': "import { B } from './b.js';", 'b.ts': "import { A } from './a.js';" }, 'a.ts b.ts a.ts'],
  [
    'built ones',
    { 'a.js': 'import {\n  B,\n} from "./b.js";', 'b.js': 'import {A} from "./a.js"' },
    'a.js b.js a.js',
  ],
  ['one that imports itself', { 'a.ts': "import { A } from './a.js';" }, 'a.ts a.ts'],
  [
    'one behind what was asked for, over an index and an import for its effect',
    {
      'a.ts': "import './deep';",
      'deep/index.ts': "export * from '../b';",
      'b.ts': "import './deep/index.js';",
    },
    'deep/index.ts b.ts deep/index.ts',
  ],
])('finds a circle of %s', async (_, files, circle) => {
  expect((await circleIn(files as Record<string, string>))?.join(' ')).toBe(circle);
});

it.each([
  ['types', { 'a.ts': "import { B } from './b.js';", 'b.ts': "import type { A } from './a.js';" }],
  ['comments', { 'a.ts': "import { B } from './b.js';", 'b.ts': "// import { A } from './a.js';" }],
  [
    'two ways to one module',
    { 'a.ts': "import './b.js';\nimport './c.js';", 'b.ts': "import './c.js';", 'c.ts': '' },
  ],
  ['what is not there, or not ours', { 'a.ts': "import './gone.js';\nimport 'tsyringe';" }],
])('finds none in %s', async (_, files) => {
  expect(await circleIn(files as Record<string, string>)).toBeUndefined();
});

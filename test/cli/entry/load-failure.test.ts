import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadFailure } from '../../../src/cli/entry/load-failure.js';
import { applicationFolder } from '../../support/cli/application-folder.js';

const circle = {
  'app.ts': "import './a.js';",
  'a.ts': "import { B } from './b.js';",
  'b.ts': "import { A } from './a.js';",
};

const transformed = (text: string) =>
  Object.assign(new Error(`Transform failed with 1 error:\n/home/me/app.ts:3:4: ERROR: ${text}`), {
    name: 'TransformError',
  });

it.each<[what: string, error: unknown, sentence: string]>([
  [
    'P6: a circle of modules, with its path',
    new ReferenceError("Cannot access 'A' before initialization"),
    "app.ts could not be loaded: Cannot access 'A' before initialization. Its modules import each other: a.ts -> b.ts -> a.ts. Turn emitDecoratorMetadata off and write @Inject(() => TheClass), which reads the class once all are loaded.",
  ],
  [
    'P2: decorators that are not switched on',
    transformed('Parameter decorators only work when experimental decorators are enabled'),
    'app.ts could not be compiled: its decorators are not switched on. Write "experimentalDecorators": true into the tsconfig.json that covers the file, and see that its "include" names the folder.',
  ],
  [
    'a mistake in the grammar, with its place',
    transformed('Expected ";" but found "x"'),
    'app.ts could not be compiled: /home/me/app.ts:3:4: Expected ";" but found "x"',
  ],
  [
    'a package that is missing',
    Object.assign(new Error("Cannot find package 'zod' imported from /home/me/app.ts"), {
      code: 'ERR_MODULE_NOT_FOUND',
      stack: '',
    }),
    "app.ts could not be loaded: Cannot find package 'zod' imported from /home/me/app.ts. Install it with 'npm install zod'.",
  ],
  ['what is no error', undefined, 'app.ts could not be loaded: it throws undefined.'],
])('tells %s', async (_what, error, sentence) => {
  const cwd = applicationFolder(circle);
  expect((await loadFailure(error, join(cwd, 'app.ts'), { shown: 'app.ts', cwd })).message).toBe(sentence);
});

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

const manifest = {
  name: 'topicwise',
  type: 'module',
  exports: { '.': './src/index.ts', './client': './src/client/index.ts' },
};
const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    experimentalDecorators: true,
  },
  include: ['**/*'],
};

/** The folder of an application, in which `topicwise` is these sources, and every other package that of this repository; removed after the test. */
export function applicationFolder(
  files: Readonly<Record<string, string>>,
  { without }: { readonly without?: string } = {},
): string {
  const folder = temporaryFolder();
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, 'topicwise'), { recursive: true });
  writeFileSync(join(packages, 'topicwise/package.json'), JSON.stringify(manifest));
  symlinkSync(join(repository, 'src'), join(packages, 'topicwise/src'));
  const linked = ['tsx', 'zod', 'reflect-metadata', 'tsyringe', 'typescript'];
  for (const name of linked.filter((each) => each !== without))
    symlinkSync(join(repository, 'node_modules', name), join(packages, name));
  const written = {
    'package.json': '{"type":"module"}',
    'tsconfig.json': JSON.stringify(tsconfig),
    ...files,
  };
  for (const [name, text] of Object.entries(written)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

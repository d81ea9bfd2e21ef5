import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { templateNames } from '../../src/cli/scaffold/templates.js';
import { own, PackedPackage, readManifest, runScript } from '../support/templates/packed.js';

const everyFile = [
  '.dockerignore',
  '.env.example',
  '.github/workflows/ci.yml',
  '.gitignore',
  'Dockerfile',
  'README.md',
  'biome.json',
  'compose.yaml',
  'mosquitto.conf',
  'package.json',
  'src/app.ts',
  'src/env.ts',
  'src/main.ts',
  'test/env.test.ts',
  'tsconfig.build.json',
  'tsconfig.json',
  'vitest.config.ts',
];

let packed: PackedPackage;
beforeAll(() => {
  packed = new PackedPackage();
}, 120_000);
afterAll(() => packed?.[Symbol.dispose]());

describe.each(templateNames)('the template %s, from the packed package', (template) => {
  let app: string;
  beforeAll(() => {
    app = join(packed.folder, `a-${template}`);
    const words = ['new', `a-${template}`, '--template', template, '--no-install', '--no-git', '--yes'];
    const { status, stderr } = packed.run('topicwise', words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    packed.install(app);
  });

  it('has everything that an application needs', () => {
    for (const file of everyFile) expect(existsSync(join(app, file)), file).toBe(true);
  });

  it('is called as it was named, and takes the package in the version that made it', () => {
    const manifest = readManifest(app);
    expect(manifest.name).toBe(`a-${template}`);
    expect(manifest.dependencies?.['topicwise']).toBe(`^${own.version}`);
    expect(manifest.engines).toEqual(own.engines);
    for (const file of ['README.md', '.env.example', 'src/env.ts'])
      expect(readFileSync(join(app, file), 'utf8')).not.toContain('my-app');
  });

  it('depends on nothing but what the project is tested with', () => {
    const { dependencies = {}, devDependencies = {} } = readManifest(app);
    const { topicwise: _, ...others } = { ...dependencies, ...devDependencies };
    expect({ ...own.dependencies, ...own.devDependencies }).toMatchObject(others);
  });

  it.each(['controller', 'contract', 'middleware'])('takes a generated %s', (kind) => {
    const { status, stdout, stderr } = packed.run(
      'topicwise',
      ['generate', kind, 'made-here', '--json'],
      app,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const changed = kind === 'contract' ? [] : ['src/app.ts'];
    expect(JSON.parse(stdout)).toMatchObject({ changed, todo: [] });
  });

  it.each(['lint', 'typecheck', 'test', 'build'])(
    'passes npm run %s',
    (script) => {
      const { code, output } = runScript(app, script);
      expect(code, output).toBe(0);
    },
    120_000,
  );
});

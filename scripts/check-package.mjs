// Packs the package, puts it in front of a consumer in an empty folder, and lets that consumer import every entry
// point, type-check against them, and run the command. What the consumer gets is what npm would install.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const mostPackages = 25;
/** Entry points that need an optional peer: which, and a program that names what they add. */
const needing = {
  'topicwise/opentelemetry': {
    peer: '@opentelemetry/api',
    program: `import { createApp } from 'topicwise';
import { openTelemetry } from 'topicwise/opentelemetry';
createApp({ connection: 'mqtt://localhost', middleware: [openTelemetry()] });
`,
  },
  'topicwise/testing/vitest': {
    peer: 'vitest',
    program: `import { FakeBroker } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { expect } from 'vitest';
export const use = () => expect(new FakeBroker()).not.toHaveAcked('a');
`,
  },
};
const project = resolve(import.meta.dirname, '..');
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const consumer = mkdtempSync(join(tmpdir(), 'topicwise-consumer-'));
const run = (program, words) => execFileSync(program, words, { cwd: consumer, encoding: 'utf8' });

try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', consumer], {
      cwd: project,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const installed = installedPackages();
  for (const path of installed) link(path);
  const home = join(consumer, 'node_modules', 'topicwise');
  mkdirSync(home, { recursive: true });
  run('tar', ['-xzf', filename, '-C', home, '--strip-components=1']);

  const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
  const all = entries.map((entry) => entry.replace(/^\./, 'topicwise'));
  const names = all.filter((name) => !(name in needing));
  const imports = names.map((name, i) => `import * as entry${i} from '${name}';`).join('\n');
  const uses = names.map(
    (_, i) => `if (Object.keys(entry${i}).length === 0) throw new Error('an entry point is empty');`,
  );
  const program = `${imports}\n${uses.join('\n')}\n`;
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(consumer, 'consumer.mjs'), program);
  writeFileSync(join(consumer, 'consumer.ts'), program);
  run(process.execPath, ['consumer.mjs']);

  typeCheck();

  for (const [name, { peer, program: use }] of Object.entries(needing)) {
    if (!all.includes(name)) throw new Error(`${name} is no entry point any more`);
    link(join(project, 'node_modules', peer));
    writeFileSync(join(consumer, 'consumer.mjs'), use);
    writeFileSync(join(consumer, 'consumer.ts'), use);
    run(process.execPath, ['consumer.mjs']);
    typeCheck();
  }

  const version = run(process.execPath, [join(home, manifest.bin.topicwise), '--version']).trim();
  if (version !== manifest.version)
    throw new Error(`topicwise --version printed '${version}', not ${manifest.version}`);
  const count = installed.length + 1;
  if (count > mostPackages) throw new Error(`an install takes ${count} packages, more than ${mostPackages}`);
  console.log(
    `package: ${all.join(', ')} resolve, types and command too; an install takes ${count} packages`,
  );
} catch (error) {
  console.error(`${error.message}\n${error.stdout ?? ''}`);
  process.exitCode = 1;
} finally {
  rmSync(consumer, { recursive: true });
}

function typeCheck() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const settings = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom,esnext.disposable'];
    run(process.execPath, [
      tsc,
      ...settings,
      ...[
        '--types',
        'node',
        '--experimentalDecorators',
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
      ],
      'consumer.ts',
    ]);
  }
}

/**
 * The folders of everything that `npm install topicwise zod` brings, found in the project's own install. The optional peers stay
 * away: nothing may need them before it is used.
 */
function installedPackages() {
  const found = new Set();
  const visit = (folder, names) => {
    for (const name of names) {
      const path = nearest(name, folder);
      if (found.has(path)) continue;
      found.add(path);
      visit(
        path,
        Object.keys(JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).dependencies ?? {}),
      );
    }
  };
  const optional = Object.keys(manifest.peerDependenciesMeta).filter((name) => name !== 'zod');
  const peers = Object.keys(manifest.peerDependencies).filter((name) => !optional.includes(name));
  visit(project, [...Object.keys(manifest.dependencies), ...peers]);
  return [...found];
}

/** Where Node finds a package from `folder`: in its node_modules or in those above. */
function nearest(name, folder) {
  const path = join(folder, 'node_modules', name);
  if (existsSync(path)) return path;
  if (folder === dirname(folder)) throw new Error(`${name} is not installed; run npm ci`);
  return nearest(name, dirname(folder));
}

function link(path) {
  const target = join(consumer, path.slice(project.length + 1));
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(path, target);
}

// Runs one small application (scripts/matrix) through every build tool that our users have, each with decorator metadata and without it. The
// package is installed from its tarball, and the tools from the registry, into an empty folder. Usage: npm run check:matrix, which builds before.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';

const project = resolve(import.meta.dirname, '..');
const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
const folder = mkdtempSync(join(tmpdir(), 'topicwise-matrix-'));
const node = (...words) => [process.execPath, words];
const execute = promisify(execFile);

/** Whether a tool emits metadata when it is asked to, whether it leaves Node to load the modules, and how it runs the application. */
const tools = {
  tsc: { emits: true, isNode: true, commands: [node(tsc, '-p', '.'), node('dist/main.js')] },
  tsx: { emits: false, isNode: true, commands: [node('--import', 'tsx', 'src/main.ts')] },
  'oxc-node': {
    emits: true,
    isNode: true,
    commands: [node('--import', '@oxc-node/core/register', 'src/main.ts')],
  },
  'swc-node': {
    emits: true,
    isNode: true,
    commands: [node('--import', '@swc-node/register/esm-register', 'src/main.ts')],
  },
  vitest: {
    emits: true,
    isNode: false,
    commands: [node('../node_modules/vitest/vitest.mjs', 'run', '--dir', 'src')],
  },
};
/** The API of TypeScript that swc-node needs went with TypeScript 6. */
const installed = [
  ...['tsyringe', 'reflect-metadata', 'zod', 'tsx', 'vitest', 'vite', '@types/node'].map(
    (name) => `${name}@${devDependencies[name]}`,
  ),
  '@oxc-node/core@^0.1.7',
  '@swc-node/register@^1.12.1',
  '@swc/core@^1.16.0',
  'typescript@^5.9.0',
];
const unbuilt =
  'PlainController: constructor parameter 0 (repository) has no injection token. This build emits no decorator metadata. Write @Inject(TheClass) in front of it, or give it a default.';

try {
  install();
  for (const metadata of [true, false]) prepare(metadata);
  const findings = [];
  for (const [tool, settings] of Object.entries(tools)) {
    // One on each core.
    findings.push(
      ...(await Promise.all([true, false].map((metadata) => check(tool, settings, metadata)))).flat(),
    );
  }
  if (findings.length > 0) throw new Error(findings.join('\n'));
  console.log(`matrix: ${Object.keys(tools).join(', ')} run the application, with metadata and without`);
} catch (error) {
  console.error(`${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

function install() {
  const quiet = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(execFileSync('npm', pack, { ...quiet, cwd: project }));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const words = ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`, ...installed];
  execFileSync('npm', words, { ...quiet, cwd: folder });
}

function homeOf(metadata) {
  return join(folder, metadata ? 'with-metadata' : 'without-metadata');
}

function prepare(metadata) {
  const home = homeOf(metadata);
  mkdirSync(home);
  cpSync(join(project, 'scripts', 'matrix'), join(home, 'src'), { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    types: ['node'],
    strict: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: metadata,
    rootDir: 'src',
    outDir: 'dist',
  };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
}

/** What is wrong with what the tool makes of the application. */
async function check(tool, { emits, isNode, commands }, metadata) {
  const cwd = homeOf(metadata);
  const name = `${tool} ${metadata ? 'with' : 'without'} metadata`;
  const path = join(cwd, 'report.json');
  rmSync(path, { force: true });
  try {
    for (const [program, words] of commands) await execute(program, words, { cwd, encoding: 'utf8' });
  } catch (error) {
    return [`${name}: ${error.message}\n${error.stdout}`];
  }
  const lines = JSON.parse(readFileSync(path, 'utf8'));
  const circle = lines.pop();
  const expected = [
    '7: 21 C of 30',
    'sensors/7/audit, over: false',
    'message: undefined',
    `plain: ${emits && metadata ? '1 route' : unbuilt}`,
  ];
  const findings = [];
  if (!isDeepStrictEqual(lines, expected)) findings.push(`${name}: ${JSON.stringify(lines)}`);
  // Metadata reads the class while its module is still loading; Vitest alone hands out undefined then.
  const wanted =
    emits && metadata && isNode
      ? /before initialization\. Its modules import each other: lamp\.[jt]s -> switch\.[jt]s -> lamp\.[jt]s\./
      : /^circle: Lamp -> Switch -> Lamp: these need each other to be built\./;
  if (!wanted.test(circle)) findings.push(`${name}: ${circle}`);
  return findings;
}

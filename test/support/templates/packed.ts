import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const tsc = join(project, 'node_modules/typescript/bin/tsc');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The manifest of the project itself. */
export const own = readManifest(project);

/** The package as a user gets it: built anew, packed, and installed by npm in a folder of its own. */
export class PackedPackage implements Disposable {
  /** Where it is installed, and where applications are made. */
  readonly folder = mkdtempSync(join(tmpdir(), 'topicwise-packed-'));
  readonly #tarball: string;

  constructor() {
    const built = join(this.folder, 'built');
    mkdirSync(built);
    for (const each of ['package.json', 'README.md', 'LICENSE', 'src', 'templates'])
      cpSync(join(project, each), join(built, each), { recursive: true });
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')], {
      cwd: project,
    });
    const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', this.folder];
    const packed = execFileSync('npm', words, {
      cwd: built,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
    this.#tarball = join(this.folder, filename);
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true }');
    this.install(this.folder);
  }

  /** Runs one of the package's own commands. */
  run(bin: string, words: readonly string[], cwd = this.folder): SpawnSyncReturns<string> {
    const command = join(this.folder, 'node_modules/.bin', bin);
    return spawnSync(command, words, { cwd, encoding: 'utf8', env: cleanEnv() });
  }

  /** What `npm install` does in an application, once this package is published: everything that its manifest names, this package as it was packed. */
  install(app: string): void {
    const words = ['install', '--no-save', '--prefer-offline', '--no-audit', '--no-fund', this.#tarball];
    const { status, stdout, stderr } = spawnSync('npm', words, {
      cwd: app,
      encoding: 'utf8',
      env: cleanEnv(),
    });
    if (status !== 0) throw new Error(`npm install failed in ${app}:\n${stdout}${stderr}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs a script of an application's manifest. */
export function runScript(
  app: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): { code: number | null; output: string } {
  const words = ['run', '--silent', script];
  const { status, stdout, stderr } = spawnSync('npm', words, {
    cwd: app,
    encoding: 'utf8',
    env: { ...cleanEnv(), ...env },
  });
  return { code: status, output: `${stdout}${stderr}` };
}

/** The environment without what this test run has put there, and without the project's own commands. */
export function cleanEnv(): NodeJS.ProcessEnv {
  const ours =
    /^(VITEST|VITE_|NODE_ENV|NODE_OPTIONS|NODE_V8_COVERAGE|npm_|TEST$|PROD$|DEV$|MODE$|SSR$|BASE_URL$|FORCE_COLOR)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((each) => !each.includes('node_modules'))
    .join(delimiter);
  return { ...env, PATH: path, NO_COLOR: '1' };
}

import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const tsc = join(project, 'node_modules/typescript/bin/tsc');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** The manifest of the project itself. */
export const own = readManifest(project);

/** The package as npm would install it: built anew, packed, and unpacked in a folder of its own. */
export class PackedPackage implements Disposable {
  /** Where it is unpacked, and where applications are made. */
  readonly folder = mkdtempSync(join(tmpdir(), 'topicwise-packed-'));
  readonly #home = join(this.folder, 'package');

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
    execFileSync('tar', ['-xzf', filename], { cwd: this.folder });
    this.#link(this.folder, this.#dependencies());
  }

  /** Runs one of the package's own commands. */
  run(bin: string, words: readonly string[], cwd = this.folder): SpawnSyncReturns<string> {
    const { bin: bins } = readManifest(this.#home);
    const path = typeof bins === 'object' ? bins[bin] : undefined;
    if (path === undefined) throw new Error(`the package has no command ${bin}`);
    return spawnSync(process.execPath, [join(this.#home, path), ...words], {
      cwd,
      encoding: 'utf8',
      env: cleanEnv(),
    });
  }

  /** Gives an application what its manifest names, and nothing else: this package, and the rest from the project's own install. */
  install(app: string): void {
    const { dependencies = {}, devDependencies = {} } = readManifest(app);
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== own.name);
    cpSync(this.#home, join(app, 'node_modules', own.name), { recursive: true });
    this.#link(app, [...names, ...this.#dependencies()]);
    this.#linkCommands(app, [...names, own.name]);
  }

  /** What npm puts beside it: its dependencies and the peers that are not optional. */
  #dependencies(): readonly string[] {
    const { dependencies = {} } = readManifest(this.#home);
    return [...Object.keys(dependencies), 'reflect-metadata', 'tsyringe'];
  }

  #link(folder: string, names: Iterable<string>): void {
    for (const name of new Set(names)) {
      const target = join(project, 'node_modules', name);
      if (!existsSync(target)) throw new Error(`${name} is not installed in the project`);
      const path = join(folder, 'node_modules', name);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(target, path);
    }
  }

  #linkCommands(app: string, names: readonly string[]): void {
    const modules = join(app, 'node_modules');
    mkdirSync(join(modules, '.bin'));
    for (const name of names) {
      const { bin = {} } = readManifest(join(modules, name));
      const bins = typeof bin === 'string' ? { [name.replace(/^@.*\//, '')]: bin } : bin;
      for (const [command, path] of Object.entries(bins))
        symlinkSync(join(modules, name, path), join(modules, '.bin', command));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs a script of an application's manifest. */
export function runScript(app: string, script: string): { code: number | null; output: string } {
  const words = ['run', '--silent', script];
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: app, encoding: 'utf8', env: cleanEnv() });
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

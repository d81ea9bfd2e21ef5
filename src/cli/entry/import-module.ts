import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '../command.js';
import type { Host } from '../host.js';
import { nearest } from '../nearest.js';
import { loadFailure } from './load-failure.js';

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/** Imports a file of the user's into this process: TypeScript through the tsx that is installed beside it. Throws a Failure. */
export async function importModule(shown: string, { cwd }: Pick<Host, 'cwd'>): Promise<Exports> {
  const file = resolve(cwd, shown);
  checkFile(file, shown);
  if (/\.[cm]?tsx?$/.test(file)) await registerTsx(file, shown);
  try {
    // A module's namespace is an object with its exports.
    return flat((await import(pathToFileURL(file).href)) as Exports);
  } catch (error) {
    throw await loadFailure(error, file, { shown, cwd });
  }
}

/** What a compiler made CommonJS of comes as the default export. */
function flat(exports: Exports): Exports {
  const inner = exports['default'];
  return typeof inner === 'object' && inner !== null && '__esModule' in inner ? { ...inner } : exports;
}

/** Throws a Failure for a file that is not there. */
export function checkFile(file: string, shown: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) {
    throw new Failure(
      `${shown} does not exist: there is no folder ${dirname(shown)}. Build the application, or name its file.`,
    );
  }
  if (!existsSync(file)) {
    const near = nearest(basename(file), readdirSync(folder));
    const hint =
      near === undefined
        ? 'Name the file that exports the application.'
        : `Did you mean ${join(dirname(shown), near)}?`;
    throw new Failure(`${shown} does not exist. ${hint}`);
  }
  if (!statSync(file).isFile())
    throw new Failure(`${shown} is no file. Name the file that exports the application.`);
}

/** tsx's own way to be loaded by a program: https://tsx.hirok.io/dev-api/. */
interface TsxApi {
  register(options?: { readonly tsconfig?: string }): unknown;
}

const registered = new Set<string>();

/** It stays for what the module imports later. */
async function registerTsx(file: string, shown: string): Promise<void> {
  const tsconfig = nearestTsconfig(file);
  const key = String(tsconfig);
  if (registered.has(key)) return;
  const { cjs, esm } = await tsxBeside(file, shown);
  // It takes no tsconfig, and each further time would go through all the earlier ones at every require.
  if (registered.size === 0) cjs.register();
  registered.add(key);
  esm.register(tsconfig === undefined ? {} : { tsconfig });
}

async function tsxBeside(
  file: string,
  shown: string,
): Promise<{ readonly cjs: TsxApi; readonly esm: TsxApi }> {
  const require = createRequire(file);
  let manifest: string;
  try {
    manifest = require.resolve('tsx/package.json');
  } catch {
    throw new Failure(
      `${shown} is TypeScript, and the package tsx, which runs it, is not installed beside it. Run 'npm install --save-dev tsx', or name the file that the compiler made of it.`,
    );
  }
  // Its CommonJS form of the one can't find its own files, and there is no other way to resolve as import does, from a folder that is not this file's.
  const { exports } = require(manifest) as { exports: Record<string, { import: { default: string } }> };
  const api = (name: './cjs/api' | './esm/api'): Promise<TsxApi> =>
    import(/* @vite-ignore */ pathToFileURL(join(dirname(manifest), exports[name]!.import.default)).href);
  return { cjs: await api('./cjs/api'), esm: await api('./esm/api') };
}

/** Whose settings hold for the file, wherever the command was called. */
function nearestTsconfig(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const candidate = join(folder, 'tsconfig.json');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

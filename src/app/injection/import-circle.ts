import { readFile } from 'node:fs/promises';
import { dirname, extname, relative, resolve } from 'node:path';

/** What an import means that names a file as it will be called, or leaves its ending away. */
const written: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.js'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
};
const endings = ['.ts', '.js', '.mts', '.mjs', '/index.ts', '/index.js'];

/** An import or export with a relative address; those of types alone are gone at run time. */
const imports =
  /(?:^|[;\n}])\s*(?:import\s+(?!type\b)(?:[^'"();]*?\bfrom\s*)?|export\s+(?!type\b)[^'"();=]*?\bfrom\s*)['"](\.{1,2}\/[^'"]*)['"]/g;

/**
 * The first circle of modules that is reached from a file by following its imports of files beside it: `a.ts`, `b.ts`, `a.ts`, seen from the folder of the file. Undefined if there is none.
 * What can't be read is taken for a module that imports nothing.
 */
export async function importCircle(file: string): Promise<readonly string[] | undefined> {
  const done = new Set<string>();
  const circleFrom = async (
    module: string,
    path: readonly string[],
  ): Promise<readonly string[] | undefined> => {
    if (path.includes(module)) return [...path.slice(path.indexOf(module)), module];
    if (done.has(module)) return undefined;
    for (const next of await importsOf(module)) {
      const circle = await circleFrom(next, [...path, module]);
      if (circle) return circle;
    }
    done.add(module);
    return undefined;
  };
  const circle = await circleFrom(file, []);
  return circle?.map((module) => relative(dirname(file), module).replaceAll('\\', '/'));
}

/** A file and the files beside it that are reached by following imports, each once. */
export async function modulesFrom(file: string): Promise<readonly string[]> {
  const found = new Set([file]);
  for (const module of found) for (const next of await importsOf(module)) found.add(next);
  return [...found];
}

/** The files that a module imports, in order. */
async function importsOf(module: string): Promise<string[]> {
  const source = withoutComments((await textOf(module)) ?? '');
  const found: string[] = [];
  for (const [, address = ''] of source.matchAll(imports)) {
    const file = await fileOf(resolve(dirname(module), address));
    if (file) found.push(file);
  }
  return found;
}

async function fileOf(path: string): Promise<string | undefined> {
  const extension = extname(path);
  const candidates = [
    ...(written[extension] ?? []).map((ending) => path.slice(0, -extension.length) + ending),
    path,
    ...endings.map((ending) => path + ending),
  ];
  for (const candidate of candidates) if ((await textOf(candidate)) !== undefined) return candidate;
  return undefined;
}

/** Undefined where there is no such file. */
export function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Blanks comments: prose about an import, or a class, is none. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g, ' ');
}

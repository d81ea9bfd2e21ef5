import { readdir } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BootError, refuseIfAny } from '../boot-error.js';
import { CONTROLLER, ownRecord, ROUTES } from '../decorators/record.js';
import { type Class, tokenName } from './token.js';

/**
 * Loads the modules that match and returns the classes with `@Controller()` that they export:
 * `controllers: discover(import.meta.url, './controllers/*')`. `*` stands for a part of one name, `**` for any folders. The extension is that of the
 * calling module, so the same line finds `.ts` sources and the `.js` that is built of them. Rejects with a `BootError`.
 */
export async function discover(importMetaUrl: string, glob: string): Promise<readonly Class[]> {
  const caller = fileURLToPath(importMetaUrl);
  const folder = dirname(caller);
  const extension = extname(caller);
  const wanted = globExpression(glob.replace(/^\.\//, '').replace(/\.[cm]?[jt]sx?$/, ''), extension);
  const files = (await filesUnder(folder))
    .filter((file) => wanted.test(file) && join(folder, file) !== caller)
    .sort();
  if (files.length === 0)
    throw new BootError([
      `discover: no file matches ${JSON.stringify(glob)} with the extension ${extension} in ${folder}.`,
    ]);
  const controllers: Class[] = [];
  const findings: string[] = [];
  for (const file of files) {
    for (const exported of Object.values(await load(join(folder, file), file))) {
      if (typeof exported !== 'function') continue;
      // Whatever carries one of our records is a class.
      if (ownRecord(exported, CONTROLLER)) controllers.push(exported as Class);
      else if (ownRecord(exported, ROUTES)) {
        findings.push(
          `${tokenName(exported)} in ${file} has handlers but is no controller. Write @Controller() above the class.`,
        );
      }
    }
  }
  refuseIfAny(findings);
  if (controllers.length === 0) {
    throw new BootError([`discover: ${files.join(', ')}: none of them exports a class with @Controller().`]);
  }
  return [...new Set(controllers)];
}

async function load(path: string, file: string): Promise<object> {
  try {
    // A module's namespace is an object.
    return (await import(pathToFileURL(path).href)) as object;
  } catch (cause) {
    throw new BootError([`discover: ${file} could not be loaded: ${String(cause)}`], { cause });
  }
}

/** Relative to the folder, with forward slashes; without installed packages. */
async function filesUnder(folder: string, below = folder): Promise<string[]> {
  const entries = await readdir(below, { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry): string[] | Promise<string[]> => {
      const path = join(below, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesUnder(folder, path);
      return [relative(folder, path).split(sep).join('/')];
    }),
  );
  return found.flat();
}

function globExpression(glob: string, extension: string): RegExp {
  const escaped = glob
    .split('/')
    .map((level) =>
      level === '**'
        ? '(?:[^/]+/)*'
        : `${level.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')}/`,
    )
    .join('')
    .replace(/\/$/, '');
  // Declarations have the same extension as sources, but nothing to load.
  return new RegExp(`^${escaped}(?<!\\.d)${extension.replace('.', '\\.')}$`);
}

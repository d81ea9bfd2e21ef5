import { readdir } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BootError, refuseIfAny } from '../boot-error.js';
import { CONTROLLER, ownRecord, ROUTES, whenControllerIsDecorated } from '../decorators/record.js';
import { importCircle, textOf, withoutComments } from './import-circle.js';
import { type Class, tokenName } from './token.js';

/**
 * Loads the modules that match and returns the classes with `@Controller()` that they export:
 * `controllers: discover(import.meta.url, './controllers/*')`. `*` stands for a part of one name, `**` for any folders. The extension is that of the
 * calling module, so the same line finds `.ts` sources and the `.js` that is built of them. Declarations and tests (`.d.ts`, `.test.ts`, `.spec.ts`) are left out.
 * Rejects with a `BootError`.
 *
 * `load` imports one module, by its `file:` URL. Where a tool loads your modules in its own way, as Vitest does, hand over an import of
 * yours: `discover(import.meta.url, './controllers/*', (url) => import(url))`. The default imports as Node does, which there knows no
 * `.ts`, and loads a `.js` a second time: the controllers would not be the classes that your test imports.
 */
export async function discover(
  importMetaUrl: string,
  glob: string,
  load: (url: string) => Promise<unknown> = (url) => import(url),
): Promise<readonly Class[]> {
  const caller = fileURLToPath(importMetaUrl);
  const [, steps = '', below = ''] = /^((?:\.{1,2}\/)*)(.*?)(?:\.[cm]?[jt]sx?)?$/.exec(glob) ?? [];
  const folder = join(dirname(caller), steps);
  const extension = extname(caller);
  const wanted = globExpression(below, extension);
  const files = (await filesUnder(folder))
    .filter((file) => wanted.test(file) && join(folder, file) !== caller)
    .sort();
  if (files.length === 0)
    throw new BootError([
      `discover: no file matches ${JSON.stringify(glob)} with the extension ${extension} in ${folder}.`,
    ]);
  const controllers = new Set<Class>();
  const decorated = new Set<object>();
  const findings: string[] = [];
  const stopListening = whenControllerIsDecorated((controller) => decorated.add(controller));
  try {
    for (const file of files) {
      for (const exported of Object.values(await loaded(join(folder, file), file, load))) {
        if (typeof exported !== 'function') continue;
        // Whatever carries one of our records is a class.
        if (ownRecord(exported, CONTROLLER)) controllers.add(exported as Class);
        else if (ownRecord(exported, ROUTES)) {
          findings.push(
            `${tokenName(exported)} in ${file} has handlers but is no controller. Write @Controller() above the class.`,
          );
        }
      }
    }
  } finally {
    stopListening();
  }
  // By name: another module may decorate a class of the same name meanwhile.
  const found = new Set([...controllers].map(tokenName));
  for (const each of decorated) if (found.has(tokenName(each))) decorated.delete(each);
  for (const file of files) {
    const source = await sourceOf(join(folder, file), extension);
    findings.push(...abstractOnes(controllers, source, file), ...hiddenOnes(decorated, source, file));
  }
  refuseIfAny(findings);
  if (controllers.size === 0) {
    throw new BootError([`discover: ${files.join(', ')}: none of them exports a class with @Controller().`]);
  }
  return [...controllers];
}

/** A module as it was written, with its declarations where it was built: JavaScript has no word for abstract. */
async function sourceOf(path: string, extension: string): Promise<string> {
  const declarations = `${path.slice(0, -extension.length)}.d${extension.replace('j', 't')}`;
  const texts = await Promise.all([path, declarations].map(textOf));
  return texts.map((text) => withoutComments(text ?? '')).join('\n');
}

function abstractOnes(controllers: Iterable<Class>, source: string, file: string): string[] {
  return declaredIn(controllers, source, 'abstract\\s+class').map(
    (name) =>
      `${name} in ${file} is abstract, and can't be built. Write @Controller() above the classes that extend it, and take it off ${name}.`,
  );
}

/** Classes that were decorated while the modules were loaded, and that no module exports. */
function hiddenOnes(decorated: Iterable<object>, source: string, file: string): string[] {
  return declaredIn(decorated, source, 'class').map(
    (name) => `${name} in ${file} has @Controller() but is not exported. Write export in front of the class.`,
  );
}

function declaredIn(classes: Iterable<object>, source: string, keyword: string): string[] {
  const names = [...classes].map((each) => tokenName(each).replaceAll('$', '\\$&'));
  return names.filter((name) => new RegExp(`\\b${keyword}\\s+${name}\\b`).test(source));
}

async function loaded(path: string, file: string, load: (url: string) => Promise<unknown>): Promise<object> {
  try {
    // A module's namespace is an object.
    return (await load(pathToFileURL(path).href)) as object;
  } catch (cause) {
    const hint = await hintFor(cause, path);
    throw new BootError([`discover: ${file} could not be loaded: ${String(cause)}.${hint}`], { cause });
  }
}

async function hintFor(cause: unknown, path: string): Promise<string> {
  if ((cause as { code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return ' Hand over an import of your own, discover(import.meta.url, glob, (url) => import(url)): then it is loaded as this module was.';
  if (!(cause instanceof ReferenceError) || !cause.message.includes('before initialization')) return '';
  const circle = await importCircle(path);
  if (!circle) return '';
  return ` Its modules import each other: ${circle.join(' -> ')}. Turn emitDecoratorMetadata off and write @Inject(() => TheClass), which reads the class once all are loaded.`;
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
  // Declarations have the same extension as sources, but nothing to load; tests beside them must not be loaded.
  return new RegExp(`^${escaped}(?<!\\.d|\\.test|\\.spec)${extension.replace('.', '\\.')}$`);
}

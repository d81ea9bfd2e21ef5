import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder, packageVersion } from '../own-manifest.js';
import { writeFile } from '../write-file.js';
import { forPackageManager, type PackageManager } from './package-manager.js';
import type { TemplateName } from './templates.js';

const templatesFolder = fileURLToPath(new URL('templates/', packageFolder));
/** What every application has alike lies here; a template's own files come over it. */
const COMMON = 'common';
/** How the application is called in the templates, all of which are text. */
const SHOWN_NAME = 'my-app';
/** Files that speak of the package manager. */
const tellsOfPackageManager = new Set(['README.md', 'Dockerfile', '.github/workflows/ci.yml']);

/** Copies a template into a folder, under a name and for a package manager. Returns the files, relative and with `/`. Throws a Failure where one can't be written. */
export function copyTemplate(
  template: TemplateName,
  folder: string,
  { name, manager }: { readonly name: string; readonly manager: PackageManager },
): readonly string[] {
  const files = new Map<string, string>();
  for (const source of [COMMON, template]) {
    const from = join(templatesFolder, source);
    for (const file of filesIn(from)) files.set(targetOf(relative(from, file)), file);
  }
  for (const [target, source] of files) {
    const text = readFileSync(source, 'utf8').replaceAll(SHOWN_NAME, name);
    if (target === 'package.json') writeFile(folder, target, manifest(text));
    else
      writeFile(folder, target, tellsOfPackageManager.has(target) ? forPackageManager(text, manager) : text);
  }
  return [...files.keys()].sort();
}

/** npm leaves out of a package, or obeys, what has these names; so a template's files begin with `_` instead. */
function targetOf(path: string): string {
  const [first = '', ...rest] = path.split(sep);
  const renamed = first === '_biome.json' ? 'biome.json' : first.replace(/^_/, '.');
  return [renamed, ...rest].join('/');
}

function manifest(text: string): string {
  // A template's own manifest, which has dependencies.
  const template = JSON.parse(text) as { dependencies: Record<string, string> };
  template.dependencies['topicwise'] = `^${packageVersion()}`;
  return `${JSON.stringify(template, null, 2)}\n`;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

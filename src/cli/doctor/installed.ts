// What is installed where, as Node would find it and beyond.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Installed {
  readonly folder: string;
  readonly version: string;
}

/** The package that a folder's modules get under a name. */
export function installedAt(name: string, folder: string): Installed | undefined {
  for (const above of upwards(folder)) {
    const found = packageIn(join(above, 'node_modules', name));
    if (found) return found;
  }
  return undefined;
}

/** Every copy of a package in the node_modules of a folder and of those above it, however deep. */
export function copiesOf(name: string, folder: string): readonly Installed[] {
  const copies = new Map<string, Installed>();
  for (const above of upwards(folder)) collect(join(above, 'node_modules'), name, copies);
  return [...copies.values()];
}

export function* upwards(folder: string): Iterable<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (at === dirname(at)) return;
  }
}

function collect(modules: string, name: string, copies: Map<string, Installed>): void {
  if (!existsSync(modules)) return;
  const found = packageIn(join(modules, name));
  if (found) copies.set(found.folder, found);
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue; // a link leads to what is collected where it lies
    const path = join(modules, entry.name);
    // Below a scope lie packages; below pnpm's store, folders that hold node_modules as packages do.
    if (entry.name.startsWith('@') || entry.name === '.pnpm') collectBelow(path, name, copies);
    else collect(join(path, 'node_modules'), name, copies);
  }
}

function collectBelow(folder: string, name: string, copies: Map<string, Installed>): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) collect(join(folder, entry.name, 'node_modules'), name, copies);
}

function packageIn(folder: string): Installed | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
  return { folder: realpathSync(folder), version: typeof version === 'string' ? version : '0.0.0' };
}

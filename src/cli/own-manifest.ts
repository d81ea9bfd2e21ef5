import { readFileSync } from 'node:fs';

/** The package's own folder; the sources and what is built of them lie equally deep in it. */
export const packageFolder = new URL('../../', import.meta.url);

/** What is read of the package's own package.json. */
export interface OwnManifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export function ownManifest(): OwnManifest {
  // It is shipped beside this file, and has all of it.
  return JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as OwnManifest;
}

export function packageVersion(): string {
  return ownManifest().version;
}

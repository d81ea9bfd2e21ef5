import { readFileSync } from 'node:fs';

/** The package's own folder; the sources and what is built of them lie equally deep in it. */
export const packageFolder = new URL('../../', import.meta.url);

export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8'));
  // The package's own manifest, beside which this file is shipped: it has a version.
  return (manifest as { version: string }).version;
}

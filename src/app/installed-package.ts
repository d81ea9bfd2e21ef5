import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The path of a file of an installed package, `yaml` or `yaml/package.json`: as the folders see it, in turn, then as this package does. Undefined where none of them has it.
 */
export function installedFile(specifier: string, folders: readonly string[]): string | undefined {
  for (const from of [...folders.map((folder) => join(folder, 'index.js')), import.meta.url]) {
    try {
      return createRequire(from).resolve(specifier);
    } catch (error) {
      // What else there is to say of a package (exports, a broken manifest) is worth knowing.
      if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

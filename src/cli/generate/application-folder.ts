import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../command.js';

/** The folder of the application that `cwd` lies in: the nearest whose package.json names topicwise. */
export function applicationFolder(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (dependsOnTopicwise(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder))
      throw new Failure(
        `Neither ${cwd} nor a folder above it has a package.json that depends on topicwise. Run this in an application; 'topicwise new' makes one.`,
      );
  }
}

function dependsOnTopicwise(path: string): boolean {
  if (!existsSync(path)) return false;
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // What node:fs and JSON.parse throw.
    throw new Failure(`${path} can't be read: ${(error as Error).message}.`);
  }
  const { dependencies, devDependencies } = manifest as Readonly<Record<string, object | undefined>>;
  return 'topicwise' in { ...dependencies, ...devDependencies };
}

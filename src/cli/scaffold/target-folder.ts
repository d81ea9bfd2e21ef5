import { readdirSync } from 'node:fs';
import { Failure } from '../command.js';

/** Throws unless an application may be written into the folder: it does not exist, is empty but for `.git`, or it is forced. */
export function checkFolder(folder: string, shown: string, force: boolean): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(folder).filter((entry) => entry !== '.git');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // what node:fs throws
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new Failure(`${shown} is a file. Choose the name of a new folder.`);
    throw new Failure(`${shown} can't be read: ${message}.`);
  }
  if (entries.length === 0 || force) return;
  throw new Failure(
    `${shown} is not empty. Choose a new folder, or --force to write into this one; files of the same names are overwritten.`,
  );
}

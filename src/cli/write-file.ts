import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from './command.js';

/** Writes a file of a folder, and makes the folders on its way. Throws a Failure where that can't be: the disk's reason. */
export function writeFile(folder: string, file: string, text: string): void {
  const path = join(folder, file);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    const { message } = error as Error; // node:fs throws nothing else
    throw new Failure(`${file} can't be written: ${message}. Mend that, or choose another folder.`, {
      cause: error,
    });
  }
}

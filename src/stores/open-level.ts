import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCorruption, type Level, loadLevel, storyOf } from './level.js';

/** An open database, and what had to be done or left out to open it, as sentences. */
export interface OpenedLevel {
  readonly level: Level;
  readonly flaws: readonly string[];
}

/** Opens the database of a folder, repairs it if need be, and says so. */
export async function openLevel(folder: string): Promise<OpenedLevel> {
  try {
    return await open(folder);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return await repairLevel(folder, error);
  }
}

/** LevelDB keeps what it can read, and sets damaged files aside in the folder `lost`. */
export async function repairLevel(folder: string, cause: unknown): Promise<OpenedLevel> {
  await (await loadLevel()).repair(folder);
  const { level, flaws } = await open(folder);
  const repaired = `The files of the session store in ${folder} were damaged and have been repaired (${storyOf(cause)}): what could not be kept is in its folder lost, if anywhere.`;
  return { level, flaws: [repaired, ...flaws] };
}

async function open(folder: string): Promise<OpenedLevel> {
  const ClassicLevel = await loadLevel();
  await mkdir(folder, { recursive: true });
  // Without compression a damaged bit costs one record, not all that were packed together.
  const level = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'view', compression: false });
  await level.open();
  return { level, flaws: await skippedIn(folder) };
}

/** What LevelDB could not read of its log, it skips, and says so only in a text file that begins anew whenever it opens. */
async function skippedIn(folder: string): Promise<string[]> {
  let diary: string;
  try {
    diary = await readFile(join(folder, 'LOG'), 'utf8');
  } catch {
    return []; // a diary that can't be read says nothing; the records have checksums of their own
  }
  return [...diary.matchAll(/dropping (\d+) bytes; (.*)/g)].map(
    ([, bytes, why]) =>
      `The log of the session store in ${folder} was damaged: ${bytes} bytes of it were skipped (${why}), and what they said is lost.`,
  );
}

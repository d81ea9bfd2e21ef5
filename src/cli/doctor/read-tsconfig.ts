import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { installedAt, upwards } from './installed.js';

/** The settings of the compiler, as it understands them itself, `extends` and comments included. */
export interface Tsconfig {
  readonly path: string;
  /** Undefined where the compiler can't tell, and says why among the mistakes. */
  readonly options: Readonly<Record<string, unknown>> | undefined;
  /** What its `include` and `files` name, in full. */
  readonly files: readonly string[];
  /** What the compiler says is wrong with it. */
  readonly mistakes: readonly string[];
}

export function nearestTsconfig(folder: string): string | undefined {
  for (const above of upwards(folder)) {
    const path = join(above, 'tsconfig.json');
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** Asks the compiler that is installed in the folder; undefined where none is. */
export async function readTsconfig(path: string, folder: string): Promise<Tsconfig | undefined> {
  const compiler = installedAt('typescript', folder);
  if (!compiler) return undefined;
  const ask = (question: string) => answerOf(join(compiler.folder, 'bin/tsc'), ['-p', path, question]);
  const [shown, listed] = [await ask('--showConfig'), await ask('--listFilesOnly')];
  const mistakes = mistakesIn(`${shown}\n${listed}`);
  if (!shown.startsWith('{')) {
    const said = mistakes.length > 0 ? mistakes : ['The compiler says nothing of it.'];
    return { path, options: undefined, files: [], mistakes: said };
  }
  const { compilerOptions = {}, files = [] } = JSON.parse(shown) as Shown;
  // From TypeScript 6 on, strict is what an empty file says.
  const strict = Number.parseInt(compiler.version, 10) >= 6;
  return {
    path,
    options: { strict, ...compilerOptions },
    files: files.map((file) => resolve(dirname(path), file)),
    mistakes,
  };
}

interface Shown {
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
  readonly files?: readonly string[];
}

/** Of the settings, which have no place or one in a JSON file; those of sources are not asked for here. */
function mistakesIn(output: string): readonly string[] {
  const found = output.match(/^(?:\S.*\.json\(\d+,\d+\): )?error TS\d+: .*$/gm) ?? [];
  return [...new Set(found)].map((line) => line.replace(/error (TS\d+): /, '$1: '));
}

async function answerOf(compiler: string, words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, ...words], {
      maxBuffer: 64 * 1024 * 1024, // a name for each file of a big project
    });
    return stdout;
  } catch (error) {
    // It ends with another code than 0 where something is wrong, and says what all the same.
    const { stdout } = error as { stdout?: unknown };
    if (typeof stdout === 'string') return stdout;
    throw error;
  }
}

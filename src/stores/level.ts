import { SessionStoreError } from './session-store-error.js';

export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/** What we use of `classic-level`, so that our types need not find an optional package. */
export interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
  /** All of it or nothing. `sync`: resolves once the disk has it, not only the operating system. */
  batch(operations: LevelOperation[], options: { sync: boolean }): Promise<void>;
  iterator(range: { gte: string; lt: string }): AsyncIterable<[string, Uint8Array]>;
}

interface LevelConstructor {
  new (folder: string, options: { keyEncoding: 'utf8'; valueEncoding: 'view'; compression: boolean }): Level;
  repair(folder: string): Promise<void>;
}

/** The package is loaded when it is used. */
export async function loadLevel(): Promise<LevelConstructor> {
  try {
    return (await import('classic-level')).ClassicLevel;
  } catch (cause) {
    throw new SessionStoreError(
      'not-installed',
      'The session store on disk needs the package classic-level: run `npm install classic-level`.',
      cause,
    );
  }
}

/** Turns what the database or the file system threw into one sentence that says what to do. */
export function storeErrorOf(folder: string, thrown: unknown): SessionStoreError {
  if (thrown instanceof SessionStoreError) return thrown;
  const story = storyOf(thrown);
  const rule = rules.find(({ signs }) => signs.test(story));
  if (!rule) {
    return new SessionStoreError('failed', `The session store in ${folder} failed: ${story}.`, thrown);
  }
  return new SessionStoreError(rule.problem, rule.sentence(folder), thrown);
}

export function isCorruption(thrown: unknown): boolean {
  return storyOf(thrown).includes('LEVEL_CORRUPTION');
}

/** The codes and messages of an error and of its causes: LevelDB says most of it only in words. */
export function storyOf(thrown: unknown): string {
  const words: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) {
    words.push('code' in error ? `${error.message} (${error.code})` : error.message);
  }
  return words.length > 0 ? words.join(': ') : String(thrown);
}

const rules: readonly {
  signs: RegExp;
  problem: 'locked' | 'full' | 'not-writable' | 'damaged';
  sentence: (folder: string) => string;
}[] = [
  {
    signs: /LEVEL_LOCKED/,
    problem: 'locked',
    sentence: (folder) =>
      `The session store in ${folder} is in use by another process: end that one, or give each process a folder of its own.`,
  },
  {
    signs: /No space left|File too large|quota exceeded|ENOSPC|EDQUOT|EFBIG/i,
    problem: 'full',
    sentence: (folder) =>
      `The session store in ${folder} has no room left on its disk: make room; the next write tries again.`,
  },
  {
    signs:
      /Permission denied|Read-only file system|Operation not permitted|Not a directory|EACCES|EPERM|EROFS|ENOTDIR|EEXIST/i,
    problem: 'not-writable',
    sentence: (folder) =>
      `The session store needs to create and write the folder ${folder}, and may not: check its path, its owner and its permissions.`,
  },
  {
    signs: /LEVEL_CORRUPTION/,
    problem: 'damaged',
    sentence: (folder) =>
      `The files of the session store in ${folder} are damaged and could not be repaired: move the folder away to start with no session.`,
  },
];

import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, extname } from 'node:path';

/** How an import may name a file that is written otherwise. */
const stem = (name: string) => name.slice(0, name.length - extname(name).length);

interface Folder {
  readonly watcher: FSWatcher;
  /** What each file was like when it was last looked at; undefined for one that is not there. */
  readonly files: Map<string, string | undefined>;
}

/** Tells when one of some files changes, comes or goes. */
export class WatchedFiles {
  readonly #folders = new Map<string, Folder>();
  readonly #changed: (file: string) => void;

  constructor(changed: (file: string) => void) {
    this.#changed = changed;
  }

  /** Watches these files too, whether they are there or not. */
  add(files: readonly string[]): void {
    for (const file of files) this.#folder(dirname(file))?.files.set(basename(file), stateOf(file));
  }

  close(): void {
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Editors put a new file in the place of the old one, so it is the folder that is watched. Undefined if there is none. */
  #folder(path: string): Folder | undefined {
    const known = this.#folders.get(path);
    if (known) return known;
    let watcher: FSWatcher;
    try {
      watcher = watch(path, (_event, name) => this.#look(path, name));
    } catch {
      return undefined; // nothing can change where no folder is; whoever comes to import from it is watched
    }
    // The folder is gone: whatever was imported from it fails, and its importer is watched.
    watcher.on('error', () => {
      watcher.close();
      this.#folders.delete(path);
    });
    const folder = { watcher, files: new Map<string, string | undefined>() };
    this.#folders.set(path, folder);
    return folder;
  }

  #look(path: string, name: string | null): void {
    const folder = this.#folders.get(path);
    for (const [file, before] of folder?.files ?? []) {
      if (name !== null && stem(name) !== stem(file)) continue;
      // './a.js' that is missing comes as a.ts.
      const seen = before === undefined && name !== null ? name : file;
      const now = stateOf(`${path}/${seen}`);
      if (now === before) continue; // somebody read it, or changed something else
      folder?.files.set(file, stateOf(`${path}/${file}`));
      this.#changed(`${path}/${seen}`);
      return;
    }
  }
}

function stateOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats && `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}

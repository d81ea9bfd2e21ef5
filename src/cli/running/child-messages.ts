import type { RunSettings } from './run-entry.js';

/** What a child process is told when it is started. */
export interface ChildSettings extends RunSettings {
  readonly command: 'dev' | 'run';
}

/** What it says: it has started; or files that it has imported. */
export interface ChildMessage {
  readonly running?: true;
  readonly files?: readonly string[];
}

import type { OptionValues } from '../command.js';
import { Misunderstanding } from '../command.js';
import { type Entry, loadEntry } from '../entry/load-entry.js';
import type { Host } from '../host.js';
import type { entryOptions } from './options.js';

/** The application that `--entry` names, if it does. Throws a Failure, or a Misunderstanding for options that contradict each other. */
export async function entryOf(
  { entry, app, prefix }: OptionValues<typeof entryOptions>,
  host: Host,
): Promise<Entry | undefined> {
  if (entry === undefined) {
    if (app !== undefined)
      throw new Misunderstanding('--app chooses among the applications of --entry <file>.');
    return undefined;
  }
  if (prefix !== undefined)
    throw new Misunderstanding('--prefix is for topics without --entry: the application has its own.');
  return await loadEntry(entry, host, { app });
}

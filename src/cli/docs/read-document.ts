import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../command.js';
import type { Host } from '../host.js';
import { nearest } from '../nearest.js';
import { describedBy } from './described.js';
import { type Format, formatOf, parsed } from './format.js';

/** The document in a file, or of the application that a file exports. Throws a Failure. */
export async function readDocument(file: string, host: Host, app: string | undefined): Promise<unknown> {
  if (/\.[cm]?[jt]sx?$/.test(file)) return await describedBy(file, host, app);
  const format = formatOf(file);
  if (format === undefined) {
    throw new Failure(
      `${file} is neither a document (.json, .yaml, .yml) nor an application (.ts, .js). Name one of those.`,
    );
  }
  return parsedFile(file, format, host.cwd);
}

function parsedFile(file: string, format: Format, cwd: string): unknown {
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw new Failure(`${file} does not exist.${hintFor(path, file)}`);
  if (!statSync(path).isFile()) throw new Failure(`${file} is no file. Name the file of the document.`);
  const text = readFileSync(path, 'utf8');
  try {
    return parsed(text, format, cwd);
  } catch (error) {
    if (error instanceof Failure || !(error instanceof Error)) throw error;
    const [reason] = error.message.split('\n');
    throw new Failure(
      `${file} is no ${format.toUpperCase()}: ${reason?.replace(/[.:]$/, '')}. Generate it anew with topicwise docs generate.`,
      { cause: error },
    );
  }
}

function hintFor(path: string, file: string): string {
  const folder = dirname(path);
  if (!existsSync(folder)) return ` There is no folder ${dirname(file)}.`;
  const near = nearest(basename(path), readdirSync(folder));
  if (near !== undefined) return ` Did you mean ${join(dirname(file), near)}?`;
  return ' Generate it with topicwise docs generate.';
}

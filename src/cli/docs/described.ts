import { documentOf } from '../../app/lifecycle/documentation.js';
import type { AsyncApiDocument } from '../../asyncapi/index.js';
import { paint } from '../colours.js';
import { loadEntry } from '../entry/load-entry.js';
import type { Host } from '../host.js';

/** The document of the application that a file exports, without connecting; what it can't show goes to stderr. Throws a Failure. */
export async function describedBy(
  entry: string,
  host: Host,
  app: string | undefined,
): Promise<AsyncApiDocument> {
  const loaded = await loadEntry(entry, host, { app });
  const { document, findings } = documentOf(loaded.app, loaded.routes);
  for (const finding of findings)
    host.stderr.write(`${paint(host.stderr, 'yellow', 'warning:')} ${finding}\n`);
  return document;
}

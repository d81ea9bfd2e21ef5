import { readFileSync } from 'node:fs';
import { broker } from './broker.js';
import type { Host } from './host.js';

const help = `topicwise: a decorator-based topic router for MQTT

Usage: topicwise <command> [option ...]
       topicwise <option>

Commands:
  broker         run an MQTT broker for development

Options:
  -h, --help     print this help; behind a command, the command's
  -v, --version  print the version

Example: npx topicwise broker --port 1883
`;

/** A command gets the words behind its name, and resolves with the exit code. */
const commands: Readonly<Record<string, (words: readonly string[], host: Host) => Promise<number>>> = {
  broker,
};

/**
 * Runs the command line and resolves with its exit code: 0 when it did what was asked, 1 when that failed, 2 when it did not understand.
 */
export async function topicwise(words: readonly string[], host: Host): Promise<number> {
  const [word, ...rest] = words;
  if (word === undefined) {
    host.stderr.write(help);
    return 2;
  }
  if (Object.hasOwn(commands, word)) return await commands[word]!(rest, host);
  if (rest.length > 0 && word.startsWith('-')) return refuse(rest[0]!, host);
  switch (word) {
    case '-h':
    case '--help':
      host.stdout.write(help);
      return 0;
    case '-v':
    case '--version':
      host.stdout.write(`${version()}\n`);
      return 0;
    default:
      return refuse(word, host);
  }
}

function refuse(word: string, { stderr }: Host): number {
  stderr.write(`topicwise: '${word}' is not understood. See 'topicwise --help'.\n`);
  return 2;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  // The package's own manifest, beside which this file is shipped: it has a version.
  return (manifest as { version: string }).version;
}

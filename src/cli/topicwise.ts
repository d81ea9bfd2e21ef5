import { readFileSync } from 'node:fs';

/** Where a command prints; both standard streams are one. */
export interface Output {
  write(text: string): unknown;
}

const help = `topicwise: a decorator-based topic router for MQTT

Usage: topicwise [option]

Options:
  -h, --help     print this help
  -v, --version  print the version

Example: npx topicwise --version
`;

/** Runs the command line and returns its exit code: 0 when it did what was asked, 2 when it did not understand. */
export function topicwise(words: readonly string[], stdout: Output, stderr: Output): number {
  const [word, ...rest] = words;
  if (word === undefined) {
    stderr.write(help);
    return 2;
  }
  if (rest.length > 0) return refuse(rest[0]!, stderr);
  switch (word) {
    case '-h':
    case '--help':
      stdout.write(help);
      return 0;
    case '-v':
    case '--version':
      stdout.write(`${version()}\n`);
      return 0;
    default:
      return refuse(word, stderr);
  }
}

function refuse(word: string, stderr: Output): number {
  stderr.write(`topicwise: '${word}' is not understood. See 'topicwise --help'.\n`);
  return 2;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  // The package's own manifest, beside which this file is shipped: it has a version.
  return (manifest as { version: string }).version;
}

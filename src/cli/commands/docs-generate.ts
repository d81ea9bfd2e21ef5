import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineCommand, Failure, oneOf, value } from '../command.js';
import { describedBy } from '../docs/described.js';
import { formatOf, formats, written } from '../docs/format.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import type { Host } from '../host.js';

export const generateDocument = defineCommand({
  name: 'generate',
  summary: 'print the AsyncAPI document of an application',
  purpose: 'prints the AsyncAPI 3 document of what an application receives and sends',
  operands: { entry: entryOperand },
  options: {
    ...appOption,
    format: oneOf(formats, {
      shown: '<json|yaml>',
      summary: 'default: what the ending of --output says, else json; yaml needs the package yaml',
    }),
    output: value({
      shown: '<file>',
      short: 'o',
      summary: 'write it into this file instead of printing it',
      takes: 'the name of a file, such as asyncapi.json',
      read: (text) => text || undefined,
    }),
  },
  notes: 'It loads the file and connects to no broker. What a schema can not show is a warning on stderr.',
  example: 'npx topicwise docs generate src/app.ts --output asyncapi.json',
  async run({ entry, app, format, output }, host) {
    const text = written(
      await describedBy(entry, host, app),
      format ?? formatOf(output ?? '') ?? 'json',
      host.cwd,
    );
    if (output === undefined) host.stdout.write(text);
    else write(output, text, host);
    return 0;
  },
});

function write(output: string, text: string, { cwd, stdout }: Host): void {
  try {
    writeFileSync(resolve(cwd, output), text);
  } catch (error) {
    const { code } = error as { code?: unknown };
    const why =
      code === 'ENOENT'
        ? 'its folder does not exist'
        : code === 'EISDIR'
          ? 'it is a folder'
          : (error as Error).message; // writeFileSync throws nothing else
    throw new Failure(`${output} can't be written: ${why}. Name another file with --output.`, {
      cause: error,
    });
  }
  stdout.write(`written  ${output}\n`);
}

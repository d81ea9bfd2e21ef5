import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, type CommandGroup, defineCommand, Failure, flag } from '../command.js';
import { applicationFolder } from '../generate/application-folder.js';
import { filesOf, type Kind, kinds } from '../generate/kinds.js';
import { type Names, namesOf } from '../generate/names.js';
import { type Addition, register } from '../generate/register.js';
import type { Host } from '../host.js';
import { writeFile } from '../write-file.js';

const APP = 'src/app.ts';

/** Writes parts of an application. */
export const generate: CommandGroup = {
  name: 'generate',
  summary: 'write a controller, contract or middleware with its test',
  commands: kinds.map(commandFor),
  example: 'npx topicwise generate controller lamp-state',
};

function commandFor(kind: Kind): Command {
  return defineCommand({
    name: kind.name,
    summary: kind.summary,
    purpose: `writes ${kind.summary}`,
    operands: { name: { takes: 'its name, such as lamp-state' } },
    options: { json: flag('print the files as JSON: {"written":[...],"changed":[...],"todo":[...]}') },
    notes: 'It overwrites nothing.',
    example: `npx topicwise generate ${kind.name} lamp-state`,
    async run({ name, json }, host) {
      const report = write(kind, namesOf(name, kind), applicationFolder(host.cwd));
      if (json) host.stdout.write(`${JSON.stringify(report)}\n`);
      else print(report, host);
      return 0;
    },
  });
}

interface Report {
  readonly written: readonly string[];
  readonly changed: readonly string[];
  /** What is left to do by hand: sentences. */
  readonly todo: readonly string[];
}

function write(kind: Kind, names: Names, folder: string): Report {
  const files = filesOf(kind, names);
  const there = [...files.keys()].find((file) => existsSync(join(folder, file)));
  if (there !== undefined)
    throw new Failure(`${there} is already there: nothing was written. Choose another name.`);
  for (const [file, text] of files) writeFile(folder, file, text);
  const written = [...files.keys()];
  if (kind.list === undefined) return { written, changed: [], todo: [] };
  const identifier = kind.list.identifier(names);
  return {
    written,
    ...add({ option: kind.list.option, identifier, from: `./${kind.folder}/${names.kebab}.js` }, folder),
  };
}

function add(addition: Addition, folder: string): Pick<Report, 'changed' | 'todo'> {
  const { option, identifier, from } = addition;
  const app = join(folder, APP);
  const text = existsSync(app) ? register(readFileSync(app, 'utf8'), addition) : undefined;
  if (text === undefined) {
    const todo = `Import ${identifier} from ${JSON.stringify(from)} and add it to { ${option}: [...] } of createApp(): ${APP} has no such list that is beyond doubt.`;
    return { changed: [], todo: [todo] };
  }
  writeFile(folder, APP, text);
  return { changed: [APP], todo: [] };
}

function print({ written, changed, todo }: Report, { stdout }: Host): void {
  for (const file of written) stdout.write(`written  ${file}\n`);
  for (const file of changed) stdout.write(`changed  ${file}\n`);
  for (const sentence of todo) stdout.write(`${sentence}\n`);
}

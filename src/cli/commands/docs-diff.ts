import { type DocumentDiff, diffDocuments } from '../../asyncapi/index.js';
import { paint } from '../colours.js';
import { defineCommand, Failure, flag } from '../command.js';
import { readDocument } from '../docs/read-document.js';
import { appOption } from '../entry/entry-words.js';
import type { Host } from '../host.js';

const takes = 'an AsyncAPI 3 document (.json, .yaml, .yml), or the file that exports an application';

export const diff = defineCommand({
  name: 'diff',
  summary: 'tell breaking changes between two documents',
  purpose: 'compares two AsyncAPI documents and fails on changes that break those who rely on them',
  operands: { old: { takes }, new: { takes } },
  options: { ...appOption, json: flag('print {"breaking":[...],"compatible":[...]}, a sentence each') },
  notes:
    'Exit code 1 if a change is breaking: a topic or a reply is gone, less is taken, something else is sent.',
  example: 'npx topicwise docs diff asyncapi.json src/app.ts',
  async run({ old, new: current, app, json }, host) {
    const before = await readDocument(old, host, app);
    const after = await readDocument(current, host, app);
    const found = compared(before, after, `${old} and ${current}`);
    if (json) host.stdout.write(`${JSON.stringify(found)}\n`);
    else print(found, host);
    return found.breaking.length > 0 ? 1 : 0;
  },
});

function compared(before: unknown, after: unknown, both: string): DocumentDiff {
  try {
    return diffDocuments(before, after);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Failure(`${both} can't be compared: ${error.message}`, { cause: error });
  }
}

function print({ breaking, compatible }: DocumentDiff, { stdout }: Host): void {
  for (const sentence of breaking) stdout.write(`${paint(stdout, 'red', 'breaking')}    ${sentence}\n`);
  for (const sentence of compatible) stdout.write(`compatible  ${sentence}\n`);
  if (breaking.length + compatible.length === 0) stdout.write('Nothing that others rely on has changed.\n');
}

#!/usr/bin/env node
import { nodeHost } from './host.js';
import { topicwise } from './topicwise.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0); // whoever read what we print has gone, as `head` does when it has enough
});
const code = await topicwise(process.argv.slice(2), nodeHost);
// What an application that was only looked at keeps open must not keep this process alive; what was printed must be out.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
process.exit(code);

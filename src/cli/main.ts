#!/usr/bin/env node
import { ended } from './ended.js';
import { nodeHost } from './host.js';
import { topicwise } from './topicwise.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0); // whoever read what we print has gone, as `head` does when it has enough
});
process.setSourceMapsEnabled(true); // for what is loaded from here on: the application
await ended(await topicwise(process.argv.slice(2), nodeHost));

#!/usr/bin/env node
// `npm create topicwise my-app` is `topicwise new my-app`.
import { newApplication } from './commands/new.js';
import { nodeHost } from './host.js';
import { runCommand } from './run-command.js';

process.exitCode = await runCommand('create-topicwise', newApplication, process.argv.slice(2), nodeHost);

#!/usr/bin/env node
import { topicwise } from './topicwise.js';

process.exitCode = topicwise(process.argv.slice(2), process.stdout, process.stderr);

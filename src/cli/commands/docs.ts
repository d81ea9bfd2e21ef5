import type { CommandGroup } from '../command.js';
import { diff } from './docs-diff.js';
import { generateDocument } from './docs-generate.js';
import { serve } from './docs-serve.js';

/** What an application says of itself to those who talk with it. */
export const docs: CommandGroup = {
  name: 'docs',
  summary: 'generate, compare or show the AsyncAPI document',
  commands: [generateDocument, diff, serve],
  example: 'npx topicwise docs generate src/app.ts',
};

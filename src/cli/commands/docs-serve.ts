import { dirname, resolve } from 'node:path';
import {
  type DocumentationPage,
  documentationPage,
  NoPageError,
} from '../../app/lifecycle/documentation-page.js';
import type { AsyncApiDocument } from '../../asyncapi/index.js';
import { defineCommand, Failure } from '../command.js';
import { describedBy } from '../docs/described.js';
import { servePage } from '../docs/page-server.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import { firstSignal } from '../first-signal.js';
import { portOption } from './port-option.js';

export const serve = defineCommand({
  name: 'serve',
  summary: 'show the AsyncAPI document as a page',
  purpose: 'shows the AsyncAPI document of an application as a page that loads nothing from elsewhere',
  operands: { entry: entryOperand },
  options: {
    ...appOption,
    port: portOption('serve it on this port of 127.0.0.1; 0 takes a free one (default: 8000)'),
  },
  notes:
    'It needs the package @asyncapi/react-component, connects to no broker, and serves the document too: /asyncapi.json. Ctrl-C ends it.',
  example: 'npx topicwise docs serve src/app.ts',
  async run({ entry, app, port = 8000 }, host) {
    const document = await describedBy(entry, host, app);
    const page = await drawn(document, [dirname(resolve(host.cwd, entry)), host.cwd]);
    const signalled = firstSignal(host);
    try {
      await using served = await servePage(page, document, port);
      host.stdout.write(`The page is at ${served.url} Ctrl-C ends it.\n`);
      await signalled.came;
      return 0;
    } finally {
      signalled.forget();
    }
  },
});

async function drawn(document: AsyncApiDocument, folders: readonly string[]): Promise<DocumentationPage> {
  try {
    return await documentationPage(document, folders);
  } catch (error) {
    throw error instanceof NoPageError ? new Failure(error.message) : error;
  }
}

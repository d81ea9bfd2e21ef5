import { routeInfos } from '../../app/routes/route-info.js';
import { defineCommand, flag } from '../command.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import { loadEntry } from '../entry/load-entry.js';
import { routeTable } from '../route-table.js';

/** Shows what an application handles. */
export const routes = defineCommand({
  name: 'routes',
  summary: 'show the routes of an application',
  purpose:
    'shows the routes of an application: filter, QoS, share, handler, concurrency, failure policy, overlaps',
  operands: { entry: entryOperand },
  options: {
    ...appOption,
    json: flag('print them as JSON: a list of what app.routes() returns'),
  },
  notes:
    'It loads the file, checks the application as a start does, and connects to no broker. Nothing is built, unless a container of yours holds controllers: those are.',
  example: 'npx topicwise routes src/app.ts',
  async run({ entry, app, json }, host) {
    const infos = routeInfos((await loadEntry(entry, host, { app })).routes);
    host.stdout.write(json ? `${JSON.stringify(infos)}\n` : routeTable(infos, host.stdout, 'details'));
    return 0;
  },
});

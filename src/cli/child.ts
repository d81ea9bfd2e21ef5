// A process in which `topicwise dev` and `topicwise run --workers` run an application: argv[2] says which, the parent says when it shall stop.
import { systemClock } from '../time/index.js';
import { ended } from './ended.js';
import { nodeHost } from './host.js';
import { routeTable } from './route-table.js';
import { told } from './run-command.js';
import type { ChildSettings } from './running/child-messages.js';
import { colouredLog } from './running/coloured-log.js';
import { ImportedFiles } from './running/imported-files.js';
import { runEntry } from './running/run-entry.js';

// The parent wrote it.
const settings = JSON.parse(process.argv[2] ?? '') as ChildSettings;
const send = (message: object) => {
  if (process.connected) process.send?.(message);
};
if (settings.url !== undefined) process.env['MQTT_URL'] = settings.url; // for whatever else reads it
if (settings.worker !== undefined) process.env['TOPICWISE_WORKER'] = String(settings.worker);

process.setSourceMapsEnabled(true); // for what is loaded from here on: the application

const stop = new AbortController();
process.on('message', () => stop.abort());
process.on('disconnect', () => stop.abort()); // the parent is gone
process.channel?.unref();

const isDev = settings.command === 'dev';
const files = isDev ? new ImportedFiles((paths) => send({ files: paths })) : undefined;
const code = await told(`topicwise ${settings.command}`, nodeHost, async () => {
  try {
    return await runEntry(settings, nodeHost, {
      ...(isDev && { logger: colouredLog(nodeHost.stderr, systemClock) }),
      signal: stop.signal,
      running(app) {
        if (isDev) nodeHost.stdout.write(routeTable(app.routes(), nodeHost.stdout));
        send({ running: true });
      },
    });
  } finally {
    files?.flush();
  }
});
await ended(code);

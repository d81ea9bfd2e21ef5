import { resolve } from 'node:path';
import { systemClock, systemRandom } from '../../time/index.js';
import { defineCommand, type OptionValues, value } from '../command.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import { checkFile } from '../entry/import-module.js';
import type { Host } from '../host.js';
import { runEntry } from '../running/run-entry.js';
import { atSignals } from '../running/signals.js';
import { WorkerPool } from '../running/worker-pool.js';

const MOST_WORKERS = 256;

const options = {
  ...appOption,
  workers: value({
    shown: '<number>',
    summary: 'run it in so many processes, which share its messages',
    short: 'w',
    takes: `a number from 1 to ${MOST_WORKERS}`,
    read: (text) => {
      const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
      return count >= 1 && count <= MOST_WORKERS ? count : undefined;
    },
  }),
};

/** Runs an application in production. */
export const run = defineCommand({
  name: 'run',
  summary: 'run an application, in one process or several',
  purpose: 'runs an application until a signal; the file exports it, or runs it itself',
  operands: { entry: entryOperand },
  options,
  notes: [
    'With --workers every route needs a share. Each worker connects under <clientId>-<number>, with its number in the variable TOPICWISE_WORKER. One that',
    'ends is started again, after a while that grows from 0.5 to 30 seconds; one that could not start at first ends them all.',
    '',
    'A signal stops it as app.run() does; a second one ends it at once. Exit codes: 0 stopped by a signal, 1 for any other end.',
  ].join('\n'),
  example: 'npx topicwise run dist/app.js --workers 4',
  async run({ entry, app, workers }, host) {
    checkFile(resolve(host.cwd, entry), entry);
    if (workers !== undefined) return await runWorkers({ app, workers }, entry, host);
    return await runEntry({ entry, app }, host, { signal: new AbortController().signal });
  },
});

async function runWorkers(
  { app, workers: count = 1 }: OptionValues<typeof options>,
  entry: string,
  host: Host,
): Promise<number> {
  host.stdout.write(
    `The application runs in ${count === 1 ? 'a process' : `${count} processes`}. Ctrl-C ends it.\n`,
  );
  const pool = new WorkerPool({
    count,
    clock: systemClock,
    random: systemRandom,
    fork: (worker) => host.fork({ command: 'run', entry, app, worker }),
    say: (line) => host.stdout.write(`${line}\n`),
    complain: (sentence) => host.stderr.write(`topicwise run: ${sentence}\n`),
  });
  const forget = atSignals(
    host,
    () => pool.stop(),
    () => pool.kill(),
  );
  try {
    return await pool.whole;
  } finally {
    forget();
  }
}

import type { CommandGroup } from './command.js';
import { broker } from './commands/broker.js';
import { dev } from './commands/dev.js';
import { dlq } from './commands/dlq.js';
import { docs } from './commands/docs.js';
import { doctor } from './commands/doctor.js';
import { generate } from './commands/generate.js';
import { newApplication } from './commands/new.js';
import { publish } from './commands/publish.js';
import { request } from './commands/request.js';
import { routes } from './commands/routes.js';
import { run } from './commands/run.js';
import { tap } from './commands/tap.js';
import { EXIT_CODES } from './help.js';
import type { Host } from './host.js';
import { packageVersion } from './own-manifest.js';
import { runGroup } from './run-command.js';

const commands: CommandGroup = {
  name: 'topicwise',
  summary: 'a decorator-based topic router for MQTT',
  commands: [newApplication, generate, dev, run, routes, publish, request, tap, dlq, docs, doctor, broker],
  notes: EXIT_CODES,
  example: 'npx topicwise new my-app',
};

/**
 * Runs the command line and resolves with its exit code: 0 when it did what was asked, 1 when that failed, 2 when it did not understand.
 */
export async function topicwise(words: readonly string[], host: Host): Promise<number> {
  return await runGroup(commands.name, commands, words, host, {
    options: [['-v, --version', 'print the version']],
    run(word) {
      if (word !== '-v' && word !== '--version') return false;
      host.stdout.write(`${packageVersion()}\n`);
      return true;
    },
  });
}

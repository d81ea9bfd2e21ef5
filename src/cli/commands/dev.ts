import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Broker, ListenError } from '../../broker/index.js';
import { targetOf } from '../../client/endpoint.js';
import { systemClock } from '../../time/index.js';
import { defineCommand, Failure, Misunderstanding, type OptionValues, toggle, value } from '../command.js';
import { brokerFailure } from '../connection/broker-failure.js';
import { appOption, entryOperand } from '../entry/entry-words.js';
import { checkFile } from '../entry/import-module.js';
import type { Host } from '../host.js';
import { DevLoop } from '../running/dev-loop.js';
import { atSignals } from '../running/signals.js';
import { WatchedFiles } from '../running/watched-files.js';
import { portOption } from './port-option.js';

const HOST = '127.0.0.1';

const options = {
  ...appOption,
  url: value({
    shown: '<url>',
    summary:
      'connect to this broker (default: MQTT_URL of the environment or of .env, else the embedded one)',
    takes: 'the address of a broker, such as mqtt://localhost:1883',
    read: (text) => text || undefined,
  }),
  broker: toggle("run the embedded broker; --no-broker leaves the application's own address as it is"),
  port: portOption('the TCP port of the embedded broker; 0 takes a free one (default: 1883)'),
};

type Given = OptionValues<typeof options>;

/** Runs an application while it is written. */
export const dev = defineCommand({
  name: 'dev',
  summary: 'run an application, anew when a file changes, with a broker',
  purpose: 'runs an application for development, and anew each time a file that it imports changes',
  operands: { entry: entryOperand },
  options,
  notes: [
    'Without --url and MQTT_URL it runs a broker of its own, which keeps sessions and retained messages from one start to the next, and connects the application to it: the address',
    'in the code is not used. The application finds the address in the variable MQTT_URL too. An error leaves it watching; Ctrl-C ends it, a second one at once.',
  ].join('\n'),
  example: 'npx topicwise dev src/app.ts',
  async run({ entry, ...given }, host) {
    checkFile(resolve(host.cwd, entry), entry);
    const url = wantedUrl(given, host);
    if (url !== undefined || given.broker === false) return await develop(entry, given, host, { url });
    await using broker = new Broker();
    const listener = await listening(broker, given.port ?? 1883);
    host.stdout.write(`The embedded broker listens on ${listener.url}.\n`);
    return await develop(entry, given, host, { url: listener.url, isEmbedded: true });
  },
});

/** The address that was given, in this order: --url, the environment, .env. */
function wantedUrl({ url, broker, port }: Given, { cwd, env }: Host): string | undefined {
  if (url !== undefined && broker !== undefined)
    throw new Misunderstanding(`--url names a broker: leave out --${broker ? '' : 'no-'}broker.`);
  if (url !== undefined || broker === false) {
    if (port !== undefined)
      throw new Misunderstanding('--port is for the embedded broker, which is not run.');
  }
  const [given, from] =
    url !== undefined ? [url, '--url'] : broker !== undefined ? [] : fromEnvironment(cwd, env);
  if (given === undefined) return undefined;
  try {
    targetOf(given);
  } catch (error) {
    const failure = brokerFailure(error);
    throw failure instanceof Failure ? new Failure(`${from}: ${failure.message}`) : error;
  }
  return given;
}

function fromEnvironment(cwd: string, env: Host['env']): [url: string, from: string] | [] {
  const { MQTT_URL } = env;
  if (MQTT_URL) return [MQTT_URL, 'MQTT_URL'];
  const file = join(cwd, '.env');
  const own = existsSync(file) ? parseEnv(readFileSync(file, 'utf8'))['MQTT_URL'] : undefined;
  return own ? [own, 'MQTT_URL in .env'] : [];
}

async function listening(broker: Broker, port: number) {
  try {
    return await broker.listen({ port, host: HOST });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const hint =
      error.code === 'EADDRINUSE' ? ` If that is a broker, write --url mqtt://${HOST}:${port}.` : '';
    throw new Failure(`${error.message}${hint}`);
  }
}

interface At {
  readonly url: string | undefined;
  readonly isEmbedded?: boolean;
}

async function develop(entry: string, { app }: Given, host: Host, at: At): Promise<number> {
  const say = (line: string) => host.stdout.write(`${line}\n`);
  say(
    at.url === undefined
      ? 'The application connects to the address in its code. Ctrl-C ends it.'
      : `The application connects to ${targetOf(at.url).where}. Ctrl-C ends it.`,
  );
  const loop = new DevLoop(
    {
      clock: systemClock,
      fork: () => host.fork({ command: 'dev', entry, app, ...at }),
      watch: (changed) => new WatchedFiles(changed),
      say,
      shown: (file) => (relative(host.cwd, file).startsWith('..') ? file : relative(host.cwd, file)),
    },
    [resolve(host.cwd, entry), ...settingsFiles(host.cwd, entry)],
  );
  const forget = atSignals(
    host,
    () => loop.stop(),
    () => loop.kill(),
  );
  await loop.over;
  forget();
  return 0;
}

/** What no import names. */
function settingsFiles(cwd: string, entry: string): string[] {
  const folders = new Set([cwd, dirname(resolve(cwd, entry))]);
  return [...folders].flatMap((folder) =>
    ['.env', 'tsconfig.json', 'package.json'].map((file) => join(folder, file)),
  );
}

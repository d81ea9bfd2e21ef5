import { BootError } from '../../app/boot-error.js';
import { connectionOf } from '../../app/lifecycle/app.js';
import type { Application } from '../../app/lifecycle/application.js';
import { type Overseer, oversee } from '../../app/lifecycle/launches.js';
import { runApp } from '../../app/lifecycle/run.js';
import type { Route } from '../../app/routes/route.js';
import type { Logger } from '../../contracts/index.js';
import { nextTurn } from '../../time/index.js';
import { exportedApp } from '../entry/exported-app.js';
import { importModule } from '../entry/import-module.js';
import type { Host } from '../host.js';

/** What is run, and what is different from how it was written. */
export interface RunSettings {
  readonly entry: string;
  readonly app?: string | undefined;
  /** In place of the address of the application's own connection. */
  readonly url?: string | undefined;
  /** The broker at the address is the embedded one: it speaks no TLS. */
  readonly isEmbedded?: boolean;
  /** The number of this process among several that share the messages. */
  readonly worker?: number;
}

export interface Running {
  /** In place of the application's default one. */
  readonly logger?: Logger;
  /** It has started: every route is subscribed. */
  running?(app: Application): void;
  /** Its reason ends it, as a signal does. */
  readonly signal: AbortSignal;
}

/**
 * Loads an application and runs it to its end, or lets the file run it that starts it itself; resolves with the exit code. Throws a Failure for a file that can't be loaded.
 */
export async function runEntry(
  settings: RunSettings,
  host: Host,
  { logger, running, signal }: Running,
): Promise<number> {
  const launched = new Set<Application>();
  const { entry, app } = settings;
  const overseer: Overseer = {
    starts(app) {
      app.amend(connectionFor(app, settings), logger);
      launched.add(app);
      return signal.aborted ? 'hold' : 'start';
    },
    booted(_app, routes) {
      if (settings.worker !== undefined) refuseUnshared(routes);
    },
    running: (app) => running?.(app),
  };
  const forget = oversee(overseer);
  const endedEarly = new Promise<number>((resolve) => {
    const end = () => {
      if (launched.size === 0) resolve(0);
      // What fails in it, run() reports.
      for (const app of launched) app.stop().catch(() => undefined);
    };
    signal.addEventListener('abort', end, { once: true });
  });
  const toItsEnd = async () => {
    const exports = await importModule(entry, host);
    if (launched.size === 0)
      return await runExported(await exportedApp(exports, { shown: entry, app }), host);
    await Promise.all([...launched].map(stopped));
    await nextTurn(); // what the file does after app.run()
    return Number(process.exitCode ?? 0);
  };
  try {
    return await Promise.race([toItsEnd(), endedEarly]);
  } catch (error) {
    await Promise.all([...launched].map((app) => app.stop().catch(() => undefined))); // the file's own error is what counts
    throw error;
  } finally {
    forget();
  }
}

/** As app.run() does, in the process of the command. */
async function runExported(app: Application, host: Host): Promise<number> {
  let code = 0;
  await runApp(app, {
    onSignal: (signals, callback) => host.onSignal(callback, signals),
    setExitCode: (given) => {
      code = given;
    },
    exit: (given) => host.exit(given),
    writeError: (text) => host.stderr.write(text),
  });
  return code;
}

function connectionFor(app: Application, { url, isEmbedded, worker }: RunSettings) {
  const own = connectionOf(app.options);
  const { tls, ...rest } = own;
  const { clientId } = own;
  return {
    ...rest,
    ...(tls && !isEmbedded && { tls }),
    ...(url !== undefined && { url }),
    // Without a name of its own, each gets one by chance.
    ...(worker !== undefined && clientId && { clientId: `${clientId}-${worker}` }),
  };
}

function refuseUnshared(routes: readonly Route[]): void {
  const alone = routes.filter(({ share }) => share === undefined).map(({ name }) => name);
  if (alone.length === 0) return;
  throw new BootError([
    `With --workers, each worker would handle every message of ${alone.join(', ')}. Write share: '<name>' into the options of createApp, of the controller or of the handler: then each message goes to one of them.`,
  ]);
}

function stopped(app: Application): Promise<void> {
  if (app.stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => app.stopped.addEventListener('abort', () => resolve(), { once: true }));
}

import type { Application } from '../../app/lifecycle/application.js';
import { oversee } from '../../app/lifecycle/launches.js';
import type { UnboundRoute } from '../../app/routes/controller-routes.js';
import { Failure } from '../command.js';
import type { Host } from '../host.js';
import { type Contracts, contractsOf, plannedRoutes } from './contracts.js';
import { exportedApp } from './exported-app.js';
import { type Exports, importModule } from './import-module.js';

/** An application and what is known of it before it starts. */
export interface Entry {
  readonly app: Application;
  /** As they will be. */
  readonly routes: readonly UnboundRoute[];
  readonly contracts: Contracts;
}

/**
 * Loads the application that a file exports into this process, and starts nothing; `app` is the name of the export where there are several. Whatever the file keeps open ends with the process.
 * Throws a Failure: one sentence for whatever is wrong with the file, its exports or the application.
 */
export async function loadEntry(
  file: string,
  host: Host,
  { app: name }: { readonly app?: string | undefined } = {},
): Promise<Entry> {
  const exports = await importWithoutStart(file, host);
  const app = await exportedApp(exports, { shown: file, app: name });
  const routes = await plannedRoutes(app, file);
  return { app, routes, contracts: contractsOf(exports, routes) };
}

/** A file that starts its application while it is loaded is refused, before anything of it is there. */
async function importWithoutStart(file: string, host: Host): Promise<Exports> {
  let forget = () => {};
  const started = new Promise<never>((_resolve, reject) => {
    const starts = () => {
      reject(
        new Failure(
          `${file} starts its application as soon as it is loaded. Export the application from a file of its own, such as src/app.ts, and name that one.`,
        ),
      );
      return 'hold' as const;
    };
    forget = oversee({ starts });
  });
  try {
    return await Promise.race([importModule(file, host), started]);
  } finally {
    forget();
  }
}

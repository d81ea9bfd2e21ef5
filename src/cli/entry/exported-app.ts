import { isThenable } from '../../app/awaitable.js';
import { Application } from '../../app/lifecycle/application.js';
import { Failure } from '../command.js';
import { nearest } from '../nearest.js';
import type { Exports } from './import-module.js';

interface Wanted {
  /** As the user named the file. */
  readonly shown: string;
  /** The name of the export, where there are several. */
  readonly app?: string | undefined;
}

/** The application that a module exports. Throws a Failure unless it is exactly one, or one of the wanted name. */
export async function exportedApp(exports: Exports, { shown, app }: Wanted): Promise<Application> {
  if (app !== undefined) return await namedApp(exports, app, shown);
  const found = new Map<Application, string>();
  let foreign: string | undefined;
  for (const [name, value] of Object.entries(exports)) {
    const each = await settled(value, name, shown);
    if (each instanceof Application) found.set(each, found.get(each) ?? name);
    else if (looksLikeApp(each)) foreign ??= name;
  }
  const [first, ...others] = found;
  if (first && others.length === 0) return first[0];
  if (first) {
    const names = [...found.values()];
    throw new Failure(
      `${shown} exports ${names.length} applications: ${names.join(', ')}. Say which with --app ${names[0]}.`,
    );
  }
  if (foreign !== undefined) throw otherCopy(foreign, shown);
  throw new Failure(
    `${shown} exports no application${listed(exports)}. Write 'export const app = createApp({ ... })' in it, or name the file that does.`,
  );
}

async function namedApp(exports: Exports, name: string, shown: string): Promise<Application> {
  if (!Object.hasOwn(exports, name)) {
    const near = nearest(name, Object.keys(exports));
    throw new Failure(
      `${shown} exports no '${name}'.${near === undefined ? ` It exports ${Object.keys(exports).join(', ') || 'nothing'}.` : ` Did you mean --app ${near}?`}`,
    );
  }
  const app = await settled(exports[name], name, shown);
  if (app instanceof Application) return app;
  if (looksLikeApp(app)) throw otherCopy(name, shown);
  throw new Failure(
    `'${name}' of ${shown} is no application. Hand over the name of one that createApp() made.`,
  );
}

/** An application may be on its way: a promise of one. */
async function settled(value: unknown, name: string, shown: string): Promise<unknown> {
  if (!isThenable(value)) return value;
  try {
    return await value;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`'${name}' of ${shown} is a promise that was rejected: ${reason}`, { cause: error });
  }
}

/** The application of another copy of this package. */
function looksLikeApp(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ['start', 'stop', 'run', 'routes', 'publisher'].every((member) => member in value);
}

function otherCopy(name: string, shown: string): Failure {
  return new Failure(
    `'${name}' of ${shown} was made by another copy of topicwise than the one whose command this is. Run the command that is installed beside it, npx topicwise. If you did: tsx loads this file as CommonJS, with a copy of its own; write "type": "module" into its package.json.`,
  );
}

function listed(exports: Exports): string {
  const names = Object.keys(exports);
  return names.length === 0 ? '' : `, but ${names.join(', ')}`;
}

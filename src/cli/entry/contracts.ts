import type { Application } from '../../app/lifecycle/application.js';
import type { UnboundRoute } from '../../app/routes/controller-routes.js';
import type { AnyTopic, Contract } from '../../contracts/index.js';
import { Failure } from '../command.js';
import { nearest } from '../nearest.js';
import type { Exports } from './import-module.js';

/** Contracts by the name that a user calls them: that of the export, else the title, else the pattern. */
export type Contracts = ReadonlyMap<string, AnyTopic>;

/** Those that a module exports, then those that an application's routes receive, return or send. */
export function contractsOf(exports: Exports, routes: readonly UnboundRoute[]): Contracts {
  const named = new Map<string, AnyTopic>();
  for (const [name, value] of Object.entries(exports)) if (isContract(value)) named.set(name, value);
  const known = new Set<Contract>(named.values());
  for (const contract of routes.flatMap((route) => [route.contract, ...route.sends])) {
    if (known.has(contract)) continue;
    known.add(contract);
    // Only defineTopic() makes contracts; a route holds them without the types.
    const topic = contract as AnyTopic;
    const { title } = topic.spec;
    if (title !== undefined && !named.has(title)) named.set(title, topic);
    else if (!named.has(topic.pattern)) named.set(topic.pattern, topic);
    else if (isMoreThanAPattern(topic)) named.set(numbered(topic.pattern, named), topic);
  }
  return named;
}

/** The contract of a name. Throws a Failure with the nearest one. */
export function contractNamed(contracts: Contracts, name: string): AnyTopic {
  const contract = contracts.get(name);
  if (contract) return contract;
  const near = nearest(name, contracts.keys());
  const known = [...contracts.keys()];
  const hint =
    near !== undefined
      ? `Did you mean '${near}'?`
      : known.length > 0
        ? `There are ${known.map((each) => `'${each}'`).join(', ')}.`
        : 'There are none.';
  throw new Failure(`No contract is called '${name}'. ${hint}`);
}

/** The routes of an application that has not started. Throws a Failure with all mistakes of a start. */
export async function plannedRoutes(app: Application, shown: string): Promise<readonly UnboundRoute[]> {
  try {
    return await app.plan();
  } catch (error) {
    const sentence = error instanceof Error ? error.message : String(error);
    throw new Failure(`The application of ${shown} can't start: ${sentence}`, { cause: error });
  }
}

function isContract(value: unknown): value is AnyTopic {
  return typeof value === 'object' && value !== null && '~pattern' in value && 'spec' in value;
}

function isMoreThanAPattern({ spec }: AnyTopic): boolean {
  return spec.payload !== undefined || spec.reply !== undefined;
}

function numbered(pattern: string, named: ReadonlyMap<string, unknown>): string {
  for (let count = 2; ; count++) if (!named.has(`${pattern} (${count})`)) return `${pattern} (${count})`;
}

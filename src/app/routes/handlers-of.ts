// The handlers of a controller class, inherited ones included, and what is wrong with how they are written.
import type { ControllerOptions } from '../decorators/controller.js';
import { CONTROLLER, ORIGIN, ownRecord, ROUTES, recordOrigin } from '../decorators/record.js';
import type { HandlerRecord } from '../decorators/topic.js';
import { type Class, tokenName } from '../injection/token.js';

export interface ControllerHandlers {
  readonly options: ControllerOptions;
  /** In the order in which they are written, the base class first. */
  readonly handlers: readonly HandlerRecord[];
  readonly findings: readonly string[];
}

export function handlersOf(controller: Class): ControllerHandlers {
  const nothing = { options: {}, handlers: [] };
  if (typeof controller !== 'function') {
    return {
      ...nothing,
      findings: [`The list of controllers holds ${String(controller)}, which is no class.`],
    };
  }
  const name = tokenName(controller);
  const lineage = lineageOf(controller);
  const foreign = lineage
    .map((each) => recordOrigin(each, CONTROLLER) ?? recordOrigin(each, ROUTES))
    .find((origin) => origin !== undefined && origin !== ORIGIN);
  if (foreign) {
    const sentence = `${name} was decorated by a second copy of topicwise (${foreign}); this application runs on ${ORIGIN}. Install one copy only.`;
    return { ...nothing, findings: [sentence] };
  }
  const options = ownRecord<ControllerOptions>(controller, CONTROLLER);
  if (!options)
    return {
      ...nothing,
      findings: [
        `${name} is listed as a controller but has no decorator. Write @Controller() above the class.`,
      ],
    };
  const handlers = collected(lineage);
  if (handlers.length === 0) {
    return {
      options,
      handlers,
      findings: [
        `${name} is a controller without handlers. Write @Topic(...) above a method, or take it off the list.`,
      ],
    };
  }
  return {
    options,
    handlers,
    findings: [...handlers.flatMap((each) => misplaced(name, each)), ...undecoratedOverrides(lineage)],
  };
}

/** The class and what it extends, the base first. */
function lineageOf(controller: Class): readonly Class[] {
  const lineage: Class[] = [];
  for (
    let each: unknown = controller;
    typeof each === 'function' && each !== Function.prototype;
    each = Object.getPrototypeOf(each)
  ) {
    // What a class extends is a class.
    lineage.unshift(each as Class);
  }
  return lineage;
}

/** What a subclass decorates anew replaces what it overrides. */
function collected(lineage: readonly Class[]): HandlerRecord[] {
  let handlers: HandlerRecord[] = [];
  for (const each of lineage) {
    const own = ownRecord<HandlerRecord[]>(each, ROUTES) ?? [];
    handlers = [...handlers.filter(({ key }) => !own.some((record) => record.key === key)), ...own];
  }
  return handlers;
}

function misplaced(name: string, { key, on }: HandlerRecord): string[] {
  if (on === 'method') return [];
  return [`${name}.${String(key)}: @Topic is written on a ${on}. Write it on a method of the instance.`];
}

/** An inherited handler counts; overridden without a decorator, it is unclear what is meant. */
function undecoratedOverrides(lineage: readonly Class[]): string[] {
  const findings: string[] = [];
  const inherited = new Map<string | symbol, Class>();
  for (const each of lineage) {
    const own = new Set((ownRecord<HandlerRecord[]>(each, ROUTES) ?? []).map(({ key }) => key));
    for (const [key, base] of inherited) {
      if (own.has(key) || !Object.hasOwn(each.prototype, key)) continue;
      findings.push(
        `${tokenName(each)}.${String(key)} overrides a handler of ${tokenName(base)} without a decorator. Write @Topic(...) above it, or give it another name.`,
      );
    }
    for (const key of own) inherited.set(key, each);
  }
  return findings;
}

// What can be said of classes and providers before anything is built: what can't be had, circles, and what would outlive its message.
import type { ControllerOptions } from '../decorators/controller.js';
import { CONTROLLER, ownRecord } from '../decorators/record.js';
import { type Argument, constructionOf } from './construction.js';
import type { Key, Recipe, Registrations } from './registrations.js';
import { scopeNames } from './scope.js';
import { type Class, injectionKey, tokenName } from './token.js';
import type { DependencyContainer } from './tsyringe.js';

interface Known {
  readonly registrations: Registrations;
  readonly container: DependencyContainer;
}

/** Every mistake in these classes, in those that providers name, and in whatever they inject. */
export function dependencyFindings(classes: readonly Class[], known: Known): string[] {
  const findings = classes.flatMap((each) => wrongScope(each, known));
  const seen = new Set<Key>();
  const visit = (key: Key, above: readonly Recipe[]): void => {
    const recipe = known.registrations.recipeOf(key);
    if (!recipe) return;
    if (above.includes(recipe)) {
      findings.push(circleSentence(above, recipe));
      return;
    }
    const outlived = outlivedSentence([...above, recipe]);
    if (outlived) findings.push(outlived);
    if (seen.has(key)) return;
    seen.add(key);
    findings.push(...mistakesOf(recipe, known));
    for (const need of known.registrations.needsOf(key)) visit(need, [...above, recipe]);
  };
  for (const each of [...classes, ...known.registrations.provided]) visit(each, []);
  return findings;
}

/** The sentence of things that need each other, from what they are on the way to, and what is needed once more. */
export function circleSentence(
  path: readonly { readonly name: string }[],
  again: { readonly name: string },
): string {
  const names = [...path.slice(path.indexOf(again)), again].map(({ name }) => name);
  return `${names.join(' -> ')}: these need each other to be built. Take one of them out of the constructor and resolve it later.`;
}

/** What a singleton would keep although it belongs to one message; the path ends with it. */
function outlivedSentence(path: readonly Recipe[]): string | undefined {
  const last = path.at(-1);
  const parent = path.at(-2);
  if (!last || parent?.scope !== 'singleton' || last.scope === 'singleton') return undefined;
  const shorter = path.slice(0, -1);
  const keepers = path.slice(shorter.findLastIndex(({ scope }) => scope !== 'singleton') + 1, -1);
  const [first] = keepers as [Recipe]; // the parent is one of them
  const way = [...keepers, last].map(({ name }) => name).join(' -> ');
  return `${first.name} (singleton) depends on ${last.name} (${scopeNames[last.scope]}): ${way}. It would keep for ever what belongs to one message. Give ${keepers.map(({ name }) => name).join(' and ')} message scope, with @Controller({ scope: 'message' }) or scope: 'message' in a provider, or take ${last.name} out of the constructor of ${parent.name}.`;
}

function mistakesOf({ name, scope, from }: Recipe, known: Known): string[] {
  if (from === 'the message' || 'value' in from) return [];
  if ('factory' in from)
    return from.inject.flatMap((need) =>
      missing(need, `The provider of ${name} names in its inject`, ours, known),
    );
  const construction = constructionOf(from.class);
  return [
    ...construction.findings,
    ...construction.arguments.flatMap((argument) => missingArgument(argument, known)),
    ...(scope === 'singleton' ? [] : uncalledHooks(name, scopeNames[scope], from.class)),
  ];
}

const ours = 'Add { provide: thatToken, useValue: ... } to the providers of createApp.';
const theirs = 'Register it in the container that createApp is given.';

function missingArgument(argument: Argument, known: Known): string[] {
  if (argument.from === 'default') return [];
  const asks = `${argument.where} asks for`;
  if (argument.from === 'token') return missing(injectionKey(argument.token), asks, ours, known);
  return argument.note.isOptional ? [] : missing(argument.note.token, asks, theirs, known);
}

function missing(key: unknown, asks: string, remedy: string, { container }: Known): string[] {
  if (typeof key !== 'symbol' && typeof key !== 'string') return [];
  if (container.isRegistered(key, true)) return [];
  return [`${asks} the token '${tokenName(key)}', which nothing provides. ${remedy}`];
}

function wrongScope(controller: Class, { registrations }: Known): string[] {
  const scope: unknown = ownRecord<ControllerOptions>(controller, CONTROLLER)?.scope ?? 'singleton';
  const name = tokenName(controller);
  // A container of the user's has its own word on how long things live.
  if (scope === 'message' && registrations.isOutside(controller))
    return [
      `${name} has message scope, and is registered in the container that createApp was given, which knows no messages. Take it out of there, or give it the scope 'singleton'.`,
    ];
  if (scope === 'singleton' || scope === 'message') return [];
  return [`${name}: @Controller says scope: ${JSON.stringify(scope)}. Write 'singleton' or 'message'.`];
}

/** The life cycle of the application is not that of a message. */
function uncalledHooks(name: string, scope: string, { prototype }: Class): string[] {
  // A class's prototype is an object, whatever its type says.
  const hooks = ['onStart', 'onConnect', 'onStop'].filter((hook) => hook in (prototype as object));
  return hooks.map(
    (hook) =>
      `${name} (${scope}) has ${hook}(), which is called on singletons only. Move it to one, or give ${name} the scope 'singleton'.`,
  );
}

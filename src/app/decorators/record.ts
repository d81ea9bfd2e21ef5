// Decorators write what they saw onto the class, as own properties under registered symbols, and do nothing else.

/** Which copy of this package wrote a record: two copies in one process don't know each other's classes. */
export const ORIGIN = new URL('..', import.meta.url).href;

export const CONTROLLER = Symbol.for('topicwise:controller');
export const ROUTES = Symbol.for('topicwise:routes');
export const INJECTED = Symbol.for('topicwise:inject');

/** Whoever wants to hear of classes as they are decorated, for as long as it loads modules. */
const listeners = new Set<(controller: object) => void>();

/** Calls the listener for every class that gets a `@Controller`, until the returned function is called. */
export function whenControllerIsDecorated(listener: (controller: object) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function controllerWasDecorated(controller: object): void {
  for (const listener of listeners) listener(controller);
}

/** P2: what a compiler hands a decorator as its second argument that was not told of experimental decorators is an object. */
export function refuseStandardForm(decorator: string, second: unknown): void {
  if (typeof second !== 'object' || second === null) return;
  throw new TypeError(
    `${decorator} was compiled as a standard decorator, which has no parameter decorators. Write "experimentalDecorators": true into the tsconfig.json that covers the file, and see that its "include" names the folder.`,
  );
}

interface Recorded<T> {
  readonly origin: string;
  readonly value: T;
}

/** What is written on the class itself, not on one that it extends. */
export function ownRecord<T>(target: object, symbol: symbol): T | undefined {
  return recorded<T>(target, symbol)?.value;
}

/** The copy of this package that wrote the record. */
export function recordOrigin(target: object, symbol: symbol): string | undefined {
  return recorded<unknown>(target, symbol)?.origin;
}

/** The record on the class, made by `create` if there is none yet. */
export function recordOn<T>(target: object, symbol: symbol, create: () => T): T {
  const known = recorded<T>(target, symbol);
  if (known) return known.value;
  const fresh: Recorded<T> = { origin: ORIGIN, value: create() };
  Object.defineProperty(target, symbol, { value: fresh, configurable: true });
  return fresh.value;
}

function recorded<T>(target: object, symbol: symbol): Recorded<T> | undefined {
  // The symbols are ours, so whoever wrote the property wrote a Recorded.
  return Object.getOwnPropertyDescriptor(target, symbol)?.value as Recorded<T> | undefined;
}

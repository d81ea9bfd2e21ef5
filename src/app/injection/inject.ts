import { INJECTED, recordOn } from '../decorators/record.js';
import type { Class, Token, TokenOf } from './token.js';
import { injectionKey } from './token.js';
import { delay, inject } from './tsyringe.js';

/** What `@Inject` was given: the token, or a function that gives it once all modules are loaded. */
export type InjectedToken = TokenOf<unknown> | (() => TokenOf<unknown>);

/** The parameters of a constructor with the token of each. */
export type InjectedParameters = Map<number, InjectedToken>;

type ConstructorArgument<C, I extends number> = C extends abstract new (
  ...args: infer A
) => unknown
  ? A[I]
  : never;

/**
 * Names what a constructor parameter gets, and checks at compile time that it fits. No `emitDecoratorMetadata` is needed.
 * `@Inject(() => Repo)` reads the class later: for classes whose modules import each other.
 */
export function Inject<T>(
  token: Class<T> | Token<T> | (() => Class<T> | Token<T>),
): <C extends Class, const I extends number>(
  target: C,
  key: undefined,
  index: T extends ConstructorArgument<C, I>
    ? I
    : 'the injected type does not fit this constructor parameter',
) => void {
  return (target, _key, index) => {
    // A compiler that checks types only lets a number through.
    const position = index as number;
    recordOn<InjectedParameters>(target, INJECTED, () => new Map()).set(position, token);
    noteForTsyringe(target, position, token);
  };
}

/** An arrow function has no prototype; a class has one. */
export function tokenFrom(injected: InjectedToken): TokenOf<unknown> {
  // A function without a prototype can't be a class, so it is the lazy form.
  return isLazy(injected) ? (injected as () => TokenOf<unknown>)() : (injected as TokenOf<unknown>);
}

function isLazy(injected: InjectedToken): boolean {
  return typeof injected === 'function' && !Object.hasOwn(injected, 'prototype');
}

/** The same fact in tsyringe's own words, for a class that a container of the user's own constructs. */
function noteForTsyringe(target: Class, index: number, injected: InjectedToken): void {
  // Undefined in a circular import of CommonJS modules, whatever the types say; the lint at boot names it.
  if (injected === undefined) return;
  const noted = isLazy(injected)
    ? delay(() => injectionKey(tokenFrom(injected)) as Constructor)
    : (injectionKey(tokenFrom(injected)) as Constructor);
  inject(noted)(target, undefined, index);
}

// tsyringe takes abstract classes and symbols at run time; the types of `inject` and `delay` ask for less.
type Constructor = new (...args: unknown[]) => unknown;

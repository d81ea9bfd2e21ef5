import { refuseIfAny } from '../boot-error.js';
import { type Argument, constructionOf, type TsyringeNote } from './construction.js';
import type { Class, TokenOf } from './token.js';
import type { DependencyContainer, InjectionToken } from './tsyringe.js';

/** Where arguments come from. */
export interface Resolver {
  readonly container: DependencyContainer;
  resolve(token: TokenOf<unknown>): unknown;
}

/** Builds a class with what its constructor names. */
export function construct(target: Class, resolver: Resolver): object {
  const construction = constructionOf(target);
  refuseIfAny(construction.findings);
  const args = construction.arguments.map((argument) => argumentFor(argument, resolver));
  // Only a class that TypeScript calls abstract could object, and at run time there is none.
  return new (target as new (...args: unknown[]) => object)(...args);
}

function argumentFor(argument: Argument, resolver: Resolver): unknown {
  if (argument.from === 'default') return undefined;
  return argument.from === 'token' ? resolver.resolve(argument.token) : fromNote(argument.note, resolver);
}

/** As tsyringe itself reads its notes, in our container. */
function fromNote(note: TsyringeNote, resolver: Resolver): unknown {
  const value = noted(note, resolver);
  if (note.transform === undefined) return value;
  // Only tsyringe's own decorators write a transform, and its types make it one.
  const transform = resolver.container.resolve(
    note.transform as InjectionToken<{ transform(...args: unknown[]): unknown }>,
  );
  return transform.transform(value, ...(note.transformArgs ?? []));
}

function noted({ token, multiple, isOptional }: TsyringeNote, resolver: Resolver): unknown {
  const { container } = resolver;
  const key = token as InjectionToken; // tsyringe's own decorators took it for one
  if (isOptional && !container.isRegistered(key, true)) return multiple ? [] : undefined;
  if (multiple) return container.resolveAll(key);
  if (typeof key === 'function') return resolver.resolve(key as Class);
  return typeof key === 'symbol' ? resolver.resolve({ key }) : container.resolve(key);
}

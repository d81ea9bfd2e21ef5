// What a class needs to be constructed, read from its decorators; and what would silently arrive as `undefined`.
import { INJECTED, ORIGIN, ownRecord, recordOrigin } from '../decorators/record.js';
import {
  type ConstructorParameter,
  constructorParameters,
  forwardsArguments,
} from './constructor-parameters.js';
import { type InjectedParameters, tokenFrom } from './inject.js';
import { type Class, type TokenOf, tokenName } from './token.js';

/** tsyringe's own notes on a parameter, for classes decorated with its `inject` and the like. */
export interface TsyringeNote {
  readonly token: unknown;
  readonly multiple?: boolean;
  readonly isOptional?: boolean;
  readonly transform?: unknown;
  readonly transformArgs?: readonly unknown[];
}

export type Argument =
  | { readonly from: 'token'; readonly token: TokenOf<unknown>; readonly where: string }
  | { readonly from: 'tsyringe'; readonly note: TsyringeNote; readonly where: string }
  /** It has a default: nothing is handed in. */
  | { readonly from: 'default' };

export interface Construction {
  readonly arguments: readonly Argument[];
  /** Why the class can't be constructed as it is written. */
  readonly findings: readonly string[];
}

export function constructionOf(target: Class): Construction {
  const owner = constructorOwner(target);
  if (!owner) return { arguments: [], findings: [] };
  const foreign = foreignCopy(target, owner);
  if (foreign) return { arguments: [], findings: [foreign] };
  const known = knownTokens(owner);
  const findings: string[] = [];
  const list = parametersOf(owner, known.count).map(({ name, optional }, index): Argument => {
    const where = `${tokenName(target)}: constructor parameter ${index}${name && ` (${name})`}`;
    const argument = known.argument(index, where, optional);
    if (typeof argument === 'object') return argument;
    if (!optional || argument !== undefined) findings.push(`${where} ${argument ?? known.missing}`);
    return { from: 'default' };
  });
  return { arguments: list, findings };
}

/** As the source has them; beyond what can be read there, as many as are known to be, without names. */
function parametersOf(owner: Class, atLeast: number): readonly ConstructorParameter[] {
  const read = constructorParameters(owner) ?? [];
  const more = Math.max(0, atLeast - read.length, owner.length - read.length);
  return [...read, ...Array.from({ length: more }, () => ({ name: '', optional: false }))];
}

/** The class whose constructor really takes the arguments: a subclass without one of its own inherits it, with its tokens. */
function constructorOwner(target: Class): Class | undefined {
  let owner: Class = target;
  while (!hasTokens(owner) && forwardsArguments(owner)) {
    const parent: unknown = Object.getPrototypeOf(owner);
    if (typeof parent !== 'function' || parent === Function.prototype) return undefined;
    // Whatever a class extends is a class.
    owner = parent as Class;
  }
  return owner;
}

function hasTokens(target: Class): boolean {
  return (
    ownRecord(target, INJECTED) !== undefined ||
    Reflect.hasOwnMetadata('injectionTokens', target) ||
    Reflect.hasOwnMetadata('design:paramtypes', target)
  );
}

function foreignCopy(target: Class, owner: Class): string | undefined {
  const origin = recordOrigin(owner, INJECTED);
  if (origin === undefined || origin === ORIGIN) return undefined;
  return `${tokenName(target)}: its @Inject comes from a second copy of topicwise (${origin}); this application runs on ${ORIGIN}. Install one copy only.`;
}

interface KnownTokens {
  /** The argument, or what is wrong with it, or undefined if nothing is known. */
  argument(index: number, where: string, optional: boolean): Argument | string | undefined;
  /** How many parameters there are at least. */
  readonly count: number;
  readonly missing: string;
}

function knownTokens(owner: Class): KnownTokens {
  const injected = ownRecord<InjectedParameters>(owner, INJECTED) ?? new Map();
  // Written by tsyringe's `inject`, by parameter number.
  const notes = (Reflect.getOwnMetadata('injectionTokens', owner) ?? {}) as Record<number, unknown>;
  // Written by the compiler when emitDecoratorMetadata is on.
  const types = Reflect.getOwnMetadata('design:paramtypes', owner) as readonly unknown[] | undefined;
  return {
    count: Math.max(
      0,
      types?.length ?? 0,
      ...[...injected.keys(), ...Object.keys(notes).map(Number)].map((at) => at + 1),
    ),
    missing: types
      ? 'has no run-time type. Write @Inject(TheClass) in front of it, or give it a default.'
      : 'has no injection token. This build emits no decorator metadata. Write @Inject(TheClass) in front of it, or give it a default.',
    argument(index, where, optional) {
      if (injected.has(index)) return fromInject(injected, index, where);
      if (index in notes) return { from: 'tsyringe', note: asNote(notes[index]), where };
      // A default counts in every build, not only in those without metadata.
      return types && index in types && !optional ? fromType(types[index], where) : undefined;
    },
  };
}

function fromInject(injected: InjectedParameters, index: number, where: string): Argument | string {
  const written = injected.get(index);
  // Undefined, whatever the types say, when modules import each other in a circle.
  const token = written === undefined ? undefined : tokenFrom(written);
  if (token !== undefined) return { from: 'token', token, where };
  return 'has an @Inject whose class was not loaded yet: its modules import each other. Write @Inject(() => TheClass).';
}

function fromType(type: unknown, where: string): Argument | string | undefined {
  if (type === undefined) return undefined;
  if (typeof type !== 'function')
    return 'has no class as its run-time type. Write @Inject(TheToken) in front of it.';
  if (!isBuiltIn(type)) return { from: 'token', token: type as Class, where };
  return `has the run-time type ${type.name}; an interface or a primitive cannot be injected by type. Make a token: const T = token<...>('name') and write @Inject(T).`;
}

/** String, Object, Map, AbortController: what the compiler names when there is no class of the user's. */
function isBuiltIn(type: { readonly name: string }): boolean {
  // An index signature for a look-up by name.
  return (globalThis as Record<string, unknown>)[type.name] === type;
}

function asNote(note: unknown): TsyringeNote {
  const described = typeof note === 'object' && note !== null && 'token' in note;
  return described ? (note as TsyringeNote) : { token: note };
}

import type { Awaitable } from '../awaitable.js';
import { isScope, type Scope } from './scope.js';
import { type Class, type TokenOf, tokenName } from './token.js';
import type { DependencyContainer } from './tsyringe.js';

/** How the application comes by something that is injected. The last provider of a token wins. */
export type Provider =
  | {
      provide: TokenOf<unknown>;
      /** Handed out as it is; whoever made it disposes of it. */
      useValue: unknown;
    }
  | {
      provide: TokenOf<unknown>;
      /** Built by the same rules as a controller. */
      useClass: Class;
      /**
       * `singleton`: once per application. `message`: once for each attempt to handle a message, disposed of behind it. `transient`: as `message`, but anew for each constructor that
       * takes it. Only classes with message scope may take the last two. Default: what `@Controller` says of `useClass`, else of `provide`, else 'singleton'.
       */
      scope?: Scope;
    }
  | {
      provide: TokenOf<unknown>;
      /** Called once in `start()`. A promise is awaited; what is listed after it, or names it in `inject`, may resolve its value. */
      useFactory: (container: DependencyContainer) => Awaitable<unknown>;
      /** What the factory resolves: made, and awaited, before it is called, wherever it stands in the list. Default: none. */
      inject?: readonly TokenOf<unknown>[];
      /** Called when the application stops. By default the value's own `Symbol.asyncDispose`, `Symbol.dispose` or `dispose()`, unless the factory only passes on what another provider gave or made. */
      // biome-ignore lint/suspicious/noExplicitAny: the value's type is the factory's affair
      dispose?: (value: any) => Awaitable<void>;
    };

/** What the types refuse as well, unless modules that import each other left something undefined. */
export function wrongProvider(provider: Provider | undefined, at: number): string | undefined {
  const where = `providers[${at}]`;
  if (typeof provider !== 'object' || provider === null)
    return `${where} is ${String(provider)}. Write { provide: TheClassOrToken, useValue: ... }.`;
  // Looked up, not assumed.
  const { provide, useClass, useFactory, ...options } = provider as { readonly [name: string]: unknown };
  if (!isToken(provide))
    return `${where} provides ${String(provide)}, which is neither a class nor a token. If it is undefined, its modules import each other.`;
  const named = `${where} (${tokenName(provide)})`;
  if ('useValue' in provider || typeof useFactory === 'function' || typeof useClass === 'function') {
    const wrong = wrongOptions(options, typeof useClass === 'function', typeof useFactory === 'function');
    return wrong && `${named}: ${wrong}`;
  }
  const asked =
    'useClass' in provider ? `useClass is ${String(useClass)}` : `useFactory is ${String(useFactory)}`;
  return `${named}: ${asked}. Write useValue, useClass with a class, or useFactory with a function.`;
}

function wrongOptions(
  { scope, inject }: { readonly [name: string]: unknown },
  isClass: boolean,
  isFactory: boolean,
): string | undefined {
  if (scope !== undefined && !isClass)
    return 'scope is for useClass: a value and what a factory makes live as long as the application. Leave it out.';
  if (scope !== undefined && !isScope(scope))
    return `scope is ${JSON.stringify(scope)}. Write 'singleton', 'message' or 'transient'.`;
  if (inject === undefined) return undefined;
  if (!isFactory)
    return 'inject is for useFactory: a class says in its constructor what it needs. Leave it out.';
  if (Array.isArray(inject) && inject.every(isToken)) return undefined;
  return 'inject holds what is neither a class nor a token. Write a list of them; if one is undefined, its modules import each other.';
}

function isToken(provide: unknown): boolean {
  const key = typeof provide === 'object' && provide !== null && 'key' in provide ? provide.key : provide;
  return typeof key === 'function' || typeof key === 'symbol';
}

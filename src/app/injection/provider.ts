import type { Awaitable } from '../awaitable.js';
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
      /** Built once per application, by the same rules as a controller. */
      useClass: Class;
    }
  | {
      provide: TokenOf<unknown>;
      /** Called once in `start()`. A promise is awaited, and what is listed after it may resolve its value. */
      useFactory: (container: DependencyContainer) => Awaitable<unknown>;
      /** Called when the application stops. By default the value's own `Symbol.asyncDispose`, `Symbol.dispose` or `dispose()`. */
      // biome-ignore lint/suspicious/noExplicitAny: the value's type is the factory's affair
      dispose?: (value: any) => Awaitable<void>;
    };

/** What the types refuse as well, unless modules that import each other left something undefined. */
export function wrongProvider(provider: Provider | undefined, at: number): string | undefined {
  const where = `providers[${at}]`;
  if (typeof provider !== 'object' || provider === null)
    return `${where} is ${String(provider)}. Write { provide: TheClassOrToken, useValue: ... }.`;
  // Looked up, not assumed.
  const { provide, useClass, useFactory } = provider as { readonly [name: string]: unknown };
  const key = typeof provide === 'object' && provide !== null && 'key' in provide ? provide.key : provide;
  if (typeof key !== 'function' && typeof key !== 'symbol')
    return `${where} provides ${String(provide)}, which is neither a class nor a token. If it is undefined, its modules import each other.`;
  const name = tokenName(provide);
  if ('useValue' in provider || typeof useFactory === 'function' || typeof useClass === 'function')
    return undefined;
  const asked =
    'useClass' in provider ? `useClass is ${String(useClass)}` : `useFactory is ${String(useFactory)}`;
  return `${where} (${name}): ${asked}. Write useValue, useClass with a class, or useFactory with a function.`;
}

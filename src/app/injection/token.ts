import type { InjectionToken } from './tsyringe.js';

/** Any class, abstract ones included, whose instances are a `T`. */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets a constraint accept every parameter list
export type Class<T = object> = abstract new (...args: any[]) => T;

/** Names something that is no class: a number, a function, an interface. Made by `token()`. */
export interface Token<T> {
  /** What the container knows it by. */
  readonly key: symbol;
  readonly '~token'?: T;
}

/** A name for a value to inject: `const THRESHOLD = token<number>('threshold')`, then `@Inject(THRESHOLD)`. */
export function token<T>(description: string): Token<T> {
  return { key: Symbol(description) };
}

/** What stands for an injectable thing: its class or its token. */
export type TokenOf<T> = Class<T> | Token<T>;

/** What tsyringe registers it under. */
export function injectionKey(token: TokenOf<unknown>): Class<unknown> | symbol {
  return typeof token === 'function' ? token : token.key;
}

/** The same for tsyringe, which takes abstract classes at run time but not in its types. */
export function tsyringeToken(key: Class<unknown> | symbol): InjectionToken {
  return key as InjectionToken;
}

/** How an error names it. */
export function tokenName(token: unknown): string {
  if (typeof token === 'function') return token.name || 'a class without a name';
  if (typeof token === 'symbol') return token.description ?? 'a token without a name';
  if (typeof token === 'object' && token !== null && 'key' in token) return tokenName(token.key);
  return String(token);
}

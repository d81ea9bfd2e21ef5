import type { Awaitable } from '../awaitable.js';
import type { ControllerOptions } from '../decorators/controller.js';
import { CONTROLLER, ownRecord } from '../decorators/record.js';
import { constructionOf } from './construction.js';
import { type Provider, wrongProvider } from './provider.js';
import { CurrentMessage, type Scope } from './scope.js';
import { type Class, injectionKey, type TokenOf, tokenName, tsyringeToken } from './token.js';
import type { DependencyContainer } from './tsyringe.js';

export type Key = Class<unknown> | symbol;

/** How something is made that is injected. */
export interface Recipe {
  readonly name: string;
  readonly scope: Scope;
  readonly from:
    | { readonly class: Class }
    | { readonly factory: (container: DependencyContainer) => unknown; readonly inject: readonly Key[] }
    | { readonly value: unknown }
    | 'the message';
  readonly dispose: ((value: unknown) => Awaitable<void>) | undefined;
}

/** What an application knows how to make: what its providers say, and every class that something injects. */
export class Registrations {
  /** What is wrong with the list of providers itself. */
  readonly wrong: string[] = [];
  readonly #outside: DependencyContainer | undefined;
  readonly #recipes = new Map<Key, Recipe>();
  readonly #provided = new Set<Key>();
  readonly #onNew: (key: Key) => void;

  /** `onNew` hears of every key once. */
  constructor(options: {
    container: DependencyContainer | undefined;
    builtIn: readonly Provider[];
    providers: readonly Provider[];
    onNew: (key: Key) => void;
  }) {
    this.#outside = options.container;
    this.#onNew = options.onNew;
    this.#set(CurrentMessage.key, {
      name: 'the current message',
      scope: 'message',
      from: 'the message',
      dispose: undefined,
    });
    for (const provider of options.builtIn) this.#provide(provider);
    for (const [at, provider] of options.providers.entries()) {
      const wrong = wrongProvider(provider, at);
      if (wrong) this.wrong.push(wrong);
      else this.#provide(provider);
    }
  }

  /** The keys of the providers, in order. */
  get provided(): readonly Key[] {
    return [...this.#provided];
  }

  isProvided(key: Key): boolean {
    return this.#provided.has(key);
  }

  /** Undefined for what only the container of the user's can make, if anybody. */
  recipeOf(key: Key): Recipe | undefined {
    const known = this.#recipes.get(key);
    if (known) return known;
    if (typeof key === 'symbol' || this.isOutside(key)) return undefined;
    // A key that is no symbol is a class.
    const recipe = classRecipe(tokenName(key), key as Class, scopeOf(key as Class));
    this.#set(key, recipe);
    return recipe;
  }

  /** What has to be there before it can be made. */
  needsOf(key: Key): readonly Key[] {
    const from = this.recipeOf(key)?.from;
    if (from === undefined || from === 'the message' || 'value' in from) return [];
    if ('factory' in from) return from.inject;
    return constructionOf(from.class).arguments.flatMap((argument) => {
      if (argument.from === 'default') return [];
      const token = argument.from === 'token' ? injectionKey(argument.token) : argument.note.token;
      return typeof token === 'symbol' || typeof token === 'function' ? [token as Key] : [];
    });
  }

  /** A class that was registered in the container that the user handed in is built there, as they said. */
  isOutside(key: Key): boolean {
    if (typeof key === 'symbol' || this.#recipes.has(key)) return false;
    return this.#outside?.isRegistered(tsyringeToken(key), true) ?? false;
  }

  #provide(provider: Provider): void {
    const key = injectionKey(provider.provide);
    this.#provided.add(key);
    this.#set(key, recipeOf(provider, tokenName(key)));
  }

  #set(key: Key, recipe: Recipe): void {
    const isNew = !this.#recipes.has(key);
    this.#recipes.set(key, recipe);
    if (isNew) this.#onNew(key);
  }
}

function recipeOf(provider: Provider, name: string): Recipe {
  if ('useValue' in provider)
    return { name, scope: 'singleton', from: { value: provider.useValue }, dispose: undefined };
  if ('useClass' in provider)
    return classRecipe(
      name,
      provider.useClass,
      provider.scope ?? scopeOf(provider.useClass, provider.provide),
    );
  const inject = (provider.inject ?? []).map(injectionKey);
  return {
    name,
    scope: 'singleton',
    from: { factory: provider.useFactory, inject },
    dispose: provider.dispose,
  };
}

function classRecipe(name: string, target: Class, scope: Scope): Recipe {
  return { name, scope, from: { class: target }, dispose: undefined };
}

/** What `@Controller` says of the first of them that it says anything of. */
function scopeOf(...tokens: readonly TokenOf<unknown>[]): Scope {
  const said = tokens.map((token) => ownRecord<ControllerOptions>(token, CONTROLLER)?.scope);
  return said.find((scope) => scope !== undefined) ?? 'singleton';
}

import { orAborted } from '../../time/or-aborted.js';
import { isThenable } from '../awaitable.js';
import { BootError } from '../boot-error.js';
import { construct } from './arguments.js';
import { copiesFindings } from './copies.js';
import { circleSentence, dependencyFindings } from './dependency-findings.js';
import { Disposal } from './disposal.js';
import { freeze, resolveUnknown } from './frozen-container.js';
import { MessageScopes } from './message-scopes.js';
import type { Provider } from './provider.js';
import { type Key, type Recipe, Registrations } from './registrations.js';
import { scopeNames } from './scope.js';
import { type Class, injectionKey, type TokenOf, tsyringeToken } from './token.js';
import { type DependencyContainer, container as root } from './tsyringe.js';

/** One thing that the application makes or was given, once. */
interface Entry {
  readonly recipe: Recipe;
  state: 'waiting' | 'building' | 'built';
  value: unknown;
}

/**
 * Builds the application's objects in a child container of its own: every singleton once per application, dependencies first.
 * Nothing is ever written into the container that was handed in, nor into tsyringe's global one.
 */
export class Assembly {
  readonly container: DependencyContainer;
  /** What is built for messages, from the singletons here. */
  readonly scopes: MessageScopes;
  readonly #outside: DependencyContainer | undefined;
  readonly #registrations: Registrations;
  readonly #entries = new Map<Key, Entry>();
  readonly #disposal = new Disposal();
  /** Everything that was given or made. */
  readonly #values = new Set<unknown>();
  readonly #path: Recipe[] = [];
  readonly #prepared = new Set<Key>();
  readonly #report: (error: unknown) => void;
  readonly #built: { readonly name: string; readonly value: unknown }[] = [];
  #preparing = '';
  #abandoned = 0;

  /** `report` is told what fails when nobody waits for it any more. */
  constructor(options: {
    container?: DependencyContainer | undefined;
    /** Of the framework itself: the application's own may take their place. */
    builtIn: readonly Provider[];
    providers: readonly Provider[];
    report: (error: unknown) => void;
  }) {
    this.#outside = options.container;
    this.#report = options.report;
    this.container = (options.container ?? root).createChildContainer();
    resolveUnknown(this.container, options.container, (target) => this.resolve(target));
    const register = this.container.register.bind(this.container); // which freeze() takes away
    this.#registrations = new Registrations({
      container: options.container,
      builtIn: options.builtIn,
      providers: options.providers,
      onNew: (key) => {
        // A key of ours is what resolve() would find behind its token.
        const token = typeof key === 'symbol' ? { key } : key;
        register(tsyringeToken(key), { useFactory: () => this.resolve(token) });
      },
    });
    this.scopes = new MessageScopes(this.#registrations, this);
  }

  /** Every mistake in these classes, in those that providers name, and in whatever they inject. */
  findings(classes: readonly Class[]): string[] {
    const registrations = this.#registrations;
    return [
      ...copiesFindings(this.#outside),
      ...registrations.wrong,
      ...dependencyFindings(classes, { registrations, container: this.container }),
    ];
  }

  /**
   * Builds what the providers name, and awaits every factory, what each needs before it. Throws a BootError for what can't be built, or the signal's
   * reason; then what a factory brings later is disposed of at once.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    for (const key of this.#registrations.provided) await this.#prepare(key, signal, []);
  }

  /** Builds the classes that are singletons, and every singleton that the others will need. Throws a BootError for what can't be built. */
  build(classes: readonly Class[]): ReadonlyMap<Class, object> {
    const built = new Map<Class, object>();
    for (const target of classes) {
      // What a class constructs to is an object.
      if (!this.isScoped(target)) built.set(target, this.resolve(target) as object);
    }
    const seen = new Set<Key>();
    for (const key of [...classes, ...this.#registrations.provided]) this.#buildNeeds(key, seen);
    return built;
  }

  /** Whether it is built for messages. */
  isScoped(target: Class): boolean {
    const scope = this.#registrations.recipeOf(target)?.scope;
    return scope !== undefined && scope !== 'singleton';
  }

  /** The thing itself, built now if it was not yet. */
  resolve(token: TokenOf<unknown>): unknown {
    const key = injectionKey(token);
    const recipe = this.#registrations.recipeOf(key);
    if (!recipe) return this.container.resolve(tsyringeToken(key));
    if (recipe.scope !== 'singleton') throw this.#outsideOfMessages(recipe);
    return this.#take(this.#entry(key, recipe));
  }

  /** From now on nothing can be registered: what was built would not know of it. */
  freeze(): void {
    freeze(this.container);
  }

  /** What the application built itself, in order of creation. */
  get built(): readonly { readonly name: string; readonly value: unknown }[] {
    return this.#built;
  }

  /** Whose factory is awaited. */
  get preparing(): string {
    return this.#preparing;
  }

  /** Factories and disposals under way that nobody waits for any more. */
  get abandoned(): number {
    return this.#abandoned + this.#disposal.abandoned + this.scopes.abandoned;
  }

  /** Disposes of what was built once for the application, in reverse order of creation; waits for none of it once it is late. Rejects with an AggregateError of what fails. */
  dispose(late: AbortSignal): Promise<void> {
    return this.#disposal.run(late);
  }

  /** First what it needs, wherever that stands in the list. */
  async #prepare(key: Key, signal: AbortSignal, path: readonly Recipe[]): Promise<void> {
    const recipe = this.#registrations.recipeOf(key);
    if (!recipe || this.#prepared.has(key)) return;
    if (path.includes(recipe)) throw new BootError([circleSentence(path, recipe)]);
    for (const need of this.#registrations.needsOf(key)) await this.#prepare(need, signal, [...path, recipe]);
    this.#prepared.add(key);
    if (recipe.scope !== 'singleton' || !this.#registrations.isProvided(key)) return;
    const entry = this.#entry(key, recipe);
    const value = this.#take(entry, 'may be a promise');
    if (entry.state === 'building' && isThenable(value)) await this.#finishLater(entry, value, signal);
  }

  #buildNeeds(key: Key, seen: Set<Key>): void {
    const recipe = this.#registrations.recipeOf(key);
    if (!recipe || seen.has(key)) return;
    seen.add(key);
    if (recipe.scope === 'singleton') this.#take(this.#entry(key, recipe));
    else for (const need of this.#registrations.needsOf(key)) this.#buildNeeds(need, seen);
  }

  #entry(key: Key, recipe: Recipe): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry: Entry = { recipe, state: 'waiting', value: undefined };
    this.#entries.set(key, entry);
    return entry;
  }

  #take(entry: Entry, promises?: 'may be a promise'): unknown {
    if (entry.state === 'built') return entry.value;
    const { recipe } = entry;
    if (entry.state === 'building') throw this.#tooEarly(recipe);
    if (this.#path.includes(recipe)) throw new BootError([circleSentence(this.#path, recipe)]);
    this.#path.push(recipe);
    try {
      const value = this.#made(recipe);
      // A promise of the thing comes from a factory; anything else is handed out as it is.
      if (!isFromFactory(recipe) || !isThenable(value)) return this.#finish(entry, value);
      entry.state = 'building';
      if (promises) return value;
      this.#discard(recipe, value);
    } finally {
      this.#path.pop();
    }
    throw this.#tooEarly(recipe);
  }

  #made(recipe: Recipe): unknown {
    const { from } = recipe;
    try {
      if (from === 'the message') throw this.#outsideOfMessages(recipe);
      if ('value' in from) return from.value;
      return 'factory' in from ? from.factory(this.container) : construct(from.class, this);
    } catch (error) {
      throw unbuilt(recipe, error);
    }
  }

  async #finishLater(entry: Entry, promise: PromiseLike<unknown>, signal: AbortSignal): Promise<void> {
    this.#preparing = entry.recipe.name;
    try {
      this.#finish(entry, await orAborted(promise, signal));
    } catch (error) {
      if (!signal.aborted) throw unbuilt(entry.recipe, error);
      this.#discard(entry.recipe, promise);
      throw signal.reason;
    }
  }

  /** Nobody waits for it any more: what a factory still opens is closed again. Why it is not wanted was said elsewhere. */
  #discard({ name, dispose }: Recipe, promise: PromiseLike<unknown>): void {
    this.#abandoned++;
    promise.then(
      (value) => {
        this.#abandoned--;
        const late = new Disposal();
        late.add(name, value, dispose);
        late.run().catch(this.#report);
      },
      () => void this.#abandoned--,
    );
  }

  #finish(entry: Entry, value: unknown): unknown {
    const { name, from, dispose } = entry.recipe;
    entry.state = 'built';
    entry.value = value;
    // What a factory only passes on belongs to whoever gave or made it.
    const isPassedOn = this.#values.has(value);
    this.#values.add(value);
    if (typeof from === 'object' && 'value' in from) return value; // whoever made it disposes of it
    this.#built.push({ name, value });
    if (dispose || !isPassedOn) this.#disposal.add(name, value, dispose);
    return value;
  }

  #tooEarly({ name }: Recipe): BootError {
    return new BootError([
      `${this.#path.at(-1)?.name ?? 'A factory'} asks for ${name}, whose factory is asynchronous and has not run yet. List the provider of ${name} before it, or name ${name} in the inject of the one that asks.`,
    ]);
  }

  #outsideOfMessages({ name, scope }: Recipe): BootError {
    const who = this.#path.at(-1)?.name ?? 'Somebody';
    return new BootError([
      `${who} asks for ${name} (${scopeNames[scope]}) where there is no message: it is built for one only. Name it in the constructor of a class with message scope, which is given it.`,
    ]);
  }
}

function isFromFactory({ from }: Recipe): boolean {
  return typeof from === 'object' && 'factory' in from;
}

/** The error of a factory or a constructor, with the name of what it was to make. */
function unbuilt({ name }: Recipe, cause: unknown): BootError {
  if (cause instanceof BootError) return cause;
  return new BootError([`${name} could not be built: ${String(cause)}`], { cause });
}

import { type Awaitable, isThenable } from '../awaitable.js';
import { BootError, refuseIfAny } from '../boot-error.js';
import { type Argument, constructionOf, type TsyringeNote } from './construction.js';
import { Disposal } from './disposal.js';
import type { Provider } from './provider.js';
import { type Class, injectionKey, type TokenOf, tokenName, tsyringeToken } from './token.js';
import { type DependencyContainer, type InjectionToken, container as root } from './tsyringe.js';

type Key = Class<unknown> | symbol;

/** One thing that the application makes or was given, once. */
interface Entry {
  readonly name: string;
  readonly make: () => unknown;
  readonly dispose?: (value: unknown) => Awaitable<void>;
  /** Whether stopping the application disposes of it. */
  readonly owned: boolean;
  state: 'waiting' | 'building' | 'built';
  value: unknown;
}

/**
 * Builds the application's objects in a child container of its own: every class once per application, dependencies first.
 * Nothing is ever written into the container that was handed in, nor into tsyringe's global one.
 */
export class Assembly {
  readonly container: DependencyContainer;
  readonly #outside: DependencyContainer | undefined;
  readonly #entries = new Map<Key, Entry>();
  /** The classes behind `useClass` providers. */
  readonly #classes = new Map<Key, Class>();
  readonly #disposal = new Disposal();
  readonly #path: Entry[] = [];

  constructor(options: { container?: DependencyContainer | undefined; providers: readonly Provider[] }) {
    this.#outside = options.container;
    this.container = (options.container ?? root).createChildContainer();
    for (const provider of options.providers) this.#provide(provider);
  }

  /** Every mistake in these classes, in those that providers name, and in whatever they inject. */
  findings(classes: readonly Class[]): string[] {
    const findings: string[] = [];
    const seen = new Set<Key>();
    const visit = (target: Class): void => {
      if (seen.has(target) || (this.#entries.has(target) && !this.#classes.has(target))) return;
      seen.add(target);
      const construction = constructionOf(this.#classes.get(target) ?? target);
      findings.push(...construction.findings);
      for (const argument of construction.arguments) {
        if (argument.from !== 'token') continue;
        const missing = this.#missing(argument);
        if (missing) findings.push(missing);
        else if (typeof argument.token === 'function' && !this.#isOutside(argument.token as Class))
          visit(argument.token as Class);
      }
    };
    for (const target of [...classes, ...this.#classes.values()]) visit(target);
    return findings;
  }

  /** Awaits every factory in the order of the list, then builds the classes. Throws a BootError for all mistakes together. */
  async build(classes: readonly Class[]): Promise<ReadonlyMap<Class, object>> {
    refuseIfAny(this.findings(classes));
    for (const entry of [...this.#entries.values()]) {
      const value = this.#take(entry, 'may be a promise');
      if (!isThenable(value)) continue;
      entry.state = 'building';
      this.#finish(entry, await value);
    }
    // What a class constructs to is an object.
    return new Map(classes.map((target) => [target, this.resolve(target) as object]));
  }

  /** The thing itself, built now if it was not yet. */
  resolve(token: TokenOf<unknown>): unknown {
    const key = injectionKey(token);
    const entry = this.#entries.get(key);
    if (entry) return this.#take(entry);
    if (typeof key === 'symbol' || this.#isOutside(key)) return this.container.resolve(tsyringeToken(key));
    return this.#take(
      this.#add(key, { name: tokenName(key), owned: true, make: () => this.#construct(key as Class) }),
    );
  }

  /** Disposes of what was built, in reverse order of creation. */
  dispose(): Promise<void> {
    return this.#disposal.run();
  }

  #provide(provider: Provider): void {
    const key = injectionKey(provider.provide);
    const name = tokenName(key);
    this.#classes.delete(key);
    if ('useValue' in provider) {
      this.#add(key, { name, owned: false, make: () => provider.useValue });
    } else if ('useClass' in provider) {
      this.#classes.set(key, provider.useClass);
      this.#add(key, { name, owned: true, make: () => this.#construct(provider.useClass) });
    } else {
      const { dispose } = provider;
      const make = () => provider.useFactory(this.container);
      this.#add(key, { name, owned: true, make, ...(dispose && { dispose }) });
    }
  }

  #add(key: Key, made: Pick<Entry, 'name' | 'make' | 'dispose' | 'owned'>): Entry {
    const entry: Entry = { ...made, state: 'waiting', value: undefined };
    this.#entries.set(key, entry);
    this.container.register(tsyringeToken(key), { useFactory: () => this.#take(entry) });
    return entry;
  }

  #take(entry: Entry, promises?: 'may be a promise'): unknown {
    if (entry.state === 'built') return entry.value;
    if (this.#path.includes(entry)) throw new BootError([this.#cycle(entry)]);
    this.#path.push(entry);
    try {
      const value = entry.make();
      if (!isThenable(value)) return this.#finish(entry, value);
      if (promises) return value;
      value.then(undefined, () => {}); // The sentence below says what is wrong; its own failure would say less.
      throw new BootError([
        `${this.#path.at(-2)?.name ?? 'A class'} asks for ${entry.name}, whose factory is asynchronous and has not run yet. List the provider of ${entry.name} before it.`,
      ]);
    } finally {
      this.#path.pop();
    }
  }

  #finish(entry: Entry, value: unknown): unknown {
    entry.state = 'built';
    entry.value = value;
    if (entry.owned) this.#disposal.add(value, entry.dispose);
    return value;
  }

  #cycle(entry: Entry): string {
    const names = [...this.#path.slice(this.#path.indexOf(entry)), entry].map(({ name }) => name);
    return `${names.join(' -> ')}: these need each other to be built. Take one of them out of the constructor and resolve it later.`;
  }

  #construct(target: Class): unknown {
    const construction = constructionOf(target);
    refuseIfAny(construction.findings);
    const args = construction.arguments.map((argument) => this.#argument(argument));
    // Only a class that TypeScript calls abstract could object, and at run time there is none.
    return new (target as new (...args: unknown[]) => object)(...args);
  }

  #argument(argument: Argument): unknown {
    if (argument.from === 'default') return undefined;
    return argument.from === 'token' ? this.resolve(argument.token) : this.#fromNote(argument.note);
  }

  /** As tsyringe itself reads its notes, in our container. */
  #fromNote(note: TsyringeNote): unknown {
    const value = this.#noted(note);
    if (note.transform === undefined) return value;
    // Only tsyringe's own decorators write a transform, and its types make it one.
    const transform = this.container.resolve(
      note.transform as InjectionToken<{ transform(...args: unknown[]): unknown }>,
    );
    return transform.transform(value, ...(note.transformArgs ?? []));
  }

  #noted({ token, multiple, isOptional }: TsyringeNote): unknown {
    const key = token as InjectionToken; // tsyringe's own decorators took it for one
    if (isOptional && !this.container.isRegistered(key, true)) return multiple ? [] : undefined;
    if (multiple) return this.container.resolveAll(key);
    return typeof key === 'function' ? this.resolve(key as Class) : this.container.resolve(key);
  }

  /** A class that was registered in the container that the user handed in is built there, as they said. */
  #isOutside(key: Key): boolean {
    if (this.#entries.has(key)) return false;
    const asked = typeof key === 'function' ? this.#outside : this.container;
    return asked?.isRegistered(tsyringeToken(key), true) ?? false;
  }

  #missing({ token, where }: Extract<Argument, { from: 'token' }>): string | undefined {
    const key = injectionKey(token);
    if (typeof key !== 'symbol' || this.#entries.has(key) || this.#isOutside(key)) return undefined;
    return `${where} asks for the token '${tokenName(key)}', which nothing provides. Add { provide: thatToken, useValue: ... } to the providers of createApp.`;
  }
}

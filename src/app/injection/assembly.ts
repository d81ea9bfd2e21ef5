import { orAborted } from '../../time/or-aborted.js';
import { type Awaitable, isThenable } from '../awaitable.js';
import { BootError, refuseIfAny } from '../boot-error.js';
import { type Argument, constructionOf, type TsyringeNote } from './construction.js';
import { Disposal } from './disposal.js';
import { type Provider, wrongProvider } from './provider.js';
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
  /** A promise of the thing comes from a factory; anything else is handed out as it is. */
  readonly maybePromised: boolean;
  state: 'waiting' | 'building' | 'built';
  value: unknown;
}

const ours = { owned: true, maybePromised: false };

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
  /** What is wrong with the list of providers itself. */
  readonly #misprovided: string[] = [];
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
    for (const provider of options.builtIn) this.#provide(provider);
    for (const [at, provider] of options.providers.entries()) {
      const wrong = wrongProvider(provider, at);
      if (wrong) this.#misprovided.push(wrong);
      else this.#provide(provider);
    }
  }

  /** Every mistake in these classes, in those that providers name, and in whatever they inject. */
  findings(classes: readonly Class[]): string[] {
    const findings = [...this.#misprovided];
    const seen = new Set<Key>();
    const visit = (target: Class): void => {
      if (seen.has(target) || (this.#entries.has(target) && !this.#classes.has(target))) return;
      seen.add(target);
      const construction = constructionOf(this.#classes.get(target) ?? target);
      findings.push(...construction.findings);
      for (const argument of construction.arguments) {
        if (argument.from === 'default') continue;
        const missing = this.#missing(argument);
        const token = argument.from === 'token' ? argument.token : argument.note.token;
        if (missing) findings.push(missing);
        // What is a function and a token is a class.
        else if (typeof token === 'function' && !this.#isOutside(token as Class)) visit(token as Class);
      }
    };
    for (const target of [...classes, ...this.#classes.values()]) visit(target);
    return findings;
  }

  /**
   * Builds what the providers name, and awaits every factory, in the order of the list. Throws a BootError for what can't be built, or the signal's
   * reason; then what a factory brings later is disposed of at once.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      const value = this.#take(entry, 'may be a promise');
      if (entry.state === 'building' && isThenable(value)) await this.#finishLater(entry, value, signal);
    }
  }

  /** Builds the classes. Throws a BootError for what can't be built. */
  build(classes: readonly Class[]): ReadonlyMap<Class, object> {
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
      this.#add(key, { ...ours, name: tokenName(key), make: () => this.#construct(key as Class) }),
    );
  }

  /** What the application built itself, in order of creation. */
  get built(): readonly { readonly name: string; readonly value: unknown }[] {
    return this.#built;
  }

  /** Whose factory is awaited. */
  get preparing(): string {
    return this.#preparing;
  }

  /** Factories under way that nobody waits for any more. */
  get abandoned(): number {
    return this.#abandoned;
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
      this.#add(key, { ...ours, name, owned: false, make: () => provider.useValue });
    } else if ('useClass' in provider) {
      this.#classes.set(key, provider.useClass);
      this.#add(key, { ...ours, name, make: () => this.#construct(provider.useClass) });
    } else {
      const { dispose } = provider;
      const make = () => provider.useFactory(this.container);
      this.#add(key, { ...ours, name, maybePromised: true, make, ...(dispose && { dispose }) });
    }
  }

  #add(key: Key, made: Omit<Entry, 'state' | 'value'>): Entry {
    const entry: Entry = { ...made, state: 'waiting', value: undefined };
    this.#entries.set(key, entry);
    this.container.register(tsyringeToken(key), { useFactory: () => this.#take(entry) });
    return entry;
  }

  #take(entry: Entry, promises?: 'may be a promise'): unknown {
    if (entry.state === 'built') return entry.value;
    if (entry.state === 'building') throw this.#tooEarly(entry);
    if (this.#path.includes(entry)) throw new BootError([this.#cycle(entry)]);
    this.#path.push(entry);
    try {
      const value = made(entry);
      if (!entry.maybePromised || !isThenable(value)) return this.#finish(entry, value);
      entry.state = 'building';
      if (promises) return value;
      this.#discard(entry, value);
    } finally {
      this.#path.pop();
    }
    throw this.#tooEarly(entry);
  }

  async #finishLater(entry: Entry, promise: PromiseLike<unknown>, signal: AbortSignal): Promise<void> {
    this.#preparing = entry.name;
    try {
      this.#finish(entry, await orAborted(promise, signal));
    } catch (error) {
      if (!signal.aborted) throw unbuilt(entry, error);
      this.#discard(entry, promise);
      throw signal.reason;
    }
  }

  /** Nobody waits for it any more: what a factory still opens is closed again. Why it is not wanted was said elsewhere. */
  #discard({ dispose }: Entry, promise: PromiseLike<unknown>): void {
    this.#abandoned++;
    promise.then(
      (value) => {
        this.#abandoned--;
        const late = new Disposal();
        late.add(value, dispose);
        late.run().catch(this.#report);
      },
      () => void this.#abandoned--,
    );
  }

  #finish(entry: Entry, value: unknown): unknown {
    entry.state = 'built';
    entry.value = value;
    if (entry.owned) {
      this.#built.push({ name: entry.name, value });
      this.#disposal.add(value, entry.dispose);
    }
    return value;
  }

  #tooEarly({ name }: Entry): BootError {
    return new BootError([
      `${this.#path.at(-1)?.name ?? 'A factory'} asks for ${name}, whose factory is asynchronous and has not run yet. List the provider of ${name} before it.`,
    ]);
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

  #missing(argument: Exclude<Argument, { from: 'default' }>): string | undefined {
    const { where } = argument;
    const key = argument.from === 'token' ? injectionKey(argument.token) : argument.note.token;
    if (argument.from === 'tsyringe' && argument.note.isOptional) return undefined;
    if (typeof key !== 'symbol' && typeof key !== 'string') return undefined;
    if (this.container.isRegistered(key, true)) return undefined;
    const remedy =
      argument.from === 'token'
        ? 'Add { provide: thatToken, useValue: ... } to the providers of createApp.'
        : 'Register it in the container that createApp is given.';
    return `${where} asks for the token '${tokenName(key)}', which nothing provides. ${remedy}`;
  }
}

function made(entry: Entry): unknown {
  try {
    return entry.make();
  } catch (error) {
    throw unbuilt(entry, error);
  }
}

/** The error of a factory or a constructor, with the name of what it was to make. */
function unbuilt({ name }: Entry, cause: unknown): BootError {
  if (cause instanceof BootError) return cause;
  return new BootError([`${name} could not be built: ${String(cause)}`], { cause });
}

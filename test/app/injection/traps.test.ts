// The traps of tsyringe, reflect-metadata and legacy decorators, by their numbers: each has its sentence, or does not exist.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type App,
  type BootError,
  type Class,
  Controller,
  createApp,
  defineTopic,
  discover,
  Inject,
  type Message,
  type Provider,
  Topic,
  token,
  container as tsyringeRoot,
} from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const topic = defineTopic('a', { qos: 1 });
const project = fileURLToPath(new URL('../../..', import.meta.url));
const execute = promisify(execFile);

class Repo {}
class Other {}

async function findings(controllers: readonly Class[], providers: readonly Provider[] = []) {
  const started = createApp({ connection, controllers, providers }).start();
  const error = await started.catch((reason: BootError) => reason);
  return (error as BootError).findings;
}

/** What the compiler writes with emitDecoratorMetadata. */
function typed<C extends Class>(target: C, ...types: unknown[]): C {
  Reflect.defineMetadata('design:paramtypes', types, target);
  return target;
}

const unknown = (parameter: string, index: number) =>
  expect.stringContaining(
    `constructor parameter ${index} (${parameter}) has no injection token. This build emits no decorator metadata. Write @Inject(TheClass) in front of it`,
  );

/** A program in a process of its own, beside the sources, run by tsx. */
const program = (text: string) =>
  execute(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', text], {
    cwd: project,
  }).then(
    ({ stdout }) => stdout.trim(),
    (error: { stderr: string }) => error.stderr,
  );

describe('traps of building', () => {
  it('P1: a parameter without a token, where the build emits no metadata, has its sentence', async () => {
    @Controller()
    class Sensors {
      constructor(readonly repo: Repo) {}
      @Topic(topic) on() {}
    }
    expect(await findings([Sensors])).toEqual([unknown('repo', 0)]);
  });

  it('P2: the application is built whether or not the compiler knew of metadata for this file', async () => {
    // Which files a tsconfig includes decides no more than that; that decorators compile at all is the tool's own error.
    for (const metadata of [true, false]) {
      @Controller()
      class Sensors {
        constructor(@Inject(Repo) readonly repo: Repo) {}
        @Topic(topic) on() {}
      }
      await using t = await createTestApp({
        connection,
        controllers: [metadata ? typed(Sensors, Repo) : Sensors],
      });
      expect(t.app.container.resolve(Sensors).repo).toBeInstanceOf(Repo);
    }
  });

  it('P3: none of the four ways to a silent undefined is silent', async () => {
    @Controller()
    class TokenFirst {
      constructor(
        @Inject(Repo) readonly repo: Repo,
        readonly second: Other,
      ) {}
      @Topic('a') on() {}
    }
    @Controller()
    class TokenLast {
      constructor(
        readonly first: Other,
        @Inject(Repo) readonly repo: Repo,
      ) {}
      @Topic('b') on() {}
    }
    @Controller()
    class DefaultFirst {
      constructor(
        readonly limit = 1,
        readonly second: Other,
      ) {}
      @Topic('c') on() {}
    }
    expect(await findings([TokenFirst, TokenLast, DefaultFirst])).toEqual([
      unknown('second', 1),
      unknown('first', 0),
      unknown('second', 1),
    ]);
    class Base {
      constructor(@Inject(Repo) readonly repo: Repo) {}
    }
    @Controller()
    class Sub extends Base {
      @Topic('d') on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Sub] });
    expect(t.app.container.resolve(Sub).repo).toBeInstanceOf(Repo);
  });

  it.each([Object, String, Map, AbortController])('P4: %o is nothing to inject by type', async (type) => {
    @Controller()
    class Sensors {
      constructor(readonly thing: object) {}
      @Topic(topic) on() {}
    }
    expect(await findings([typed(Sensors, type)])).toEqual([
      `Sensors: constructor parameter 0 (thing) has the run-time type ${type.name}; an interface or a primitive cannot be injected by type. Make a token: const T = token<...>('name') and write @Inject(T).`,
    ]);
  });

  it('P5: a class that does not fit the parameter does not compile', () => {
    class Wrong {
      // @ts-expect-error: the injected type does not fit this constructor parameter
      constructor(@Inject(Other) readonly date: Date) {}
    }
    expect(Wrong).toBeDefined();
  });

  it('P6: a circular import that reads a class too early is named with its circle', async () => {
    const load = () => Promise.reject(new ReferenceError("Cannot access 'Bulbs' before initialization"));
    await expect(
      discover(new URL('../caller.ts', import.meta.url).href, './discovery/circular/*', load),
    ).rejects.toThrow('Its modules import each other: bulbs.ts -> parts/switch.ts -> bulbs.ts.');
  });

  it('P7: a circle is named, of modules that left a class undefined and of classes that need each other', async () => {
    @Controller()
    class Unloaded {
      constructor(@Inject(undefined as unknown as typeof Repo) readonly repo: Repo) {}
      @Topic('a') on() {}
    }
    class A {
      constructor(@Inject(() => B) readonly b: object) {}
    }
    class B {
      constructor(@Inject(A) readonly a: A) {}
    }
    @Controller()
    class Circular {
      constructor(@Inject(A) readonly a: A) {}
      @Topic('b') on() {}
    }
    expect(await findings([Unloaded, Circular])).toEqual([
      'Unloaded: constructor parameter 0 (repo) has an @Inject whose class was not loaded yet: its modules import each other. Write @Inject(() => TheClass).',
      'A -> B -> A: these need each other to be built. Take one of them out of the constructor and resolve it later.',
    ]);
  });
});

describe('traps of how long things live', () => {
  class PerMsg {
    isDisposed = false;
    dispose() {
      this.isDisposed = true;
    }
  }
  const perMsg: Provider = { provide: PerMsg, useClass: PerMsg, scope: 'message' };

  it('P8: a singleton can take nothing of a message, and no message disposes of a singleton', async () => {
    @Controller()
    class Single {
      constructor(@Inject(PerMsg) readonly perMsg: PerMsg) {}
      @Topic('single') on() {}
    }
    expect(await findings([Single], [perMsg])).toEqual([
      expect.stringContaining('Single (singleton) depends on PerMsg (message scope): Single -> PerMsg. '),
    ]);

    class Shared extends PerMsg {}
    const seen: PerMsg[] = [];
    @Controller({ scope: 'message' })
    class Scoped {
      constructor(
        @Inject(Shared) readonly shared: Shared,
        @Inject(PerMsg) readonly perMsg: PerMsg,
      ) {}
      @Topic(topic) on() {
        seen.push(this.shared, this.perMsg);
      }
    }
    await using t = await createTestApp({ connection, controllers: [Scoped], providers: [perMsg] });
    await t.deliver(topic.to(), 'x');
    await t.deliver(topic.to(), 'x');
    expect(seen[0]).toBe(seen[2]);
    expect(seen[1]).not.toBe(seen[3]);
    expect(seen.map(({ isDisposed }) => isDisposed)).toEqual([false, true, false, true]);
  });

  it('P9: nothing is registered, emptied or disposed of in the container after the start', async () => {
    @Controller()
    class Plain {
      @Topic(topic) on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Plain] });
    const { container } = t.app;
    const remedies = {
      register: 'Write a provider in createApp({ providers }).',
      registerInstance: 'Write a provider in createApp({ providers }).',
      registerSingleton: 'Write a provider in createApp({ providers }).',
      registerType: 'Write a provider in createApp({ providers }).',
      clearInstances: 'app.stop() disposes of it.',
      reset: 'app.stop() disposes of it.',
      dispose: 'app.stop() disposes of it.',
    } as const;
    for (const [method, remedy] of Object.entries(remedies)) {
      expect(() => (container as unknown as Record<string, (token: object) => void>)[method]?.(Repo)).toThrow(
        `app.container.${method}() was called after the start: everything is built by then. ${remedy}`,
      );
    }
    expect(container.resolve(Plain)).toBeInstanceOf(Plain);
  });

  it('P10: the container keeps one of each class, whoever asks for it how often, and disposes of it once', async () => {
    let built = 0;
    let disposed = 0;
    class Disposable {
      constructor() {
        built++;
      }
      dispose() {
        disposed++;
      }
    }
    @Controller()
    class Plain {
      @Topic(topic) on() {}
    }
    const t = await createTestApp({ connection, controllers: [Plain] });
    for (let i = 0; i < 1000; i++) t.app.container.resolve(Disposable);
    await t[Symbol.asyncDispose]();
    await t.app.stop();
    expect([built, disposed]).toEqual([1, 1]);

    const transient: Provider = { provide: Disposable, useClass: Disposable, scope: 'transient' };
    @Controller()
    class Single {
      constructor(@Inject(Disposable) readonly disposable: Disposable) {}
      @Topic(topic) on() {}
    }
    expect(await findings([Single], [transient])).toEqual([
      expect.stringContaining('Single (singleton) depends on Disposable (transient): Single -> Disposable. '),
    ]);
  });

  it('P11: what was built is disposed of in reverse, one after the other, all of it, and by each of the three names', async () => {
    const log: string[] = [];
    class First {
      async [Symbol.asyncDispose]() {
        await Promise.resolve();
        log.push('first');
      }
    }
    class Second {
      constructor(@Inject(First) readonly first: First) {}
      [Symbol.dispose]() {
        log.push('second');
        throw new Error('second failed');
      }
    }
    @Controller()
    class Third {
      constructor(@Inject(Second) readonly second: Second) {}
      @Topic(topic) on() {}
      async dispose() {
        log.push('third begins');
        await Promise.resolve();
        log.push('third ends');
      }
    }
    const made: Provider = {
      provide: token('made'),
      useFactory: async () => 'made',
      dispose: (value: string) => void log.push(value),
    };
    const t = await createTestApp({ connection, controllers: [Third], providers: [made] });
    await expect(t.app.stop()).rejects.toThrow(
      'While the application stopped, this failed: Error: second failed',
    );
    expect(log).toEqual(['third begins', 'third ends', 'second', 'first', 'made']);
  });

  it('P12: factories may be asynchronous, each awaited once, what it needs before it', async () => {
    const [A, B, C] = [token<string>('a'), token<string>('b'), token<string>('c')];
    const log: string[] = [];
    class Uses {
      constructor(@Inject(A) readonly a: string) {}
    }
    const factory =
      (name: string): Extract<Provider, { useFactory: unknown }>['useFactory'] =>
      async (c) => {
        log.push(name);
        await Promise.resolve();
        return name === 'a' ? `${c.resolve<string>(B.key)}, a` : name;
      };
    const providers: Provider[] = [
      { provide: Uses, useClass: Uses },
      { provide: A, useFactory: factory('a'), inject: [C, B] },
      { provide: B, useFactory: factory('b') },
      { provide: C, useFactory: factory('c') },
    ];
    @Controller()
    class Plain {
      constructor(@Inject(Uses) readonly uses: Uses) {}
      @Topic(topic) on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Plain], providers });
    expect(t.app.container.resolve(Plain).uses.a).toBe('b, a');
    expect(log).toEqual(['c', 'b', 'a']);

    const circular: Provider[] = [
      { provide: A, useFactory: factory('a'), inject: [B] },
      { provide: B, useFactory: factory('b'), inject: [Uses] },
    ];
    expect(await findings([Plain], circular)).toEqual([
      'Uses -> a -> b -> Uses: these need each other to be built. Take one of them out of the constructor and resolve it later.',
    ]);
  });

  it('P13: nothing is registered globally, by decorators or by applications', async () => {
    @Controller()
    class Plain {
      constructor(@Inject(Repo) readonly repo: Repo) {}
      @Topic(topic) on() {}
    }
    const app = createApp({ connection, controllers: [Plain] });
    const built: object[] = [];
    for (let run = 0; run < 2; run++) {
      await using t = await createTestApp(app);
      built.push(t.app.container.resolve(Repo));
    }
    expect(built[0]).not.toBe(built[1]);
    expect([Plain, Repo].some((each) => tsyringeRoot.isRegistered(each, true))).toBe(false);
  });
});

describe('traps of modules and packages', () => {
  it.each([
    ['nowhere', 'no file matches "./discovery/nowhere/*.ts" with the extension .ts in '],
    ['plain', 'discovery/plain/plain.ts: none of them exports a class with @Controller().'],
    ['abstract', "AnyLampController in discovery/abstract/base.ts is abstract, and can't be built."],
    ['hidden', 'DoorController in discovery/hidden/doors.ts has @Controller() but is not exported.'],
    ['undecorated', 'Forgotten in discovery/undecorated/forgotten.ts has handlers but is no controller.'],
  ])('P14: a controller that discover() would leave out is named: %s', async (folder, sentence) => {
    const caller = new URL('../caller.ts', import.meta.url).href;
    await expect(discover(caller, `./discovery/${folder}/*.ts`)).rejects.toThrow(sentence);
  });

  it('P14: an empty list of controllers is named', async () => {
    expect(await findings([])).toEqual([expect.stringContaining('The application has no controllers')]);
  });

  it('P15: a second copy of topicwise is named with both paths', async () => {
    const record = (value: unknown) => ({ value: { origin: 'file:///elsewhere/topicwise/', value } });
    class Foreign {
      on() {}
    }
    Object.defineProperty(Foreign, Symbol.for('topicwise:controller'), record({}));
    class ForeignPart {
      constructor(readonly repo: Repo) {}
    }
    Object.defineProperty(ForeignPart, Symbol.for('topicwise:inject'), record(new Map([[0, Repo]])));
    @Controller()
    class Ours {
      constructor(@Inject(ForeignPart) readonly part: ForeignPart) {}
      @Topic(topic) on() {}
    }
    const both =
      /\(file:\/\/\/elsewhere\/topicwise\/\); this application runs on file:\/\/\/.+\/src\/app\/\. Install one copy only\.$/;
    expect(await findings([Foreign, Ours])).toEqual([
      expect.stringMatching(both),
      expect.stringMatching(both),
    ]);
  });

  it('P15: a second copy of reflect-metadata, and a container of a second tsyringe, are named', async () => {
    @Controller()
    class Plain {
      @Topic(topic) on() {}
    }
    const ours = Reflect.getOwnMetadata;
    Reflect.getOwnMetadata = () => undefined; // as an older copy, loaded later, which keeps notes of its own
    try {
      expect(await findings([Plain])).toEqual([
        expect.stringMatching(/^A second copy of reflect-metadata was loaded after that of topicwise/),
      ]);
    } finally {
      Reflect.getOwnMetadata = ours;
    }
    class Container {
      createChildContainer = () => tsyringeRoot.createChildContainer();
      isRegistered = () => false;
    }
    const foreign = new Container() as unknown as typeof tsyringeRoot;
    await expect(createApp({ connection, controllers: [Plain], container: foreign }).start()).rejects.toThrow(
      /^container was made by a second copy of tsyringe/,
    );
  });

  it('P16: an application imports topicwise and nothing before it', async () => {
    const text =
      "const { container } = await import('./src/index.ts'); console.log(typeof container.resolve)";
    expect(await program(text)).toBe('function');
    // What would happen without.
    expect(await program("await import('tsyringe')")).toContain('tsyringe requires a reflect polyfill');
  });

  it('P17: a decorated signature takes Message as an import of a type', async () => {
    // As this file has it; that isolatedModules takes it with metadata too, where TS1272 refuses a plain import, is for check-matrix.mjs.
    const seen: string[] = [];
    @Controller()
    class Plain {
      @Topic(topic) on(message: Message<typeof topic>) {
        seen.push(message.topic);
      }
    }
    await using t = await createTestApp({ connection, controllers: [Plain] });
    await t.deliver(topic.to(), 'x');
    expect(seen).toEqual(['a']);
  });

  it('P18: @Topic where nothing would call it, and an override without it, are named', async () => {
    class Base {
      @Topic('a') on() {}
    }
    @Controller()
    class Sub extends Base {
      override on() {}
      @(Topic('b') as MethodDecorator) static onStatic() {}
      @Topic('c') get onGet(): () => void {
        return () => {};
      }
    }
    expect([...(await findings([Sub]))].sort()).toEqual([
      'Sub.on overrides a handler of Base without a decorator. Write @Topic(...) above it, or give it another name.',
      'Sub.onGet: @Topic is written on a getter or setter. Write it on a method of the instance.',
      'Sub.onStatic: @Topic is written on a static method. Write it on a method of the instance.',
    ]);
  });

  it.each(['singleton', 'message'] as const)(
    'P19: a handler is called on its instance: %s',
    async (scope) => {
      const seen: unknown[] = [];
      @Controller({ scope })
      class Sensors {
        #secret = 42;
        @Topic(topic) on() {
          seen.push(this.#secret);
        }
      }
      await using t = await createTestApp({ connection, controllers: [Sensors] });
      await t.deliver(topic.to(), 'x');
      expect(seen).toEqual([42]);
    },
  );

  it('P20: where Node loads the sources itself, which can run no decorator, discover() says what to write', async () => {
    const load = () =>
      Promise.reject(
        Object.assign(new TypeError('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' }),
      );
    const caller = new URL('../caller.ts', import.meta.url).href;
    await expect(discover(caller, './discovery/plain/*', load)).rejects.toThrow(
      'Hand over an import of your own, discover(import.meta.url, glob, (url) => import(url)): then it is loaded as this module was.',
    );
  });

  it('P21: only a controller with message scope is built more than once', async () => {
    const built: string[] = [];
    @Controller()
    class Single {
      constructor() {
        built.push('Single');
      }
      @Topic(topic) on() {}
    }
    @Controller({ scope: 'message' })
    class Scoped {
      constructor() {
        built.push('Scoped');
      }
      @Topic(topic) on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Single, Scoped] });
    await t.deliver(topic.to(), 'x');
    await t.deliver(topic.to(), 'x');
    expect(built).toEqual(['Single', 'Scoped', 'Scoped']);
    expect(routesThatEnd(t.app)).toEqual(['Scoped.on']);
  });
});

/** Routes that pay for something at the end of an attempt. */
function routesThatEnd(app: App): string[] {
  // The only implementation of App.
  const { booted } = app as unknown as { booted: { routes: { name: string; end?: unknown }[] } };
  return booted.routes.filter(({ end }) => end !== undefined).map(({ name }) => name);
}

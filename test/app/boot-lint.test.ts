import {
  type BootError,
  type Class,
  Controller,
  container,
  createApp,
  defineTopic,
  drop,
  Inject,
  inject,
  type Message,
  otherwise,
  Publisher,
  Topic,
  token,
} from 'topicwise';
import { describe, expect, it } from 'vitest';

// Nothing here gets as far as connecting.
const connection = { url: 'mqtt://127.0.0.1:1', clientId: 'app' };

async function findings(controllers: readonly Class[], options: object = {}): Promise<readonly string[]> {
  const error: BootError = await createApp({ connection, controllers, ...options })
    .start()
    .then(
      () => expect.unreachable('the application started'),
      (error) => error,
    );
  expect(error.name).toBe('BootError');
  return error.findings;
}

/** What a compiler with emitDecoratorMetadata writes. */
function typed<C extends Class>(target: C, ...types: unknown[]): C {
  Reflect.defineMetadata('design:paramtypes', types, target);
  return target;
}

class Repo {}
class Other {}
const LIMIT = token<number>('limit');

describe('the lint at boot names what would silently arrive as undefined', () => {
  it('a parameter without a token, where the build emits no metadata', async () => {
    @Controller()
    class Sensors {
      constructor(readonly repo: Repo) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      'Sensors: constructor parameter 0 (repo) has no injection token. This build emits no decorator metadata. Write @Inject(TheClass) in front of it, or give it a default.',
    ]);
  });

  it('a token in front, none behind', async () => {
    @Controller()
    class Sensors {
      constructor(
        @Inject(Repo) readonly a: Repo,
        readonly b: Other,
      ) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      expect.stringMatching(/^Sensors: constructor parameter 1 \(b\) has no/),
    ]);
  });

  it('a hole in front of a token', async () => {
    @Controller()
    class Sensors {
      constructor(
        readonly b: Other,
        @Inject(Repo) readonly a: Repo,
      ) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      expect.stringMatching(/^Sensors: constructor parameter 0 \(b\) has no/),
    ]);
  });

  it('a parameter behind one with a default, which makes length 0', async () => {
    @Controller()
    class Sensors {
      constructor(
        readonly limit = 3,
        readonly b: Other,
      ) {}
      @Topic('a') on() {}
    }
    expect(Sensors).toHaveLength(0);
    expect(await findings([Sensors])).toEqual([
      expect.stringMatching(/^Sensors: constructor parameter 1 \(b\) has no/),
    ]);
  });

  it('the same in what a controller injects, and in what a provider names', async () => {
    class Deep {
      constructor(readonly limit: number) {}
    }
    class Middle {
      constructor(@Inject(Deep) readonly deep: Deep) {}
    }
    @Controller()
    class Sensors {
      constructor(@Inject(Middle) readonly middle: Middle) {}
      @Topic('a') on() {}
    }
    class Provided {
      constructor(readonly url: string) {}
    }
    const providers = [{ provide: Repo, useClass: Provided }];
    expect(await findings([Sensors], { providers })).toEqual([
      expect.stringMatching(/^Deep: constructor parameter 0 \(limit\) has no/),
      expect.stringMatching(/^Provided: constructor parameter 0 \(url\) has no/),
    ]);
  });

  it.each([
    [Object, 'Object'],
    [String, 'String'],
    [Map, 'Map'],
    [AbortController, 'AbortController'],
  ])('an interface, a primitive or a built-in class by type: %o', async (type, name) => {
    @Controller()
    class Sensors {
      constructor(readonly m: unknown) {}
      @Topic('a') on() {}
    }
    expect(await findings([typed(Sensors, type)])).toEqual([
      `Sensors: constructor parameter 0 (m) has the run-time type ${name}; an interface or a primitive cannot be injected by type. Make a token: const T = token<...>('name') and write @Inject(T).`,
    ]);
  });

  it('a type that was not loaded when the compiler wrote it down', async () => {
    @Controller()
    class Sensors {
      constructor(readonly repo: Repo) {}
      @Topic('a') on() {}
    }
    expect(await findings([typed(Sensors, undefined)])).toEqual([
      'Sensors: constructor parameter 0 (repo) has no run-time type. Write @Inject(TheClass) in front of it, or give it a default.',
    ]);
  });

  it('a class that a circular import left undefined', async () => {
    const notLoaded = undefined as unknown as typeof Repo;
    @Controller()
    class Sensors {
      constructor(@Inject(notLoaded) readonly repo: Repo) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      'Sensors: constructor parameter 0 (repo) has an @Inject whose class was not loaded yet: its modules import each other. Write @Inject(() => TheClass).',
    ]);
  });

  it('a token that nothing provides', async () => {
    @Controller()
    class Sensors {
      constructor(@Inject(LIMIT) readonly limit: number) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      "Sensors: constructor parameter 0 (limit) asks for the token 'limit', which nothing provides. Add { provide: thatToken, useValue: ... } to the providers of createApp.",
    ]);
  });

  it('a token of tsyringe’s own that nothing provides, and every other one with it', async () => {
    @Controller()
    class Sensors {
      constructor(
        @inject('url') readonly url: string,
        @inject(LIMIT.key) readonly limit: number,
        @inject('other', { isOptional: true }) readonly other?: string,
      ) {}
      @Topic('a') on() {}
    }
    const remedy = 'Register it in the container that createApp is given.';
    expect(await findings([Sensors])).toEqual([
      `Sensors: constructor parameter 0 (url) asks for the token 'url', which nothing provides. ${remedy}`,
      `Sensors: constructor parameter 1 (limit) asks for the token 'limit', which nothing provides. ${remedy}`,
    ]);
  });

  it('a parameter of a class whose source can’t be read', async () => {
    @Controller()
    class Hidden {
      constructor(
        readonly repo: Repo,
        @Inject(Other) readonly other: Other,
      ) {}
      @Topic('a') on() {}
    }
    const wrapped = new Proxy(Hidden, {});
    expect(await findings([wrapped])).toEqual([
      expect.stringMatching(/^Hidden: constructor parameter 0 has no injection token\./),
    ]);
  });

  it('classes that need each other', async () => {
    class A {
      constructor(@Inject(() => B) readonly b: object) {}
    }
    class B {
      constructor(@Inject(A) readonly a: A) {}
    }
    @Controller()
    class Sensors {
      constructor(@Inject(A) readonly a: A) {}
      @Topic('a') on() {}
    }
    expect(await findings([Sensors])).toEqual([
      'A -> B -> A: these need each other to be built. Take one of them out of the constructor and resolve it later.',
    ]);
  });
});

describe('the lint at boot names a controller that would never run', () => {
  it('no controllers at all', async () => {
    expect(await findings([])).toEqual([
      'The application has no controllers: the list is empty. Add classes with @Controller() to the controllers of createApp, or call app.on().',
    ]);
  });

  it('a class without decorator, also where its base class has one', async () => {
    class Plain {
      @Topic('a') on() {}
    }
    @Controller()
    class Base {
      @Topic('a') on() {}
    }
    class Sub extends Base {}
    expect(await findings([Plain, Sub])).toEqual([
      'Plain is listed as a controller but has no decorator. Write @Controller() above the class.',
      'Sub is listed as a controller but has no decorator. Write @Controller() above the class.',
    ]);
  });

  it('a controller without handlers, and what is no class', async () => {
    @Controller()
    class Empty {}
    expect(await findings([Empty, undefined as unknown as Class])).toEqual([
      'Empty is a controller without handlers. Write @Topic(...) above a method, or take it off the list.',
      'The list of controllers holds undefined, which is no class.',
    ]);
  });

  it('@Topic on a static method, an accessor or a property', async () => {
    @Controller()
    class Sensors {
      @(Topic('a') as MethodDecorator) static onStatic() {}
      @Topic('b') get onGet(): () => void {
        return () => {};
      }
      @(Topic('c') as PropertyDecorator) onField = () => {};
      @Topic('d') onMethod() {}
    }
    // Compilers differ in the order.
    expect([...(await findings([Sensors]))].sort()).toEqual([
      'Sensors.onField: @Topic is written on a property. Write it on a method of the instance.',
      'Sensors.onGet: @Topic is written on a getter or setter. Write it on a method of the instance.',
      'Sensors.onStatic: @Topic is written on a static method. Write it on a method of the instance.',
    ]);
  });

  it('an override without decorator', async () => {
    class Base {
      @Topic('a') on() {}
      @Topic('b') kept() {}
    }
    @Controller()
    class Sub extends Base {
      override on() {}
    }
    expect(await findings([Sub])).toEqual([
      'Sub.on overrides a handler of Base without a decorator. Write @Topic(...) above it, or give it another name.',
    ]);
  });

  it('an illegal pattern, a share name and options that contradict each other', async () => {
    const run = 'a/#/b' as string;
    @Controller()
    class Sensors {
      @Topic(run) illegal() {}
      @Topic('a', { share: 'x/y' }) badShare() {}
      @Topic('b/+x', { retained: 'never' }) one() {}
      @Topic('b/+y') other() {}
      @Topic('c', { share: 'g', noLocal: true }) sharedLocal() {}
    }
    expect(await findings([Sensors])).toEqual([
      expect.stringMatching(/^Sensors\.illegal: .*"a\/#\/b".*"#"/),
      expect.stringMatching(/^Sensors\.badShare: share: "x\/y" is no share name/),
      expect.stringMatching(/^Sensors\.sharedLocal: noLocal can't be combined with share/),
      'Sensors.one and Sensors.other share the subscription "b/+" but contradict each other: retained is "never" for the one and "send" for the other. Write the same for both.',
    ]);
  });

  it('options that the types refuse, of handlers and controllers', async () => {
    const wrong = {
      qos: 3,
      retained: true,
      ack: 'manul',
      noLocal: 0,
      retainAsPublished: 1,
      deadLetters: null,
      when: true,
      summary: 5,
      share: {},
      errors: [otherwise(drop()), drop()],
      sends: ['b'],
    } as object;
    @Controller({ errors: drop(), share: 7, tags: 'lamps' } as object)
    class Lamps {
      @Topic(defineTopic('a'), wrong) wrong() {}
      @Topic(defineTopic('b'), { sends: 'a', name: 5 } as object) named() {}
    }
    expect(await findings([Lamps])).toEqual([
      'Lamps: share is 7. Write a text.',
      'Lamps: errors is an object (Object). Write a list of rules, such as [otherwise(drop())].',
      "Lamps: tags is 'lamps'. Write a list of texts, such as ['heating'].",
      'Lamps.wrong: qos is 3. Write 0 or 1 or 2.',
      "Lamps.wrong: retained is true. Write 'send' or 'send-if-new' or 'never'.",
      "Lamps.wrong: ack is 'manul'. Write 'auto' or 'manual' or 'on-receipt'.",
      'Lamps.wrong: noLocal is 0. Write true or false.',
      'Lamps.wrong: retainAsPublished is 1. Write true or false.',
      'Lamps.wrong: deadLetters is null. Write true or false.',
      'Lamps.wrong: when is true. Write a function of the message.',
      'Lamps.wrong: summary is 5. Write a text.',
      'Lamps.wrong: share is an object (Object). Write a text.',
      'Lamps.wrong: errors[1] is an object (Object), which is no rule. Write on(...) or otherwise(...).',
      "Lamps.wrong: sends[0] is 'b'. Hand over what defineTopic() returned.",
      'Lamps.named: name is 5. Write a text.',
      "Lamps.named: sends is 'a'. Write a list of what defineTopic() returned.",
    ]);
  });

  it('a class that a second copy of the package decorated', async () => {
    class Foreign {
      on() {}
    }
    const record = (value: unknown) => ({ value: { origin: 'file:///elsewhere/topicwise/', value } });
    Object.defineProperty(Foreign, Symbol.for('topicwise:controller'), record({}));
    expect(await findings([Foreign])).toEqual([
      expect.stringMatching(
        /^Foreign was decorated by a second copy of topicwise \(file:\/\/\/elsewhere\/topicwise\/\); this application runs on file:.*\/src\/app\/\. Install one copy only\.$/,
      ),
    ]);
  });

  it('every mistake in one error', async () => {
    @Controller()
    class Sensors {
      constructor(readonly repo: Repo) {}
      @Topic('a/#/b' as string) on() {}
    }
    class Plain {}
    const started = createApp({ connection, controllers: [Sensors, Plain] }).start();
    await expect(started).rejects.toThrow(
      /^3 mistakes keep the application from starting:\n {2}- Sensors\.on: /,
    );
  });
});

describe('what is written correctly is built', () => {
  it('with a subclass that inherits the constructor and the handlers of its base', async () => {
    class Base {
      constructor(
        @Inject(Repo) readonly repo: Repo,
        readonly limit = 3,
      ) {}
      @Topic('a') onBase(_message: Message) {}
    }
    @Controller()
    class Sub extends Base {
      readonly text = 'a field, for which compilers may write a constructor';
    }
    // Built, then no broker is found: nothing was wrong with the classes.
    const app = createApp({ connection, controllers: [Sub] });
    await expect(app.start()).rejects.toMatchObject({ kind: 'connect' });
    const sub = app.container.resolve(Sub);
    expect(sub.repo).toBe(app.container.resolve(Repo));
    expect(sub.limit).toBe(3);
    expect(app.routes().map(({ handler }) => handler)).toEqual(['Sub.onBase']);
  });

  it.each([true, false])('with its defaults, metadata of the compiler or not: %s', async (metadata) => {
    @Controller()
    class Sensors {
      constructor(
        readonly limit = 3,
        readonly names: Map<string, string> = new Map([['a', 'b']]),
        readonly repo: Repo | undefined = undefined,
        @Inject(Other) readonly other: Other | undefined = undefined,
      ) {}
      @Topic('a') on() {}
    }
    if (metadata) typed(Sensors, Number, Map, Repo, Other);
    const app = createApp({ connection, controllers: [Sensors] });
    await expect(app.start()).rejects.toMatchObject({ kind: 'connect' });
    const { limit, names, repo, other } = app.container.resolve(Sensors);
    expect([limit, names.get('a'), repo]).toEqual([3, 'b', undefined]);
    expect(other).toBeInstanceOf(Other);
  });

  it('with metadata of the compiler, and with tsyringe’s own inject', async () => {
    @Controller()
    class Sensors {
      constructor(
        readonly repo: Repo,
        @inject('text') readonly text: string,
        @Inject(Publisher) readonly publisher: Publisher,
        @inject('nothing', { isOptional: true }) readonly nothing?: string,
      ) {}
      @Topic('a') on() {}
    }
    const own = container.createChildContainer().register('text', { useValue: 'from the container' });
    const app = createApp({
      connection,
      container: own,
      controllers: [typed(Sensors, Repo, String, Object, String)],
    });
    await expect(app.start()).rejects.toMatchObject({ kind: 'connect' });
    const built = app.container.resolve(Sensors);
    expect(built).toMatchObject({ repo: expect.any(Repo), text: 'from the container', nothing: undefined });
    expect(built.publisher).toBe(app.publisher);
  });
});

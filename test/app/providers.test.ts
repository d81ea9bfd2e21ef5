import {
  Controller,
  container,
  createApp,
  defineTopic,
  Inject,
  type Provider,
  Topic,
  token,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { singleton } from 'tsyringe';
import { expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const topic = defineTopic('t');
const URL_OF_DB = token<string>('url of the database');

const log: string[] = [];
class Pool {
  constructor(readonly url: string) {}
}
class Repo {
  constructor(@Inject(Pool) readonly pool: Pool) {
    log.push('Repo built');
  }
  dispose() {
    log.push('Repo disposed');
  }
}
class Cache {
  [Symbol.dispose]() {
    log.push('Cache disposed');
  }
}

@Controller()
class One {
  constructor(
    @Inject(Repo) readonly repo: Repo,
    @Inject(Cache) readonly cache: Cache,
  ) {
    log.push('One built');
  }
  @Topic(topic) on() {}
  async [Symbol.asyncDispose]() {
    log.push('One disposing');
    await Promise.resolve();
    log.push('One disposed');
  }
}
@Controller()
class Two {
  constructor(@Inject(Repo) readonly repo: Repo) {}
  @Topic('two') on() {}
}

const provided: Provider[] = [
  { provide: URL_OF_DB, useValue: 'db://here' },
  {
    provide: Pool,
    async useFactory(c) {
      // Also inside a factory, what the application provides can be resolved.
      const url = c.resolve<string>(URL_OF_DB.key);
      await Promise.resolve();
      return new Pool(url);
    },
    dispose: async () => void log.push('Pool disposed'),
  },
];

it('builds every class once, dependencies first, and disposes in reverse, one after the other', async () => {
  log.length = 0;
  const t = await createTestApp({ connection, controllers: [One, Two], providers: provided });
  const [one, two] = [t.app.container.resolve(One), t.app.container.resolve(Two)];
  expect(one.repo).toBe(two.repo);
  expect(one.repo.pool.url).toBe('db://here');
  expect(log).toEqual(['Repo built', 'One built']);
  await t[Symbol.asyncDispose]();
  expect(log.slice(2)).toEqual([
    'One disposing',
    'One disposed',
    'Cache disposed',
    'Repo disposed',
    'Pool disposed',
  ]);
});

it('does not dispose of values that it was given, and goes on behind what fails', async () => {
  const disposed: string[] = [];
  const given = { dispose: () => disposed.push('given') };
  const failing = (name: string) => ({
    provide: token<object>(name),
    useFactory: () => ({}),
    dispose() {
      disposed.push(name);
      throw new Error(`${name} failed`);
    },
  });
  const providers = [{ provide: token<object>('given'), useValue: given }, failing('a'), failing('b')];
  const t = await createTestApp({ connection, controllers: [Two], providers: [...provided, ...providers] });
  const stopped = t.app.stop().then(
    () => undefined,
    (error: AggregateError) => error,
  );
  expect((await stopped)?.message).toBe(
    'While the application stopped, this failed: Error: b failed; Error: a failed',
  );
  expect(disposed).toEqual(['b', 'a']);
});

it('disposes once of what stands under two tokens, and not of a given value that a factory passes on', async () => {
  const disposed: string[] = [];
  const disposable = (name: string) => ({ dispose: () => void disposed.push(name) });
  const [MADE, GIVEN] = [token<object>('made'), token<object>('given')];
  const passedOn = (name: string, from: typeof MADE): Provider => ({
    provide: token<object>(name),
    useFactory: (container) => container.resolve<object>(from.key),
  });
  const providers: Provider[] = [
    { provide: MADE, useFactory: () => disposable('made') },
    { provide: GIVEN, useValue: disposable('given') },
    passedOn('made again', MADE),
    passedOn('given again', GIVEN),
    { ...passedOn('with a way of its own', GIVEN), dispose: () => void disposed.push('its own') },
  ];
  const t = await createTestApp({ connection, controllers: [Two], providers: [...provided, ...providers] });
  await t[Symbol.asyncDispose]();
  expect(disposed).toEqual(['its own', 'made']);
});

it('waits for a disposal that never ends until the time is over, names it, and disposes of the rest', async () => {
  const log: string[] = [];
  const made = (name: string, dispose: () => void | Promise<void>): Provider => ({
    provide: token<object>(name),
    useFactory: () => ({}),
    dispose,
  });
  const providers = [
    made('first', () => void log.push('first')),
    made('stuck', () => new Promise(() => undefined)),
    made('last', async () => void log.push('last')),
  ];
  await using broker = new FakeBroker();
  const t = await createTestApp(
    { connection, controllers: [Two], providers: [...provided, ...providers] },
    { broker },
  );
  const stopped = t.app.stop({ timeout: '5s' }).catch((error: AggregateError) => error.message);
  await t.clock.advance('4999ms');
  expect(log).toEqual(['last']);
  await t.clock.advance('1ms');
  expect(await stopped).toBe(
    'While the application stopped, this failed: Error: stuck was not disposed of in time.; Error: Pool was not disposed of in time.',
  );
  expect(log).toEqual(['last', 'first']);
});

it('disposes of what was built when the start fails', async () => {
  log.length = 0;
  const app = createApp({
    connection: { ...connection, url: 'mqtt://127.0.0.1:1' },
    controllers: [One],
    providers: provided,
  });
  await expect(app.start()).rejects.toMatchObject({ kind: 'connect' });
  expect(log).toContain('Pool disposed');
  await expect(app.start()).rejects.toThrow("can't start: it is stopped");
});

it('names a factory that comes too late, runs it once, and disposes of what it made', async () => {
  const LATE = token<string>('late');
  const made: string[] = [];
  const disposed: unknown[] = [];
  const providers: Provider[] = [
    { provide: URL_OF_DB, useFactory: (c) => c.resolve(LATE.key) },
    {
      provide: LATE,
      async useFactory() {
        made.push('late');
        return 'late';
      },
      dispose: (value) => void disposed.push(value),
    },
  ];
  await expect(
    createTestApp({ connection, controllers: [Two], providers: [...provided, ...providers] }),
  ).rejects.toMatchObject({
    findings: [
      'url of the database asks for late, whose factory is asynchronous and has not run yet. List the provider of late before it, or name late in the inject of the one that asks.',
    ],
  });
  expect(made).toEqual(['late']);
  expect(disposed).toEqual(['late']);
});

it('names factories that wait for each other', async () => {
  const [A, B] = [token<string>('a'), token<string>('b')];
  const after =
    (other: typeof A): Extract<Provider, { useFactory: unknown }>['useFactory'] =>
    async (c) => {
      await Promise.resolve();
      return c.resolve(other.key);
    };
  const providers: Provider[] = [
    ...provided,
    { provide: A, useFactory: after(B) },
    { provide: B, useFactory: after(A) },
  ];
  await expect(createTestApp({ connection, controllers: [Two], providers })).rejects.toThrow(
    'A factory asks for b, whose factory is asynchronous and has not run yet. List the provider of b before it, or name b in the inject of the one that asks.',
  );
});

it('disposes of what a factory brings after the start was given up', async () => {
  let bring = (_value: string) => {};
  const disposed: unknown[] = [];
  const slow: Provider = {
    provide: token<string>('slow'),
    useFactory: () =>
      new Promise<string>((resolve) => {
        bring = resolve;
      }),
    dispose: (value) => void disposed.push(value),
  };
  const app = createApp({ connection, controllers: [Two], providers: [...provided, slow] });
  const started = expect(app.start()).rejects.toThrow('stopped while it started');
  await new Promise((resolve) => setImmediate(resolve));
  await app.stop();
  await started;
  bring('too late');
  await new Promise((resolve) => setImmediate(resolve));
  expect(disposed).toEqual(['too late']);
});

it('rejects the start with a sentence that names what could not be built, and the error as its cause', async () => {
  const cause = new TypeError('no database');
  class Db {
    constructor() {
      throw cause;
    }
  }
  @Controller()
  class Storing {
    constructor(@Inject(Db) readonly db: Db) {}
    @Topic(topic) on() {}
  }
  const start = (providers: Provider[]) =>
    createApp({ connection, controllers: [Storing], providers }).start();
  for (const providers of [
    [],
    [{ provide: Db, useFactory: () => Promise.reject(cause) }],
    [
      {
        provide: Db,
        useFactory() {
          throw cause;
        },
      },
    ],
  ] satisfies Provider[][]) {
    await expect(start(providers)).rejects.toMatchObject({
      name: 'BootError',
      message: 'Db could not be built: TypeError: no database',
      cause,
    });
  }
});

it('names providers that are none', async () => {
  const A = token<number>('a');
  const providers = [
    undefined,
    { provide: undefined, useValue: 1 },
    { provide: A },
    { provide: A, useClass: undefined },
    { provide: A, useFactory: 3 },
    { provide: A, useValue: undefined },
  ];
  const started = createApp({ connection, controllers: [One], providers: providers as never }).start();
  await expect(started).rejects.toMatchObject({
    findings: [
      'providers[0] is undefined. Write { provide: TheClassOrToken, useValue: ... }.',
      'providers[1] provides undefined, which is neither a class nor a token. If it is undefined, its modules import each other.',
      'providers[2] (a): useFactory is undefined. Write useValue, useClass with a class, or useFactory with a function.',
      'providers[3] (a): useClass is undefined. Write useValue, useClass with a class, or useFactory with a function.',
      'providers[4] (a): useFactory is 3. Write useValue, useClass with a class, or useFactory with a function.',
      expect.stringMatching(/^Pool: constructor parameter 0 \(url\)/),
    ],
  });
});

it('hands a value out as it is, a promise too', async () => {
  const READY = token<Promise<string>>('ready');
  const ready = Promise.resolve('yes');
  const t = await createTestApp({
    connection,
    controllers: [Two],
    providers: [...provided, { provide: READY, useValue: ready }],
  });
  expect(t.app.container.resolve(READY.key)).toBe(ready);
  await t[Symbol.asyncDispose]();
});

it('builds another class in the place of one', async () => {
  class Fake extends Repo {
    constructor() {
      super(new Pool('fake'));
    }
  }
  const t = await createTestApp({
    connection,
    controllers: [Two],
    providers: [{ provide: Repo, useClass: Fake }],
  });
  expect(t.app.container.resolve(Two).repo).toBeInstanceOf(Fake);
  await t[Symbol.asyncDispose]();
});

it('takes what a container of the user’s knows from it, and leaves it as it was', async () => {
  const mine = new Repo(new Pool('mine'));
  const own = container.createChildContainer().registerInstance(Repo, mine).registerInstance('text', 'x');
  const t = await createTestApp({ connection, container: own, controllers: [Two] });
  expect(t.app.container.resolve(Two).repo).toBe(mine);
  expect(own.isRegistered(Two)).toBe(false);
  log.length = 0;
  await t[Symbol.asyncDispose]();
  expect(log).toEqual([]);
});

it('shares nothing between applications, not even tsyringe’s global singletons', async () => {
  @singleton()
  class Counter {
    count = 0;
  }
  @Controller()
  class Counting {
    constructor(@Inject(Counter) readonly counter: Counter) {}
    @Topic(topic) on() {
      this.counter.count++;
    }
  }
  const app = createApp({ connection, controllers: [Counting] });
  for (let run = 0; run < 2; run++) {
    await using t = await createTestApp(app);
    await t.deliver(topic.to(), 'x');
    expect(t.app.container.resolve(Counting).counter.count).toBe(1);
  }
  expect(container.isRegistered(Counting)).toBe(false);
  expect(container.resolve(Counter).count).toBe(0);
});

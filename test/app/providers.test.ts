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
import { createTestApp } from 'topicwise/testing';
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
    '2 of the things to dispose of failed: Error: b failed; Error: a failed',
  );
  expect(disposed).toEqual(['b', 'a']);
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

it('names a factory that comes too late', async () => {
  const LATE = token<string>('late');
  const providers: Provider[] = [
    { provide: URL_OF_DB, useFactory: (c) => c.resolve(LATE.key) },
    { provide: LATE, useFactory: async () => 'late' },
  ];
  await expect(
    createTestApp({ connection, controllers: [Two], providers: [...provided, ...providers] }),
  ).rejects.toMatchObject({
    findings: [
      'url of the database asks for late, whose factory is asynchronous and has not run yet. List the provider of late before it.',
    ],
  });
});

it('rejects the start with what a factory throws', async () => {
  const providers: Provider[] = [
    { provide: Pool, useFactory: () => Promise.reject(new Error('no database')) },
  ];
  await expect(createTestApp({ connection, controllers: [Two], providers })).rejects.toThrow('no database');
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

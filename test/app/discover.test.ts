import {
  Controller,
  Controllers,
  container,
  createApp,
  defineTopic,
  discover,
  Inject,
  Publisher,
  Topic,
} from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

describe('discover', () => {
  it.each([
    ['./discovery/controllers/*', ['LampController']],
    ['discovery/controllers/*.ts', ['LampController']],
    ['./discovery/controllers/*.js', ['LampController']],
    ['./discovery/controllers/**/*', ['DoorController', 'LampController']],
    ['./discovery/**/l*ps', ['LampController']],
    ['./discovery/controllers/deep/doors', ['DoorController']],
    ['../app/discovery/controllers/*', ['LampController']],
    ['./../../test/app/discovery/controllers/*', ['LampController']],
  ])('finds with %s', async (glob, names) => {
    expect((await discover(import.meta.url, glob)).map(({ name }) => name)).toEqual(names);
  });

  it.each([
    ['./nowhere/*', /no file matches ".\/nowhere\/\*" with the extension .ts in /],
    ['./discovery/plain/*', /discovery\/plain\/plain.ts: none of them exports a class with @Controller/],
    [
      './discovery/undecorated/*',
      /^Forgotten in discovery\/undecorated\/forgotten.ts has handlers but is no controller/,
    ],
    [
      './discovery/abstract/*',
      /^AnyLampController in discovery\/abstract\/base.ts is abstract, and can't be built. Write @Controller\(\) above the classes that extend it, and take it off AnyLampController.$/,
    ],
    [
      './discovery/hidden/*',
      /^DoorController in discovery\/hidden\/doors.ts has @Controller\(\) but is not exported. Write export in front of the class.$/,
    ],
    ['./discovery/broken/*', /discovery\/broken\/broken.ts could not be loaded: Error: thrown while loading/],
  ])('refuses %s with a sentence', async (glob, sentence) => {
    await expect(discover(import.meta.url, glob)).rejects.toMatchObject({
      name: 'BootError',
      message: expect.stringMatching(sentence),
    });
  });

  it('loads through the import that it is given, of the modules that match and no other', async () => {
    class Replaced {}
    Controller()(Replaced);
    const urls: string[] = [];
    const load = async (url: string) => {
      urls.push(url);
      return { Replaced };
    };
    expect(await discover(import.meta.url, './discovery/controllers/**/*', load)).toEqual([Replaced]);
    const files = ['deep/doors.ts', 'lamps.ts'];
    expect(urls).toEqual(
      files.map((file) => new URL(`./discovery/controllers/${file}`, import.meta.url).href),
    );
  });

  it('says what to write where Node, and not the tool around it, would have to load TypeScript', async () => {
    const load = () =>
      Promise.reject(
        Object.assign(new TypeError('Unknown file extension ".ts"'), { code: 'ERR_UNKNOWN_FILE_EXTENSION' }),
      );
    await expect(discover(import.meta.url, './discovery/controllers/*', load)).rejects.toThrow(
      'discovery/controllers/lamps.ts could not be loaded: TypeError: Unknown file extension ".ts". Hand over an import of your own, discover(import.meta.url, glob, (url) => import(url)): then it is loaded as this module was.',
    );
  });

  it('names the circle where modules import each other and one reads a class too early', async () => {
    // As Node does it; Vitest hands out undefined instead, which the lint at boot names.
    const load = () => Promise.reject(new ReferenceError("Cannot access 'Bulbs' before initialization"));
    await expect(discover(import.meta.url, './discovery/circular/*', load)).rejects.toThrow(
      "discovery/circular/bulbs.ts could not be loaded: ReferenceError: Cannot access 'Bulbs' before initialization. Its modules import each other: bulbs.ts -> parts/switch.ts -> bulbs.ts. Turn emitDecoratorMetadata off and write @Inject(() => TheClass), which reads the class once all are loaded.",
    );
  });

  it('feeds an application', async () => {
    await using t = await createTestApp({
      connection: 'mqtt://nowhere.invalid',
      controllers: discover(import.meta.url, './discovery/controllers/**/*'),
    });
    expect(t.app.routes().map(({ handler }) => handler)).toEqual([
      'DoorController.onDoor',
      'LampController.onLamp',
    ]);
  });

  it('rejects the start, not the process, when it fails before the start', async () => {
    const app = createApp({
      connection: 'mqtt://127.0.0.1:1',
      controllers: discover(import.meta.url, './nowhere/*'),
    });
    await new Promise((resolve) => setImmediate(resolve));
    await expect(app.start()).rejects.toThrow('no file matches');
  });
});

describe('controllers that a container knows', () => {
  const topic = defineTopic('a');

  it('are found under the token Controllers, beside those of the list', async () => {
    class Repo {
      readonly seen: string[] = [];
    }
    @Controller()
    class Registered {
      constructor(
        @Inject(Repo) readonly repo: Repo,
        @Inject(() => Publisher) readonly publisher: Publisher,
      ) {}
      @Topic(topic) on() {
        this.repo.seen.push('a');
      }
    }
    @Controller()
    class Listed {
      @Topic('b') on() {}
    }
    const repo = new Repo();
    const own = container
      .createChildContainer()
      .registerInstance(Repo, repo)
      .register(Controllers, { useClass: Registered });
    await using t = await createTestApp({
      connection: 'mqtt://nowhere.invalid',
      container: own,
      controllers: [Listed],
    });
    expect(t.app.routes().map(({ handler }) => handler)).toEqual(['Listed.on', 'Registered.on']);
    await t.deliver(topic.to(), 'x');
    expect(repo.seen).toEqual(['a']);
  });

  it('are refused with a sentence where the container can’t build them', async () => {
    @Controller()
    class Registered {
      constructor(readonly missing: string) {}
      @Topic('a') on() {}
    }
    const own = container.createChildContainer().register(Controllers, { useClass: Registered });
    await expect(createApp({ connection: 'mqtt://127.0.0.1:1', container: own }).start()).rejects.toThrow(
      /^The container can't build the controllers that are registered in it: .*TypeInfo not known for "Registered"/,
    );
  });

  it('may need what an asynchronous factory makes, and handle each message once where they are listed too', async () => {
    class Db {
      readonly seen: string[] = [];
    }
    @Controller()
    class Registered {
      constructor(@Inject(Db) readonly db: Db) {}
      @Topic(topic) on() {
        this.db.seen.push('a');
      }
    }
    const db = new Db();
    const options = {
      connection: 'mqtt://nowhere.invalid',
      container: container.createChildContainer().register(Controllers, { useClass: Registered }),
      providers: [{ provide: Db, useFactory: async () => db }],
    };
    for (const controllers of [[], [Registered]]) {
      await using t = await createTestApp({ ...options, controllers });
      await t.deliver(topic.to(), 'x');
      expect(db.seen.splice(0)).toEqual(['a']);
    }
  });
});

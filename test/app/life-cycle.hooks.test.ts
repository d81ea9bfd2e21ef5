import {
  type App,
  BootError,
  type ConnectionInfo,
  Controller,
  createApp,
  defineTopic,
  Inject,
  type Message,
  type OnConnect,
  type OnStart,
  type OnStop,
  type Provider,
  Publisher,
  Topic,
  token,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';

const job = defineTopic('jobs/+id', { codec: 'text' });
const presence = defineTopic('presence/+name', { codec: 'text' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** What happened, in order; one for each test. */
let seen: string[] = [];

class Store implements OnStart, OnStop {
  async onStart(app: App) {
    seen.push(`Store starts, ${app.health().live ? 'live' : 'not live'}`);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push('Store has started');
  }
  async onStop() {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push('Store stops');
  }
  [Symbol.dispose]() {
    seen.push('Store is disposed of');
  }
}

@Controller()
class Jobs implements OnStart, OnConnect, OnStop {
  constructor(
    @Inject(Store) readonly store: Store,
    @Inject(Publisher) readonly publisher: Publisher,
  ) {}
  onStart() {
    seen.push('Jobs starts');
  }
  async onConnect({ sessionPresent, attempt }: ConnectionInfo) {
    seen.push(`Jobs is connected (session present: ${sessionPresent}, attempt ${attempt})`);
    await this.publisher.publish(presence.to({ name: 'jobs' }), 'online');
  }
  async onStop() {
    await this.publisher.publish(presence.to({ name: 'jobs' }), 'offline');
    seen.push('Jobs stops');
  }
  [Symbol.dispose]() {
    seen.push('Jobs is disposed of');
  }
  @Topic(job) async onJob({ payload }: Message<typeof job>) {
    seen.push(payload);
  }
}

const application = (providers: readonly Provider[] = []) => {
  seen = [];
  return createApp({ connection, controllers: [Jobs], providers });
};

describe('hooks', () => {
  it('start before the connection, dependencies first, and stop before its end, dependencies last', async () => {
    const t = await createTestApp(application());
    expect(seen).toEqual([
      'Store starts, not live',
      'Store has started',
      'Jobs starts',
      'Jobs is connected (session present: false, attempt 1)',
    ]);
    expect(t.published(presence)).toMatchObject([{ payload: 'online' }]);
    seen = [];
    await t.app.stop();
    expect(seen).toEqual(['Jobs stops', 'Store stops', 'Jobs is disposed of', 'Store is disposed of']);
    expect(t.published(presence)).toMatchObject([{ payload: 'online' }, { payload: 'offline' }]);
    expect(
      t.broker
        .transcript()
        .match(/C→B (\w+)/g)
        ?.slice(-2),
    ).toEqual(['C→B PUBLISH', 'C→B DISCONNECT']);
    await t[Symbol.asyncDispose]();
  });

  it('are told of a connection behind its SUBSCRIBEs', async () => {
    await using t = await createTestApp(application());
    const sent = t.broker.transcript().match(/C→B (\w+)/g);
    expect(sent).toEqual(['C→B CONNECT', 'C→B SUBSCRIBE', 'C→B PUBLISH']);
  });

  it('stop after the handlers that run', async () => {
    const t = await createTestApp(application());
    seen = [];
    let open = () => {};
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    t.handler(Jobs, 'onJob').replace(async () => {
      await passed;
      seen.push('handled');
    });
    const delivery = t.deliver(job.to({ id: 1 }), 'x');
    await t.clock.settle();
    const stopped = t.app.stop();
    await t.clock.settle();
    expect(seen).toEqual([]);
    open();
    expect(await stopped).toMatchObject({ finished: 1, abandoned: 0 });
    expect((await delivery).outcome).toBe('acked');
    expect(seen.slice(0, 2)).toEqual(['handled', 'Jobs stops']);
    await t[Symbol.asyncDispose]();
  });

  it('are told of every connection that follows, and of what it took', async () => {
    await using t = await createTestApp(application());
    seen = [];
    await t.broker.restart({ keepSessions: true });
    await t.settled();
    expect(seen).toEqual(['Jobs is connected (session present: true, attempt 2)']);
    await t.broker.restart({ keepSessions: false });
    await t.settled();
    expect(seen[1]).toMatch(/^Jobs is connected \(session present: false, attempt \d\)$/);
    expect(
      t.broker
        .transcript()
        .match(/C→B (\w+)/g)
        ?.slice(-3),
    ).toEqual(['C→B CONNECT', 'C→B SUBSCRIBE', 'C→B PUBLISH']);
  });

  it('are not called on values that were handed in, and once on what stands under two tokens', async () => {
    const given = new Store();
    await using _ = await createTestApp(application([{ provide: Store, useValue: given }]));
    expect(seen.filter((each) => each.startsWith('Store'))).toEqual([]);

    const alias = token<Store>('alias');
    const twice: Provider[] = [
      { provide: Store, useClass: Store },
      { provide: alias, useFactory: (container) => container.resolve(Store) },
    ];
    await using __ = await createTestApp(application(twice));
    expect(seen.filter((each) => each === 'Store has started')).toHaveLength(1);
  });

  it('that fail at the start name themselves, and what had begun before is stopped and disposed of', async () => {
    seen = [];
    const cause = new Error('no such database');
    class Broken implements OnStart, OnStop {
      constructor(@Inject(Store) readonly store: Store) {}
      onStart(): void {
        throw cause;
      }
      onStop() {
        seen.push('Broken stops');
      }
    }
    await using broker = new FakeBroker();
    const options = { connection, controllers: [Jobs], providers: [{ provide: Broken, useClass: Broken }] };
    const error = await createTestApp(createApp(options), { broker }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BootError);
    expect(error).toMatchObject({ message: 'Broken.onStart() failed: Error: no such database', cause });
    expect(seen.slice(2)).toEqual(['Store stops', 'Jobs is disposed of', 'Store is disposed of']);
    expect(broker.transcript()).toBe('');
  });

  it('that fail on the first connection fail the start, and say goodbye where they had said hello', async () => {
    class Broken implements OnConnect {
      constructor(@Inject(Jobs) readonly jobs: Jobs) {}
      async onConnect(): Promise<void> {
        throw new Error('not welcome');
      }
    }
    await using broker = new FakeBroker();
    seen = [];
    const options = {
      connection,
      controllers: [Jobs],
      providers: [
        { provide: Jobs, useClass: Jobs },
        { provide: Broken, useClass: Broken },
      ],
    };
    const started = createTestApp(createApp(options), { broker });
    await expect(started).rejects.toMatchObject({
      findings: ['Broken.onConnect() failed: Error: not welcome'],
    });
    expect(seen).toContain('Jobs stops');
    expect(broker.published.map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      'online',
      'offline',
    ]);
    expect(broker.session('app')).toMatchObject({ connected: false });
  });

  it('that fail on a later connection are logged, and keep nobody else from it', async () => {
    seen = [];
    const provide = token<OnConnect>('flaky');
    let connections = 0;
    const flaky: OnConnect = {
      onConnect() {
        if (++connections > 1) throw new Error('not again');
      },
    };
    await using t = await createTestApp(application([{ provide, useFactory: () => flaky }]));
    seen = [];
    await t.broker.restart();
    await t.settled();
    expect(seen).toEqual([expect.stringContaining('Jobs is connected')]);
    expect(t.logs.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      'flaky.onConnect() failed: Error: not again',
    ]);
  });

  it('that fail when the application stops keep it from nothing, and stop() rejects with all of them', async () => {
    const provide = token<OnStop>('flaky');
    const flaky: OnStop & Disposable = {
      onStop: () => Promise.reject(new Error('still busy')),
      [Symbol.dispose]() {
        throw new Error('still open');
      },
    };
    await using broker = new FakeBroker();
    const t = await createTestApp(application([{ provide, useFactory: () => flaky }]), { broker });
    await expect(t.app.stop()).rejects.toMatchObject({
      name: 'AggregateError',
      message:
        'While the application stopped, this failed: Error: flaky.onStop() failed: Error: still busy; Error: still open',
    });
    expect(seen.slice(-4)).toEqual([
      'Jobs stops',
      'Store stops',
      'Jobs is disposed of',
      'Store is disposed of',
    ]);
    expect(broker.session('app')).toMatchObject({ connected: false });
  });

  it('that never end are waited for until the time is over, then for a moment, and are named', async () => {
    const provide = token<OnStop>('stuck');
    const stuck: OnStop = { onStop: () => new Promise(() => undefined) };
    await using broker = new FakeBroker();
    const t = await createTestApp(application([{ provide, useFactory: () => stuck }]), { broker });
    const stopped = expect(t.app.stop({ timeout: '5s' })).rejects.toThrow(
      'While the application stopped, this failed: Error: stuck.onStop() did not end in time.',
    );
    await t.clock.advance('4999ms');
    expect(broker.session('app')).toMatchObject({ connected: true });
    await t.clock.advance('1ms');
    expect(broker.session('app')).toMatchObject({ connected: false });
    await t.clock.advance('1s');
    await stopped;
  });

  it('that wait for a broker that has gone silent end with the connection', async () => {
    await using broker = new FakeBroker();
    const t = await createTestApp(application(), { broker });
    broker.faults.lose({ cmd: 'puback', from: 'broker' });
    const stopped = expect(t.app.stop({ timeout: '5s' })).rejects.toThrow(
      'Jobs.onStop() failed: ClosedError',
    );
    await t.clock.advance('5s');
    await stopped;
    expect(seen).toContain('Store stops');
  });
});

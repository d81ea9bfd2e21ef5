import {
  type BootError,
  type Class,
  Controller,
  Controllers,
  CurrentMessage,
  container,
  createApp,
  defineTopic,
  drop,
  Inject,
  type Message,
  otherwise,
  type Provider,
  retry,
  Topic,
  type TopicMessage,
  token,
} from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { beforeEach, describe, expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };
const order = defineTopic('orders/+id', { qos: 1, codec: 'text' });

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const log: string[] = [];
let count = 0;
beforeEach(() => {
  log.length = 0;
  count = 0;
});

/** A singleton: one for all. */
class Pool {
  constructor() {
    log.push('pool');
  }
  dispose() {
    log.push('pool disposed');
  }
}

class Transaction {
  readonly name = `transaction ${++count}`;
  constructor(
    @Inject(Pool) readonly pool: Pool,
    @Inject(CurrentMessage) readonly message: TopicMessage<unknown, unknown>,
  ) {
    log.push(`${this.name} of ${message.topic}`);
  }
  async [Symbol.asyncDispose]() {
    await Promise.resolve();
    log.push(`${this.name} disposed`);
  }
}

class Audit {
  constructor(@Inject(Transaction) readonly transaction: Transaction) {}
  [Symbol.dispose]() {
    log.push(`audit of ${this.transaction.name} disposed`);
  }
}

const inMessage: Provider[] = [
  { provide: Transaction, useClass: Transaction, scope: 'message' },
  { provide: Audit, useClass: Audit, scope: 'message' },
];

@Controller({ scope: 'message' })
class Orders {
  constructor(
    @Inject(Transaction) readonly transaction: Transaction,
    @Inject(Audit) readonly audit: Audit,
  ) {}
  @Topic(order) async on({ payload }: Message<typeof order>) {
    await Promise.resolve();
    log.push(`${payload} in ${this.transaction.name}`);
    expect(this.audit.transaction).toBe(this.transaction);
  }
  dispose() {
    log.push('controller disposed');
  }
}

describe('a controller with message scope', () => {
  it('is built for each message with what it injects, and disposed of in reverse once the message is done', async () => {
    const t = await createTestApp({ connection, controllers: [Orders], providers: inMessage });
    expect(log).toEqual(['pool']);
    await t.deliver(order.to({ id: '1' }), 'socks');
    await t.deliver(order.to({ id: '2' }), 'shoes');
    expect(log.slice(1)).toEqual([
      'transaction 1 of orders/1',
      'socks in transaction 1',
      'controller disposed',
      'audit of transaction 1 disposed',
      'transaction 1 disposed',
      'transaction 2 of orders/2',
      'shoes in transaction 2',
      'controller disposed',
      'audit of transaction 2 disposed',
      'transaction 2 disposed',
    ]);
    await t[Symbol.asyncDispose]();
    expect(log.at(-1)).toBe('pool disposed');
  });

  it('has the singletons of the application, and transient things for itself alone', async () => {
    class Stamp {}
    class Both {
      constructor(
        @Inject(Pool) readonly pool: Pool,
        @Inject(Stamp) readonly one: Stamp,
        @Inject(Stamp) readonly other: Stamp,
      ) {}
    }
    const seen: Both[] = [];
    @Controller({ scope: 'message' })
    class Orders {
      constructor(@Inject(Both) readonly both: Both) {}
      @Topic(order) on() {
        seen.push(this.both);
      }
    }
    await using t = await createTestApp({
      connection,
      controllers: [Orders],
      providers: [
        { provide: Both, useClass: Both, scope: 'message' },
        { provide: Stamp, useClass: Stamp, scope: 'transient' },
      ],
    });
    await t.deliver(order.to({ id: '1' }), 'a');
    await t.deliver(order.to({ id: '2' }), 'b');
    const [first, second] = seen as [Both, Both];
    expect(first.pool).toBe(second.pool);
    expect(first.pool).toBe(t.app.container.resolve(Pool));
    expect(new Set([first.one, first.other, second.one, second.other]).size).toBe(4);
  });

  it('is acknowledged before it is disposed of, and keeps its place in the order until then', async () => {
    @Controller({ scope: 'message', concurrency: { order: 'strict' } })
    class Slow {
      @Topic(order) on({ payload }: Message<typeof order>) {
        log.push(payload);
      }
      async [Symbol.asyncDispose]() {
        await nextTurn();
        log.push(t.broker.transcript().includes('PUBACK') ? 'acknowledged' : 'not acknowledged');
        await nextTurn();
        log.push('disposed');
      }
    }
    await using t = await createTestApp({ connection, controllers: [Slow] });
    await Promise.all([t.deliver(order.to({ id: '1' }), 'one'), t.deliver(order.to({ id: '2' }), 'two')]);
    expect(log).toEqual(['one', 'acknowledged', 'disposed', 'two', 'acknowledged', 'disposed']);
  });

  it('gives the place free after the time of a handler where a disposal never ends, and says so', async () => {
    @Controller({ scope: 'message', concurrency: { order: 'strict' } })
    class Stuck {
      @Topic(order, { timeout: '2s' }) on({ payload }: Message<typeof order>) {
        log.push(payload);
      }
      [Symbol.asyncDispose]() {
        return log.length > 1 ? Promise.resolve() : new Promise<void>(() => {});
      }
    }
    await using broker = new FakeBroker();
    const t = await createTestApp({ connection, controllers: [Stuck] }, { broker, machinePatience: 100 });
    const first = t.deliver(order.to({ id: '1' }), 'one');
    await t.deliver(order.to({ id: '2' }), 'two');
    expect(await first).toMatchObject({ outcome: 'acked', attempts: 1, errors: [] });
    expect(log).toEqual(['one', 'two']);
    expect(t.logs).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'What was built for a message is still not disposed of. The next one is handled.',
      }),
    );
    const stopped = t.app.stop({ timeout: '1m' }).catch((error: AggregateError) => error.errors);
    await t.clock.advance('1m');
    expect(await stopped).toEqual([new Error('What was built for a message was not disposed of in time.')]);
  });

  it('has a fresh scope for each attempt: what failed is disposed of before the next one begins', async () => {
    @Controller({ scope: 'message', errors: [otherwise(retry(2), drop())] })
    class Failing {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {}
      @Topic(order) on({ attempt }: Message<typeof order>) {
        log.push(`attempt ${attempt} in ${this.transaction.name}`);
        if (attempt < 3) throw new Error('not yet');
      }
    }
    await using t = await createTestApp({ connection, controllers: [Failing], providers: inMessage });
    expect(await t.deliver(order.to({ id: '1' }), 'x')).toMatchObject({ outcome: 'acked', attempts: 3 });
    expect(log.slice(1)).toEqual([
      'transaction 1 of orders/1',
      'attempt 1 in transaction 1',
      'transaction 1 disposed',
      'transaction 2 of orders/1',
      'attempt 2 in transaction 2',
      'transaction 2 disposed',
      'transaction 3 of orders/1',
      'attempt 3 in transaction 3',
      'transaction 3 disposed',
    ]);
  });

  it('waits with the next attempt until the scope of the one before is gone, however long that takes', async () => {
    @Controller({ scope: 'message', errors: [otherwise(retry(1), drop())] })
    class Failing {
      @Topic(order) on({ attempt }: Message<typeof order>) {
        log.push(`attempt ${attempt}`);
        if (attempt === 1) throw new Error('once more');
      }
      async [Symbol.asyncDispose]() {
        await new Promise<void>((resolve) => t.clock.setTimer(10_000, resolve));
        log.push('disposed');
      }
    }
    await using t = await createTestApp({ connection, controllers: [Failing] });
    expect(await t.deliver(order.to({ id: '1' }), 'x')).toMatchObject({ outcome: 'acked', attempts: 2 });
    expect(log).toEqual(['attempt 1', 'disposed', 'attempt 2', 'disposed']);
  });

  it('is not built for a message that is not for its handler, and not for another route', async () => {
    @Controller()
    class Plain {
      @Topic('plain') on() {}
    }
    @Controller({ scope: 'message' })
    class Picky {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {}
      @Topic(order, { when: ({ params }) => params['id'] !== '1' }) on() {}
      @Topic('numbers', { codec: 'json' }) onNumber() {}
    }
    await using t = await createTestApp({ connection, controllers: [Plain, Picky], providers: inMessage });
    await t.deliver(order.to({ id: '1' }), 'x');
    await t.deliver(defineTopic('plain').to(), 'x');
    await t.deliver(defineTopic('numbers').to(), 'no JSON');
    expect(log).toEqual(['pool']);
  });

  it('reports what fails to be disposed of, and goes on behind it', async () => {
    class Broken {
      dispose() {
        throw new Error('stuck');
      }
    }
    @Controller({ scope: 'message' })
    class Orders {
      constructor(
        @Inject(Transaction) readonly transaction: Transaction,
        @Inject(Broken) readonly broken: Broken,
      ) {}
      @Topic(order) on() {}
    }
    const broken: Provider = { provide: Broken, useClass: Broken, scope: 'message' };
    await using t = await createTestApp({
      connection,
      controllers: [Orders],
      providers: [...inMessage, broken],
    });
    expect(await t.deliver(order.to({ id: '1' }), 'x')).toMatchObject({ outcome: 'acked' });
    expect(log.at(-1)).toBe('transaction 1 disposed');
    expect(t.logs).toContainEqual({
      level: 'error',
      message: 'What was built for a message could not be disposed of.',
      facts: expect.objectContaining({
        route: 'Orders.on',
        topic: 'orders/1',
        error: expect.objectContaining({ errors: [new Error('stuck')] }),
      }),
    });
  });

  it('fails the message where its constructor throws, and disposes of what was built before', async () => {
    @Controller({ scope: 'message', errors: [otherwise(drop())] })
    class Throwing {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {
        throw new Error('no such order');
      }
      @Topic(order) on() {}
    }
    await using t = await createTestApp({ connection, controllers: [Throwing], providers: inMessage });
    expect(await t.deliver(order.to({ id: '1' }), 'x')).toMatchObject({
      outcome: 'dropped',
      errors: [new Error('no such order')],
    });
    expect(log.slice(1)).toEqual(['transaction 1 of orders/1', 'transaction 1 disposed']);
  });

  it('is kept while its handler runs, although the time of that is over', async () => {
    let finish = () => {};
    @Controller({ scope: 'message', errors: [otherwise(drop())] })
    class Endless {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {}
      @Topic(order, { timeout: '1s' }) async on() {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        log.push(`still in ${this.transaction.name}`);
      }
    }
    await using t = await createTestApp(
      { connection, controllers: [Endless], providers: inMessage },
      { machinePatience: 100 },
    );
    expect(await t.deliver(order.to({ id: '1' }), 'x')).toMatchObject({ outcome: 'dropped' });
    expect(log.slice(1)).toEqual(['transaction 1 of orders/1']);
    finish();
    await nextTurn();
    expect(log.slice(2)).toEqual(['still in transaction 1', 'transaction 1 disposed']);
  });

  it('is gone before the singletons that it uses, although the application stops meanwhile', async () => {
    let finish = () => {};
    let close = () => {};
    class Slow {
      constructor(@Inject(Pool) readonly pool: Pool) {}
      async [Symbol.asyncDispose]() {
        await new Promise<void>((resolve) => {
          close = resolve;
        });
        log.push('slow disposed');
        throw new Error('slow failed');
      }
    }
    @Controller({ scope: 'message', errors: [otherwise(drop())] })
    class Late {
      constructor(@Inject(Slow) readonly slow: Slow) {}
      @Topic(order, { timeout: '1s' }) on() {
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      }
    }
    const providers: Provider[] = [{ provide: Slow, useClass: Slow, scope: 'message' }];
    const t = await createTestApp({ connection, controllers: [Late], providers }, { machinePatience: 100 });
    await t.deliver(order.to({ id: '1' }), 'x');
    finish();
    await nextTurn();
    const stopped = t[Symbol.asyncDispose]();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(log).toEqual(['pool']);
    close();
    await stopped;
    expect(log).toEqual(['pool', 'slow disposed', 'pool disposed']);
    const failed = 'What was built for a message could not be disposed of.';
    expect(t.logs.filter(({ message }) => message === failed)).toHaveLength(1);
  });

  it('is kept by a manual handler until its message is settled, or the application stops', async () => {
    const messages: Message<typeof order>[] = [];
    @Controller({ scope: 'message' })
    class Manual {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {}
      @Topic(order, { ack: 'manual', timeout: 0, concurrency: { order: 'none' } }) on(
        message: Message<typeof order>,
      ) {
        messages.push(message);
      }
    }
    const t = await createTestApp({ connection, controllers: [Manual], providers: inMessage });
    await t.deliver(order.to({ id: '1' }), 'x');
    await t.deliver(order.to({ id: '2' }), 'y');
    const open = ['pool', 'transaction 1 of orders/1', 'transaction 2 of orders/2'];
    expect(log).toEqual(open);
    await messages[0]?.ack();
    await nextTurn();
    expect(log).toEqual([...open, 'transaction 1 disposed']);
    await t[Symbol.asyncDispose]();
    expect(log.slice(open.length + 1)).toEqual(['transaction 2 disposed', 'pool disposed']);
  });

  it('is replaced in a test as any other class', async () => {
    class Fake extends Transaction {
      override readonly name = 'fake';
    }
    await using t = await createTestApp(
      { connection, controllers: [Orders], providers: inMessage },
      {
        override: [
          { provide: Transaction, useClass: Fake, scope: 'message' },
          { provide: Audit, useClass: Audit, scope: 'message' },
        ],
      },
    );
    await t.deliver(order.to({ id: '1' }), 'socks');
    expect(log).toContain('socks in fake');
  });

  it('may be what is built for another class, whose own scope counts then', async () => {
    abstract class Step {
      abstract readonly topic: string;
    }
    @Controller({ scope: 'message' })
    class Scoped extends Step {
      readonly topic: string;
      constructor(@Inject(CurrentMessage) message: TopicMessage<unknown, unknown>) {
        super();
        this.topic = message.topic;
      }
    }
    @Controller({ scope: 'message' })
    class Orders {
      constructor(@Inject(Step) readonly step: Step) {}
      @Topic(order) on() {
        log.push(this.step.topic);
      }
    }
    const providers: Provider[] = [{ provide: Step, useClass: Scoped }];
    await using t = await createTestApp({ connection, controllers: [Orders], providers });
    await t.deliver(order.to({ id: '1' }), 'x');
    await t.deliver(order.to({ id: '2' }), 'x');
    expect(log).toEqual(['orders/1', 'orders/2']);
  });

  it('builds at the start the singletons that only messages need, and calls their hooks', async () => {
    class Db {
      onStart() {
        log.push('db started');
      }
    }
    @Controller({ scope: 'message' })
    class Orders {
      constructor(@Inject(Db) readonly db: Db) {}
      @Topic(order) on() {}
    }
    await using _t = await createTestApp({ connection, controllers: [Orders] });
    expect(log).toEqual(['db started']);
  });
});

describe('the lint at boot names what message scope does not go with', () => {
  const findings = async (controllers: Class[], providers: Provider[], own = {}) => {
    const error = await createApp({ connection, controllers, providers, ...own })
      .start()
      .catch((reason: BootError) => reason);
    return (error as BootError).findings;
  };
  const remedy = (who: string, what: string, parent: string) =>
    `It would keep for ever what belongs to one message. Give ${who} message scope, with @Controller({ scope: 'message' }) or scope: 'message' in a provider, or take ${what} out of the constructor of ${parent}.`;

  it('a singleton that takes the message, something with message scope, or something transient', async () => {
    class Stamp {}
    @Controller()
    class Single {
      constructor(
        @Inject(Transaction) readonly transaction: Transaction,
        @Inject(CurrentMessage) readonly message: TopicMessage<unknown, unknown>,
        @Inject(Stamp) readonly stamp: Stamp,
      ) {}
      @Topic(order) on() {}
    }
    const stamp: Provider = { provide: Stamp, useClass: Stamp, scope: 'transient' };
    expect(await findings([Single], [...inMessage, stamp])).toEqual([
      `Single (singleton) depends on Transaction (message scope): Single -> Transaction. ${remedy('Single', 'Transaction', 'Single')}`,
      `Single (singleton) depends on the current message (message scope): Single -> the current message. ${remedy('Single', 'the current message', 'Single')}`,
      `Single (singleton) depends on Stamp (transient): Single -> Stamp. ${remedy('Single', 'Stamp', 'Single')}`,
    ]);
  });

  it('a singleton that gets there over others, also from a class with message scope', async () => {
    class Repo {
      constructor(@Inject(Transaction) readonly transaction: Transaction) {}
    }
    class Service {
      constructor(@Inject(Repo) readonly repo: Repo) {}
    }
    @Controller({ scope: 'message' })
    class Orders {
      constructor(@Inject(Service) readonly service: Service) {}
      @Topic(order) on() {}
    }
    expect(await findings([Orders], inMessage)).toEqual([
      `Service (singleton) depends on Transaction (message scope): Service -> Repo -> Transaction. ${remedy('Service and Repo', 'Transaction', 'Repo')}`,
    ]);
  });

  it('a circle among what is built for messages', async () => {
    class A {
      constructor(@Inject(() => B) readonly b: object) {}
    }
    class B {
      constructor(@Inject(A) readonly a: A) {}
    }
    const circle: Provider[] = [
      { provide: A, useClass: A, scope: 'message' },
      { provide: B, useClass: B, scope: 'transient' },
    ];
    expect(await findings([Orders], [...inMessage, ...circle])).toEqual([
      'A -> B -> A: these need each other to be built. Take one of them out of the constructor and resolve it later.',
    ]);
  });

  it('hooks of the application, a scope that is none, and a container that builds it once', async () => {
    @Controller({ scope: 'message' })
    class Starting {
      @Topic(order) on() {}
      onStart() {}
    }
    @Controller({ scope: 'request' as 'message' })
    class Request {
      @Topic('r') on() {}
    }
    @Controller({ scope: 'message' })
    class Theirs {
      @Topic('t') on() {}
    }
    const own = { container: container.createChildContainer().registerSingleton(Theirs) };
    expect(await findings([Starting, Request, Theirs], [], own)).toEqual([
      `Request: @Controller says scope: "request". Write 'singleton' or 'message'.`,
      "Theirs has message scope, and is registered in the container that createApp was given, which knows no messages. Take it out of there, or give it the scope 'singleton'.",
      "Starting (message scope) has onStart(), which is called on singletons only. Move it to one, or give Starting the scope 'singleton'.",
    ]);
    const registered = {
      container: container.createChildContainer().register(Controllers, { useClass: Theirs }),
    };
    expect(await findings([], [], registered)).toEqual([
      'Theirs has message scope, and is registered in the container that createApp was given, which builds it once. List it in the controllers of createApp instead.',
    ]);
  });

  it('options of providers that are none', async () => {
    const A = token<number>('a');
    const wrong = [
      { provide: A, useValue: 1, scope: 'message' },
      { provide: A, useClass: Pool, scope: 'request' },
      { provide: A, useClass: Pool, inject: [Pool] },
      { provide: A, useFactory: () => 1, inject: [undefined] },
      { provide: A, useFactory: () => 1, inject: [token('b')] },
    ] as never[];
    expect(await findings([Orders], [...inMessage, ...wrong])).toEqual([
      'providers[2] (a): scope is for useClass: a value and what a factory makes live as long as the application. Leave it out.',
      `providers[3] (a): scope is "request". Write 'singleton', 'message' or 'transient'.`,
      'providers[4] (a): inject is for useFactory: a class says in its constructor what it needs. Leave it out.',
      'providers[5] (a): inject holds what is neither a class nor a token. Write a list of them; if one is undefined, its modules import each other.',
      "The provider of a names in its inject the token 'b', which nothing provides. Add { provide: thatToken, useValue: ... } to the providers of createApp.",
    ]);
  });

  it('a factory, or a caller outside, that asks for something of a message', async () => {
    const made: Provider = { provide: token('made'), useFactory: (c) => c.resolve(Transaction) };
    const sentence = (who: string) =>
      `${who} asks for Transaction (message scope) where there is no message: it is built for one only. Name it in the constructor of a class with message scope, which is given it.`;
    expect(await findings([Orders], [...inMessage, made])).toEqual([sentence('made')]);
    await using t = await createTestApp({ connection, controllers: [Orders], providers: inMessage });
    expect(() => t.app.container.resolve(Transaction)).toThrow(sentence('Somebody'));
  });
});

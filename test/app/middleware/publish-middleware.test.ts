import {
  Controller,
  createApp,
  deadLetter,
  defineTopic,
  type Message,
  type Middleware,
  MiddlewareError,
  otherwise,
  type PublishContext,
  type PublishMiddleware,
  Topic,
} from 'topicwise';
import { createTestApp, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const status = defineTopic('devices/+id/status', { codec: 'text' });
const command = defineTopic('devices/+id/command', { codec: 'text' });
const answering = defineTopic('devices/+id/answer', { codec: 'text', reply: z.string() });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** A middleware that is only there for what is published. */
function around(publish: PublishMiddleware): Middleware {
  return Object.assign<Middleware, object>((_message, next) => next(), { publish });
}

function start(
  middleware: readonly Middleware[],
  handler: (message: Message<typeof command>) => unknown = () => undefined,
  protocol: 4 | 5 = 5,
): Promise<TestApp> {
  const app = createApp({
    connection: { ...connection, protocol },
    middleware,
    errors: [otherwise(deadLetter())],
  });
  app.on(command, async (message) => void (await handler(message)));
  return createTestApp(app);
}

const publish = (t: TestApp) => t.app.publisher.publish(status.to({ id: 7 }), 'on');

describe('publish middleware', () => {
  it('sees the encoded message and what there is to know, and hands on another', async () => {
    const seen: unknown[] = [];
    const look = around((outgoing, next, context) => {
      seen.push(outgoing, context);
      return next({ ...outgoing, properties: { userProperties: [['by', 'me']] } });
    });
    await using t = await start([look]);
    expect(await publish(t)).toEqual({ reasonCode: 0x10 });
    const payload = new TextEncoder().encode('on');
    expect(seen).toEqual([
      {
        topic: 'devices/7/status',
        payload,
        qos: 1,
        retain: false,
        properties: {},
      },
      {
        kind: 'message',
        pattern: 'devices/+id/status',
        clock: t.clock,
        logger: expect.anything(),
        protocolVersion: 5,
        clientId: 'app',
      },
    ]);
    const [sent] = t.published(status);
    expect([...(sent?.properties.userProperties ?? [])]).toEqual([['by', 'me']]);
  });

  it('goes around what handlers publish, return, and answer, and around dead letters', async () => {
    const seen: [PublishContext['kind'], string, string | undefined][] = [];
    const look = around((outgoing, next, { kind, pattern }) => {
      seen.push([kind, outgoing.topic, pattern]);
      return next(outgoing);
    });
    const app = createApp({ connection, middleware: [look], errors: [otherwise(deadLetter())] });
    app.on(
      command,
      async (message) => {
        if (message.payload === 'bad') throw new Error('no');
        await message.publish(status.to({ id: 1 }), 'published');
        return status.message({ id: 2 }, 'returned');
      },
      { sends: [status] },
    );
    app.on(answering, () => 'fine');
    await using t = await createTestApp(app);
    await t.deliver(command.to({ id: 1 }), 'x');
    await t.deliver(command.to({ id: 1 }), 'bad');
    expect(await t.request(answering.to({ id: 1 }), 'how')).toBe('fine');
    await t.app.publisher.clear(status.to({ id: 3 }));
    expect(seen).toEqual([
      ['message', 'devices/1/status', 'devices/+id/status'],
      ['message', 'devices/2/status', 'devices/+id/status'],
      ['dead-letter', 'dead-letter/devices/1/command', undefined],
      ['reply', expect.any(String), undefined],
      ['message', 'devices/3/status', 'devices/+id/status'],
    ]);
  });

  it('goes around a request until its reply is there', async () => {
    const seen: string[] = [];
    const look = around(async (outgoing, next, { kind }) => {
      if (kind === 'reply') return next(outgoing);
      seen.push(`${kind} ${outgoing.topic}`);
      const result = await next(outgoing);
      seen.push(`replied ${result.reasonCode}`);
      return result;
    });
    const app = createApp({ connection, middleware: [look] });
    app.on(answering, () => 'fine');
    await using t = await createTestApp(app);
    expect(await t.app.publisher.request(answering.to({ id: 1 }), 'how')).toBe('fine');
    expect(seen).toEqual(['request devices/1/answer', 'replied 0']);
  });

  it('hands on from the last to the first: the other way than what comes in', async () => {
    const named = (name: string) =>
      around((outgoing, next) => {
        const { userProperties = [] } = outgoing.properties;
        return next({ ...outgoing, properties: { userProperties: [...userProperties, ['by', name]] } });
      });
    await using t = await start([named('first'), named('second')]);
    await publish(t);
    expect([...(t.published(status)[0]?.properties.userProperties ?? [])].map(([, by]) => by)).toEqual([
      'second',
      'first',
    ]);
  });

  it('of a decorator goes around what its handler publishes, inside the application`s, and around nothing else', async () => {
    const seen: string[] = [];
    const named = (name: string) =>
      around((outgoing, next) => {
        seen.push(`${name} ${outgoing.topic}`);
        return next(outgoing);
      });
    const Own = Topic.use(named('own'));
    @Controller()
    class Things {
      @Own(command) async onCommand(message: Message<typeof command>) {
        await message.publish(status.to({ id: 1 }), 'on');
      }
    }
    await using t = await createTestApp(
      createApp({ connection, controllers: [Things], middleware: [named('app')] }),
    );
    await t.deliver(command.to({ id: 1 }), 'x');
    await publish(t);
    expect(seen).toEqual(['own devices/1/status', 'app devices/1/status', 'app devices/7/status']);
  });

  it('fails the message whose publish it throws for', async () => {
    const broken = around((outgoing, next, { kind }) => {
      if (kind === 'message') throw new Error('not today');
      return next(outgoing);
    });
    await using t = await start([broken], (message) => void message.publish(status.to({ id: 1 }), 'on'));
    const delivery = await t.deliver(command.to({ id: 1 }), 'x');
    expect(delivery).toMatchObject({ outcome: 'dead-lettered', errors: [{ message: 'not today' }] });
    await expect(publish(t)).rejects.toThrow('not today');
    expect(t.published(status)).toEqual([]);
  });

  it('may keep what the broker does not take', async () => {
    const kept: string[] = [];
    const outbox = around(async (outgoing, next) => {
      try {
        return await next(outgoing);
      } catch {
        kept.push(outgoing.topic);
        return { reasonCode: 0 };
      }
    });
    const tooLong = around((outgoing, next) => next({ ...outgoing, topic: 'wild/+/card' }));
    await using t = await start([tooLong, outbox]);
    expect(await publish(t)).toEqual({ reasonCode: 0 });
    expect(kept).toEqual(['devices/7/status']);
  });

  it('may publish nothing', async () => {
    await using t = await start([around(async () => ({ reasonCode: 0x10 }))]);
    expect(await publish(t)).toEqual({ reasonCode: 0x10 });
    expect(t.published(status)).toEqual([]);
    await expect(t.app.publisher.request(answering.to({ id: 1 }), 'how')).rejects.toThrow(
      'A middleware returned a result for the request on "devices/1/answer" without publishing it',
    );
  });

  it('waits for the broker where the middleware does not, and tells the caller what it said', async () => {
    const hasty = around((async (outgoing: never, next: (o: never) => Promise<unknown>) => {
      void next(outgoing);
    }) as never);
    await using t = await start([hasty]);
    expect(await publish(t)).toEqual({ reasonCode: 0x10 });
    await expect(
      t.app.publisher.publish(status.to({ id: 7 }), 'on', { messageExpiryInterval: -1 }),
    ).rejects.toThrow('messageExpiryInterval');
  });

  it.each<[what: string, publish: unknown, sentence: RegExp]>([
    [
      'forgets next() and returns nothing',
      async () => undefined,
      /neither called next\(\) for "devices\/7\/status" nor/,
    ],
    [
      'calls next() twice',
      async (outgoing: never, next: (o: never) => Promise<unknown>) => {
        await next(outgoing);
        return next(outgoing);
      },
      /called next\(\) twice for "devices\/7\/status"/,
    ],
    [
      'hands on nothing',
      (_: never, next: () => unknown) => next(),
      /called next\(\) without a message for "devices/,
    ],
    [
      'retains a request',
      (outgoing: object, next: (o: object) => unknown) => next({ ...outgoing, retain: true }),
      /A middleware retains the request on "devices\/1\/answer"/,
    ],
  ])('that %s rejects with a MiddlewareError', async (what, part, sentence) => {
    await using t = await start([around(part as PublishMiddleware)]);
    const published =
      what === 'retains a request' ? t.app.publisher.request(answering.to({ id: 1 }), 'how') : publish(t);
    const error = await published.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(MiddlewareError);
    expect(String(error)).toMatch(sentence);
    expect(t.published(status)).toHaveLength(what === 'calls next() twice' ? 1 : 0);
  });

  it('is told of MQTT 3.1.1, whose dead letters have no properties', async () => {
    const seen: unknown[] = [];
    const look = around((outgoing, next, { protocolVersion }) => {
      seen.push(protocolVersion, outgoing.properties);
      return next(outgoing);
    });
    const fail = () => {
      throw new Error('no');
    };
    await using t = await start([look], fail, 4);
    await t.deliver(command.to({ id: 1 }), 'x');
    expect(seen).toEqual([4, {}]);
  });
});

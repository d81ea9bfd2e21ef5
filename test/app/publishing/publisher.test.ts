import { decode, encode } from '@msgpack/msgpack';
import {
  type Codec,
  type ConnectionOptions,
  createApp,
  defineTopic,
  InvalidMessage,
  ReplyError,
  type RequestOptions,
  TopicError,
} from 'topicwise';
import { type Client, connect, type Message, type PublishOptions } from 'topicwise/client';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const config = defineTopic('devices/+id/config/get', {
  payload: z.object({ keys: z.array(z.string()) }),
  reply: z.object({ values: z.array(z.string()), at: z.coerce.date() }),
  qos: 2,
});
const status = defineTopic('devices/+id/status', { payload: z.object({ on: z.boolean() }), retain: true });
const utf8 = (text: string) => new TextEncoder().encode(text);

type Answer = { readonly payload: Uint8Array | string } & PublishOptions;

/** A device that answers every request on the topics of a filter. */
async function answering(
  t: TestApp,
  filter: string,
  answer: (request: Message) => Answer,
): Promise<{ client: Client; requests: Message[] }> {
  const client = await connect(t.broker.endpoint, { clock: t.clock });
  const requests: Message[] = [];
  const stream = await client.stream({ filter, maximumQoS: 2 });
  void (async () => {
    for await (const request of stream) {
      requests.push(request);
      await request.ack();
      const { payload, ...options } = answer(request);
      const { responseTopic = '', correlationData } = request;
      await client.publish(responseTopic, payload, {
        ...options,
        ...(correlationData && { correlationData }),
      });
    }
  })();
  return { client, requests };
}

async function start(protocol: 4 | 5 = 5, options: Partial<ConnectionOptions> = {}): Promise<TestApp> {
  const app = createApp({
    connection: { url: 'mqtt://nowhere.invalid', clientId: 'asking', protocol, ...options },
  });
  app.on('nothing/comes/here', () => {});
  return createTestApp(app, { broker: new FakeBroker() });
}

const get = (t: TestApp, options?: RequestOptions) =>
  t.app.publisher.request(config.to({ id: 7 }), { keys: ['k'] }, options);

describe('a request', () => {
  it('resolves with the reply, decoded and validated', async () => {
    await using t = await start();
    const { requests } = await answering(t, 'devices/#', () => ({
      payload: '{"values":["a"],"at":"2026-01-01"}',
    }));
    expect(await get(t)).toEqual({ values: ['a'], at: new Date('2026-01-01') });
    expect(requests).toMatchObject([{ topic: 'devices/7/config/get', qos: 2, retain: false }]);
    expect(requests[0]?.json()).toEqual({ keys: ['k'] });
    expect(t.published(config)).toMatchObject([{ params: { id: '7' }, payload: { keys: ['k'] }, qos: 2 }]);
  });

  it('goes out with what its options say', async () => {
    await using t = await start();
    const { requests } = await answering(t, 'devices/#', () => ({ payload: '{"values":[],"at":0}' }));
    const said = {
      qos: 1,
      contentType: 'application/json',
      messageExpiryInterval: 10,
      userProperties: [['a', 'b']],
    } as const;
    await get(t, { ...said, timeout: '1s' });
    expect(requests).toMatchObject([said]);
  });

  it('is never retained, whatever the contract says', async () => {
    await using t = await start();
    const retained = defineTopic('r', { codec: 'text', reply: z.string(), retain: true });
    await answering(t, 'r', () => ({ payload: 'yes' }));
    expect(await t.app.publisher.request(retained.to(), 'x')).toBe('yes');
    expect(t.broker.retained('r')).toBeUndefined();
  });

  it('carries any bytes, there and back', async () => {
    await using t = await start();
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const echo = defineTopic('echo', { codec: 'bytes', reply: z.instanceof(Uint8Array) });
    await answering(t, 'echo', ({ payload }) => ({ payload }));
    const reply = await t.app.publisher.request(echo.to(), every);
    expect(new Uint8Array(reply)).toEqual(every);
  });

  it('has each its own reply, in whatever order they come', async () => {
    await using t = await start();
    const number = defineTopic('number/+n', { codec: 'text', reply: z.string() });
    const device = await connect(t.broker.endpoint, { clock: t.clock });
    const stream = await device.stream('number/+');
    const ask = (n: number) => t.app.publisher.request(number.to({ n }), '');
    const asked = Promise.all([ask(1), ask(2), ask(3)]);
    const requests: Message[] = [];
    for await (const request of stream) if (requests.push(request) === 3) break;
    for (const { topic, responseTopic = '', correlationData } of requests.reverse()) {
      await device.publish(responseTopic, topic, { ...(correlationData && { correlationData }) });
    }
    expect(await asked).toEqual(['number/1', 'number/2', 'number/3']);
  });

  it('rejects with the error that the handler answered with', async () => {
    await using t = await start();
    const error: [string, string] = ['reply-error', 'not-found'];
    const { requests } = await answering(t, 'devices/#', () => ({
      payload: '',
      userProperties: requests.length > 1 ? [error] : [error, ['reply-error-message', 'No such device']],
    }));
    await expect(get(t)).rejects.toThrow(ReplyError);
    await expect(get(t)).rejects.toMatchObject({
      name: 'ReplyError',
      code: 'not-found',
      message: 'The request on "devices/+id/config/get" was answered with an error.',
    });
    requests.length = 0;
    await expect(get(t)).rejects.toMatchObject({ code: 'not-found', message: 'No such device' });
  });

  it('rejects if the reply does not fit, and says that it is the reply', async () => {
    await using t = await start();
    await answering(t, 'devices/#', () => ({ payload: '{"values":"a","at":0}' }));
    await expect(get(t)).rejects.toThrow(InvalidMessage);
    await expect(get(t)).rejects.toMatchObject({
      part: 'reply',
      message: expect.stringMatching(/^The reply does not fit "devices\/\+id\/config\/get": values: /),
    });
  });

  it('rejects if no reply comes in time, by the clock of the application', async () => {
    await using t = await start();
    const settled = outcomeOf(get(t, { timeout: '5s' }));
    await t.clock.advance('4999ms');
    expect(await settled.now()).toBe('pending');
    await t.clock.advance('1ms');
    await expect(settled.promise).rejects.toMatchObject({ kind: 'request-timeout' });
    await expect(get(t, { timeout: 'soon' as '1s' })).rejects.toThrow("'soon' is no duration.");
  });

  it('ignores a reply that comes too late or twice, counts it, and says so once', async () => {
    await using t = await start();
    const device = await connect(t.broker.endpoint, { clock: t.clock });
    const stream = await device.stream('devices/#');
    const asked = outcomeOf(get(t, { timeout: '1s' }));
    const request = (await stream[Symbol.asyncIterator]().next()).value as Message; // it does not end before
    await t.clock.advance('1s');
    await expect(asked.promise).rejects.toMatchObject({ kind: 'request-timeout' });
    const { responseTopic = '', correlationData = new Uint8Array() } = request;
    for (const payload of ['late', 'twice'])
      await device.publish(responseTopic, payload, { correlationData });
    await t.settled();
    expect(
      t.logs.filter(({ message }) => message?.startsWith('A reply came that no request waits for')),
    ).toMatchObject([{ level: 'warn' }]);
    expect(await t.app.metrics()).toContain('\ntopicwise_late_replies_total 2\n');
    expect(await t.app.metrics()).toContain('\ntopicwise_requests_waiting 0\n');
  });

  it('rejects when the connection is lost, since its reply may be lost with it', async () => {
    await using t = await start();
    const asked = outcomeOf(get(t));
    await t.clock.settle();
    t.broker.faults.disconnect({ cmd: 'publish', from: 'client', topic: 'devices/7/status', nth: 1 });
    const published = t.app.publisher.publish(status.to({ id: 7 }), { on: true });
    await t.settled();
    await published;
    await expect(asked.promise).rejects.toMatchObject({ kind: 'connection-lost' });
    // The next one finds its way: the response topic is subscribed still, or again.
    await answering(t, 'devices/+/config/get', () => ({ payload: '{"values":[],"at":0}' }));
    expect(await get(t)).toMatchObject({ values: [] });
  });

  it('is refused where too many wait, and does not leave', async () => {
    await using t = await start(5, { requestMaximum: 2 });
    const waiting = [outcomeOf(get(t)), outcomeOf(get(t))];
    await t.clock.settle();
    await expect(get(t)).rejects.toMatchObject({
      name: 'LimitError',
      message: expect.stringContaining('2 requests'),
    });
    expect(t.broker.published).toHaveLength(2);
    await t.clock.advance('30s');
    for (const { promise } of waiting)
      await expect(promise).rejects.toMatchObject({ kind: 'request-timeout' });
  });

  it('rejects with the reason of its signal', async () => {
    await using t = await start();
    const abort = new AbortController();
    const asked = get(t, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });

  it('rejects when the application stops', async () => {
    const t = await start();
    const asked = outcomeOf(get(t));
    await t[Symbol.asyncDispose]();
    await expect(asked.promise).rejects.toThrow();
  });

  it('does not leave if its payload does not fit', async () => {
    await using t = await start();
    const asked = t.app.publisher.request(config.to({ id: 7 }), { keys: 'k' as unknown as string[] });
    await expect(asked).rejects.toMatchObject({ name: 'InvalidMessage', part: 'payload' });
    expect(t.broker.published).toEqual([]);
  });

  it('says what is missing where it can not be made', async () => {
    await using t = await start(4);
    await expect(get(t)).rejects.toThrow(
      '"devices/7/config/get" can\'t be requested: MQTT 3.1.1 has no response topic.',
    );
    const mute = t.app.publisher.request(status.to({ id: 7 }) as never, { on: true });
    await expect(mute).rejects.toThrow('"devices/+id/status" can\'t be requested: it has no reply. Write');
    const unborn = createApp({ connection: 'mqtt://nowhere.invalid' }).publisher;
    await expect(unborn.request(config.to({ id: 7 }), { keys: [] })).rejects.toThrow(
      'before the application has started',
    );
  });
});

describe('clear', () => {
  it('removes what is retained on a topic, and is no message of the contract', async () => {
    await using t = await start();
    const { publisher } = t.app;
    await publisher.publish(status.to({ id: 7 }), { on: true });
    await publisher.publish(status.to({ id: 8 }), { on: true });
    await publisher.clear(status.to({ id: 7 }));
    expect(t.broker.retainedMessages.map(({ topic }) => topic)).toEqual(['devices/8/status']);
    expect(t.published(status)).toMatchObject([{ params: { id: '7' } }, { params: { id: '8' } }]);
    expect(t.published('devices/7/status')).toMatchObject([
      { retain: true },
      { retain: true, qos: 1, payload: new Uint8Array() },
    ]);
  });

  it('goes out at the QoS that it is given', async () => {
    await using t = await start();
    await t.app.publisher.clear(status.to({ id: 7 }), { qos: 2 });
    expect(t.broker.published).toMatchObject([{ topic: 'devices/7/status', qos: 2, retain: true }]);
  });
});

describe('a publish', () => {
  const messagePack: Codec = { name: 'MessagePack', contentTypes: ['application/msgpack'], encode, decode };

  it('says which codec of the user`s it is in, where the protocol has a word for it', async () => {
    const packed = defineTopic('packed', { codec: messagePack, payload: z.object({ n: z.number() }) });
    {
      await using t = await start();
      await t.app.publisher.publish(packed.to(), { n: 1 });
      await t.app.publisher.publish(packed.to(), { n: 2 }, { contentType: 'application/octet-stream' });
      expect(t.broker.published.map(({ properties }) => properties.contentType)).toEqual([
        'application/msgpack',
        'application/octet-stream',
      ]);
      expect(t.published(packed).map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }]);
    }
    await using t = await start(4);
    await t.app.publisher.publish(packed.to(), { n: 1 });
    expect(t.broker.published).toMatchObject([{ payload: encode({ n: 1 }) }]);
  });

  it('is in the codec that its content type asks for', async () => {
    await using t = await start();
    const either = defineTopic('either', { codec: ['json', messagePack], payload: z.number() });
    await t.app.publisher.publish(either.to(), 1);
    await t.app.publisher.publish(either.to(), 2, { contentType: 'application/msgpack' });
    expect(t.broker.published).toMatchObject([{ payload: utf8('1') }, { payload: encode(2) }]);
    expect(t.published(either).map(({ payload }) => payload)).toEqual([1, 2]);
  });

  it.each([
    ['a payload', { payload: { on: 'yes' } }, 'payload', /: on: /],
    [
      'a content type',
      { payload: { on: true }, contentType: 'image/png' },
      'content-type',
      /JSON is expected/,
    ],
  ])(
    'does not leave if %s does not fit its contract',
    async (_what, { payload, ...options }, part, sentence) => {
      await using t = await start();
      const published = t.app.publisher.publish(status.to({ id: 7 }), payload as { on: boolean }, options);
      await expect(published).rejects.toMatchObject({
        name: 'InvalidMessage',
        part,
        message: expect.stringMatching(sentence),
      });
      expect(t.broker.published).toEqual([]);
    },
  );

  it.each([
    ['a/b', '"/" is not allowed in it'],
    ['a+b', '"+" is not allowed in it'],
    ['#', '"#" is not allowed in it'],
    ['a\0b', 'U+0000'],
    ['\ud800', 'surrogate'],
    ['', undefined],
  ])('goes to no topic with %j in a level', async (id, sentence) => {
    if (sentence === undefined) expect(status.to({ id }).address).toBe('devices//status');
    else {
      expect(() => status.to({ id })).toThrow(TopicError);
      expect(() => status.to({ id })).toThrow(sentence);
    }
  });

  it('goes to no address that was made by hand and is no topic', async () => {
    await using t = await start();
    for (const address of ['devices/+/status', 'devices/#', 'devices/\0/status', '']) {
      const published = t.app.publisher.publish({ ...status.to({ id: 7 }), address }, { on: true });
      await expect(published).rejects.toMatchObject({ name: 'InvalidPacketError' });
    }
    expect(t.broker.published).toEqual([]);
  });

  it('ends with the reason of its signal while its schema has not ended, as a request does', async () => {
    await using t = await start();
    const { publisher } = t.app;
    const endless = defineTopic('endless', {
      payload: z.string().refine(() => new Promise<boolean>(() => {})),
      reply: z.string(),
    });
    const abort = new AbortController();
    const { signal } = abort;
    const published = publisher.publish(endless.to(), 'x', { signal });
    const asked = publisher.request(endless.to(), 'x', { signal });
    abort.abort(new Error('enough'));
    await expect(published).rejects.toThrow('enough');
    await expect(asked).rejects.toThrow('enough');
    expect(t.broker.published).toEqual([]);
  });

  it('ends with the reason of its signal', async () => {
    await using t = await start();
    const abort = new AbortController();
    t.broker.faults.lose({ cmd: 'puback', from: 'broker' });
    const published = t.app.publisher.publish(status.to({ id: 7 }), { on: true }, { signal: abort.signal });
    await t.broker.whenIdle();
    abort.abort(new Error('enough'));
    await expect(published).rejects.toThrow('enough');
  });
});

/** A promise, and what it has come to by now. */
function outcomeOf(promise: Promise<unknown>): {
  readonly promise: Promise<unknown>;
  now(): Promise<'pending' | 'settled'>;
} {
  const settled = promise.then(
    () => 'settled' as const,
    () => 'settled' as const,
  );
  return { promise, now: () => Promise.race([settled, Promise.resolve('pending' as const)]) };
}

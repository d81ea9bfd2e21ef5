// The side that answers, and the whole way there and back.

import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';
import { createApp, defineTopic, ReplyError, type Message as Request } from 'topicwise';
import { connect, type Message } from 'topicwise/client';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeWithMosquitto } from '../../support/mosquitto.js';

const double = defineTopic('double/+id', { codec: 'json', payload: z.number(), reply: z.number(), qos: 2 });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'answering' };
const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

type Handler = (request: Request<typeof double>) => number | Promise<number>;

async function answering(handler: Handler, broker: FakeBroker | string = new FakeBroker()): Promise<TestApp> {
  const app = createApp({ connection });
  app.on(double, handler, { name: 'onDouble' });
  return createTestApp(app, { broker });
}

/** Publishes requests by hand, and keeps what comes to `replies/mine`. */
async function requester(t: TestApp) {
  const client = await connect(t.broker.endpoint, { clock: t.clock });
  const replies: Message[] = [];
  const stream = await client.stream({ filter: 'replies/mine', maximumQoS: 2 });
  void (async () => {
    for await (const reply of stream) {
      replies.push(reply);
      await reply.ack();
    }
  })();
  return { client, replies };
}

const linesOf = (t: TestApp, level: string) =>
  t.logs.filter((entry) => entry.level === level).map(({ message }) => message);

describe('a reply', () => {
  it("carries the requester's correlation data as it came, whatever came meanwhile, at the QoS of the contract", async () => {
    const open: (() => void)[] = [];
    await using t = await answering(
      ({ payload }) => new Promise((resolve) => open.push(() => resolve(payload * 2))),
    );
    const { client, replies } = await requester(t);
    const asked = [everyByte, everyByte.slice().reverse(), new Uint8Array()];
    for (const [i, correlationData] of asked.entries())
      await client.publish(`double/${i}`, String(i), {
        qos: 1,
        responseTopic: 'replies/mine',
        correlationData,
      });
    await client.publish('double/3', '3', { qos: 1, responseTopic: 'replies/mine' });
    await t.clock.settle();
    for (const answer of open) answer();
    await t.settled();
    expect(replies.map((reply) => [reply.json(), reply.qos])).toEqual([0, 2, 4, 6].map((n) => [n, 2]));
    expect(replies.map(({ correlationData }) => correlationData && [...correlationData])).toEqual([
      ...asked.map((data) => [...data]),
      undefined,
    ]);
  });

  it('that does not fit its schema is a failure of the handler, of which the requester learns no more than that', async () => {
    await using t = await answering(() => 'two' as unknown as number);
    const [asked, { client, replies }] = [t.request(double.to({ id: 1 }), 1), await requester(t)];
    await expect(asked).rejects.toMatchObject({
      name: 'ReplyError',
      code: 'failed',
      message: 'The handler of the request failed.',
    });
    const delivery = await t.deliver(double.to({ id: 1 }), 1);
    expect(delivery).toMatchObject({ outcome: 'acked', errors: [] }); // nobody asked
    await client.publish('double/1', '1', { qos: 1, responseTopic: 'replies/mine' });
    await t.settled();
    expect(replies).toHaveLength(1);
    expect(t.logs).toContainEqual(
      expect.objectContaining({
        level: 'error',
        facts: expect.objectContaining({
          error: expect.objectContaining({
            name: 'InvalidMessage',
            part: 'reply',
            message: expect.stringContaining('The reply does not fit "double/+id": '),
          }),
        }),
      }),
    );
  });

  it('that nobody waits for is dropped, and said once', async () => {
    await using t = await answering(({ payload }) => {
      if (payload === 3) throw new ReplyError('odd', 'Three is odd');
      return payload * 2;
    });
    for (const n of [1, 2, 3])
      expect(await t.deliver(double.to({ id: n }), n)).toMatchObject({ outcome: 'acked', attempts: 1 });
    expect(t.broker.published).toEqual([]);
    expect(t.logs.filter(({ message }) => message?.includes('names no response topic'))).toMatchObject([
      { level: 'debug', facts: { route: 'onDouble', topic: 'double/1' } },
    ]);
    expect([...linesOf(t, 'warn'), ...linesOf(t, 'error')]).toEqual([]);
  });

  it('that the broker does not take is reported, and its request is handled all the same', async () => {
    await using t = await answering(({ payload }) => payload * 2);
    const { client } = await requester(t);
    t.broker.faults.refuse({ cmd: 'publish', from: 'client', topic: 'replies/mine' }, 0x87);
    await client.publish('double/1', '1', { qos: 1, responseTopic: 'replies/mine' });
    await t.settled();
    expect(linesOf(t, 'error')).toEqual(['Its reply could not be published.']);
    expect(t.app.health()).toMatchObject({ lag: 0, routes: { onDouble: { handled: 1, failed: 0 } } });
  });

  it('is announced to nobody on MQTT 3.1.1, of which the start warns', async () => {
    const app = createApp({ connection: { ...connection, protocol: 4 } });
    app.on(double, ({ payload }) => payload * 2, { name: 'onDouble' });
    app.on(defineTopic('half', { reply: z.number() }), () => 1);
    app.on('plain', () => {});
    await using t = await createTestApp(app);
    expect(linesOf(t, 'warn')).toEqual([
      'onDouble and 1 more: the topic has a reply, but MQTT 3.1.1 has no response topic, so nobody gets one. Connect with MQTT 5, or publish the answer on a topic of its own.',
    ]);
    expect(await t.deliver(double.to({ id: 1 }), 1)).toMatchObject({ outcome: 'acked' });
  });
});

describeWithMosquitto('requests between an application and MQTT.js, on mosquitto', (mosquitto) => {
  /** The next message of the client. */
  const next = (client: MqttClient) =>
    new Promise<IPublishPacket>((resolve) =>
      client.once('message', (_topic, _payload, packet) => resolve(packet)),
    );

  it('are answered to the topic and with the data that MQTT.js names, errors too', {
    timeout: 30_000,
  }, async () => {
    await using t = await answering(({ payload }) => {
      if (payload === 13) throw new ReplyError('unlucky', 'Thirteen is not doubled');
      return payload * 2;
    }, mosquitto().url);
    expect(t.clientId).toBe('answering');
    const client = await mqtt.connectAsync(mosquitto().url, { protocolVersion: 5 });
    await client.subscribeAsync('answers/to mqtt.js', { qos: 1 });
    const ask = (payload: string) => {
      const answer = next(client);
      client.publish('double/1', payload, {
        qos: 1,
        properties: { responseTopic: 'answers/to mqtt.js', correlationData: Buffer.from(everyByte) },
      });
      return answer;
    };
    const answer = await ask('21');
    expect(answer.payload.toString()).toBe('42');
    expect([...(answer.properties?.correlationData ?? [])]).toEqual([...everyByte]);
    const refusal = await ask('13');
    expect(refusal.payload).toHaveLength(0);
    expect([...(refusal.properties?.correlationData ?? [])]).toEqual([...everyByte]);
    expect(refusal.properties?.userProperties).toEqual(
      Object.assign(Object.create(null), {
        'reply-error': 'unlucky',
        'reply-error-message': 'Thirteen is not doubled',
      }),
    );
    await client.endAsync();
  });

  it('are answered by MQTT.js, in whatever order', { timeout: 30_000 }, async () => {
    await using t = await answering(({ payload }) => payload * 2, mosquitto().url);
    const quote = defineTopic('quotes/+of', { reply: z.object({ price: z.number() }) });
    const responder = await mqtt.connectAsync(mosquitto().url, { protocolVersion: 5 });
    await responder.subscribeAsync('quotes/+', { qos: 1 });
    const requests: IPublishPacket[] = [];
    responder.on('message', (_topic, _payload, packet) => {
      if (requests.push(packet) < 3) return;
      for (const { topic, properties } of requests.reverse()) {
        const { responseTopic = '', correlationData } = properties ?? {};
        const answer = JSON.stringify({ price: topic.length });
        responder.publish(responseTopic, answer, {
          qos: 1,
          properties: { ...(correlationData && { correlationData }) },
        });
      }
    });
    const ask = (of: string) => t.app.publisher.request(quote.to({ of }), '', { timeout: '20s' });
    expect(await Promise.all([ask('a'), ask('bb'), ask('ccc')])).toEqual([
      { price: 8 },
      { price: 9 },
      { price: 10 },
    ]);
    await responder.endAsync();
  });
});

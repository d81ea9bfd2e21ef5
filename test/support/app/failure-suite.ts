// What becomes of a message whose handler fails, run against every broker: rules 9, 11, 12 and 13 of the framework's semantics.
import {
  createApp,
  deadLetter,
  defineTopic,
  type HandlerOptions,
  otherwise,
  redeliver,
  reject,
  retry,
  type TopicMessage,
} from 'topicwise';
import { connect, type Message as ReceivedMessage } from 'topicwise/client';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { nextTurn } from '../../../src/time/index.js';
import { type AcknowledgementUnderTest, gate, startUnder } from './acknowledgement-suite.js';
import { isAcknowledgement, type Passed, textOf } from './wire.js';

type Text = TopicMessage<{ readonly id: string }, string>;

const failing = () => {
  throw new TypeError('no\u0000 such\nsensor');
};

let devices = 0;

/** Defines the tests inside the `describe` that calls it. */
export function defineFailureSuite(under: AcknowledgementUnderTest): void {
  const { protocol } = under;
  const topicOf = (clientId: string) => defineTopic(`${clientId}/+id`, { codec: 'text' });
  const acked = (wire: readonly Passed[]) => wire.some(isAcknowledgement);

  const start = (
    handler: (message: Text) => unknown,
    options: HandlerOptions = {},
    more?: Parameters<typeof startUnder>[2],
  ) =>
    startUnder(
      under,
      (app, clientId) =>
        app.on(topicOf(clientId), async (message) => void (await handler(message)), {
          name: 'work',
          qos: 2,
          ...options,
        }),
      more,
    );

  it.each([1, 2] as const)(
    'rule 9: what is rejected comes never again, not on the next connection either: QoS %i',
    async (qos) => {
      const seen: string[] = [];
      const rejecting = async (message: Text) => {
        seen.push(message.payload);
        await message.reject(0x83);
      };
      const { t, clientId, broker } = await start(rejecting);
      await t.deliver(topicOf(clientId).to({ id: 1 }), 'rejected', { qos });
      await t.app.stop();
      await t[Symbol.asyncDispose]();
      const again = await start(rejecting, {}, { clientId, broker });
      await using _ = again.t;
      // The session is in order: what it still had to deliver would come before this.
      await again.t.deliver(topicOf(clientId).to({ id: 1 }), 'fence', { qos });
      expect(seen).toEqual(['rejected', 'fence']);
    },
  );

  it.skipIf(protocol === 4)('rule 9: what is rejected goes to no other member of the share', async () => {
    const broker = under.broker();
    const share = `group-${process.pid}-${devices++}`;
    const seen: string[] = [];
    const members = [];
    for (const member of ['one', 'two']) {
      const app = createApp({
        connection: { url: 'mqtt://nowhere.invalid', clientId: `${share}-${member}` },
      });
      app.on(
        `${share}/+id`,
        async (message) => {
          seen.push(message.text());
          await message.reject(0x83);
        },
        { share },
      );
      members.push(await createTestApp(app, { broker }));
    }
    const [one, two] = members;
    await using device = await connect(typeof broker === 'string' ? broker : broker.endpoint, {
      ...(typeof broker !== 'string' && { clock: broker.clock }),
    });
    for (const text of ['1', '2', '3', '4']) await device.publish(`${share}/x`, text, { qos: 1 });
    const names = [`${share}-one`, `${share}-two`];
    const passed = () => Promise.all(names.map((name) => under.read(broker, name, () => true)));
    const rejections = async () => (await passed()).flat().filter(isAcknowledgement);
    while ((await rejections()).length < 4) await nextTurn();
    expect((await rejections()).map(textOf)).toEqual(Array(4).fill('→ PUBACK 0x83'));
    await one?.[Symbol.asyncDispose]();
    await two?.[Symbol.asyncDispose]();
    expect(seen.toSorted()).toEqual(['1', '2', '3', '4']);
  });

  it.each([1, 2] as const)(
    'rule 9: what is to be delivered again comes on a new connection, in the same session, and may be a duplicate: QoS %i',
    async (qos) => {
      const runs: boolean[] = [];
      const handler = ({ duplicate }: Text) => {
        runs.push(duplicate);
        if (!duplicate) failing();
      };
      const { t, clientId, wire } = await start(handler, { errors: [otherwise(redeliver({ after: 1 }))] });
      await using _ = t;
      await t.deliver(topicOf(clientId).to({ id: 1 }), 'x', { qos });
      const told = (await wire(acked))
        .map(textOf)
        .filter((text) => /CONNECT|← PUBLISH|→ PUB(ACK|REC)/.test(text));
      expect(told).toEqual([
        '→ CONNECT',
        `← PUBLISH ${clientId}/1`,
        '→ CONNECT',
        `← PUBLISH ${clientId}/1`,
        qos === 1 ? '→ PUBACK 0x00' : '→ PUBREC',
      ]);
      expect(runs).toEqual([false, true]);
    },
  );

  it('rule 9: what is retried in the process costs the broker nothing', async () => {
    const attempts: number[] = [];
    const handler = ({ attempt }: Text) => {
      attempts.push(attempt);
      if (attempt < 3) failing();
    };
    const { t, clientId, wire } = await start(handler, {
      errors: [otherwise(retry(5, { from: 1 }), reject())],
    });
    await using _ = t;
    expect(await t.deliver(topicOf(clientId).to({ id: 1 }), 'x')).toMatchObject({
      outcome: 'acked',
      attempts: 3,
      errors: [{ name: 'TypeError' }, { name: 'TypeError' }],
    });
    const told = (await wire(acked)).map(textOf).filter((text) => !text.includes('CONNECT'));
    expect(told).toEqual([`← PUBLISH ${clientId}/1`, '→ PUBACK 0x00']);
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('rule 11: by default an invalid message is rejected with 0x99, counted and never retried', async () => {
    const runs: unknown[] = [];
    const { t, clientId, wire } = await startUnder(under, (app, clientId) =>
      app.on(
        defineTopic(`${clientId}/+id`, { payload: z.object({ ok: z.boolean() }) }),
        () => {
          runs.push('ran');
        },
        { name: 'work' },
      ),
    );
    await using _ = t;
    expect(await t.deliver(topicOf(clientId).to({ id: 1 }), '{"ok":1}')).toMatchObject({
      outcome: 'rejected',
      attempts: 0,
      errors: [{ name: 'InvalidMessage' }],
    });
    const acks = (await wire(acked)).filter(isAcknowledgement).map(textOf);
    expect(acks).toEqual([protocol === 5 ? '→ PUBACK 0x99' : '→ PUBACK 0x00']);
    expect(t.app.health().routes['work']).toMatchObject({ invalid: 1, failed: 0, retried: 0, handled: 0 });
    expect(runs).toEqual([]);
  });

  it.each([1, 2] as const)(
    'rule 11: by default anything else is retried three times, then dead-lettered at QoS 1, and only then acknowledged: QoS %i',
    async (qos) => {
      const { t, clientId, wire } = await start(failing);
      await using _ = t;
      expect(await t.deliver(topicOf(clientId).to({ id: 1 }), 'x', { qos })).toMatchObject({
        outcome: 'dead-lettered',
        attempts: 4,
      });
      expect(t.published('dead-letter/#')).toMatchObject([{ topic: `dead-letter/${clientId}/1`, qos: 1 }]);
      const told = (await wire(acked)).map(textOf).filter((text) => /← PUBACK|→ PUB/.test(text));
      expect(told.slice(0, 3)).toEqual([
        `→ PUBLISH dead-letter/${clientId}/1`,
        '← PUBACK',
        qos === 1 ? '→ PUBACK 0x00' : '→ PUBREC',
      ]);
      const counts = { retried: 3, failed: 1, deadLettered: 1, handled: 0 };
      expect(t.app.health().routes['work']).toMatchObject(counts);
    },
  );

  it('rule 12: a dead letter has the bytes and properties of its message, and its story beside them', async () => {
    const broker = under.broker();
    const { t, clientId } = await start(
      failing,
      { errors: [otherwise(retry(1, { from: 1 }), deadLetter())] },
      { broker },
    );
    await using _ = t;
    const clock = typeof broker === 'string' ? {} : { clock: broker.clock };
    const url = typeof broker === 'string' ? broker : broker.endpoint;
    await using device = await connect(url, { protocol, ...clock });
    const letters = await device.stream(`dead-letter/${clientId}/#`);
    const trace = [
      ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['tracestate', 'vendor=1'],
      ['own', 'first'],
      ['own', 'second'],
    ] as const;
    const properties = {
      contentType: 'text/x-socks',
      payloadFormat: 'utf8',
      responseTopic: 'replies/1',
      correlationData: Uint8Array.of(0xff, 0, 1),
      messageExpiryInterval: 600,
      userProperties: trace,
    } as const;
    const bytes = new TextEncoder().encode('{"socks":\u00e9 2} ');
    await device.publish(`${clientId}/1`, bytes, { qos: 2, ...(protocol === 5 && properties) });
    await t.settled();
    const { value } = await letters[Symbol.asyncIterator]().next();
    const letter = value as ReceivedMessage; // the stream goes on
    expect(letter).toMatchObject({ topic: `dead-letter/${clientId}/1`, qos: 1, retain: false });
    expect(new Uint8Array(letter.payload)).toEqual(bytes);
    if (protocol === 4) return;
    const { messageExpiryInterval: _expiry, userProperties: _trace, ...kept } = properties;
    expect(letter).toMatchObject({ ...kept, messageExpiryInterval: undefined });
    const [seen] = letter.userProperties.flatMap(([name, text]) => (name === 'dl-first-seen' ? [text] : []));
    expect(new Date(seen ?? '').toISOString()).toBe(seen);
    expect(letter.userProperties.map((pair) => [...pair])).toEqual([
      ...trace.map((pair) => [...pair]),
      ['dl-topic', `${clientId}/1`],
      ['dl-handler', 'work'],
      ['dl-error', 'TypeError'],
      ['dl-message', 'no  such sensor'],
      ['dl-attempts', '2'],
      ['dl-first-seen', seen],
      ['dl-packet-qos', '2'],
      ['dl-message-expiry-interval', '600'],
    ]);
  });

  it('rule 13: messages of a topic are handled in order, those of others beside them', async () => {
    const first = gate();
    const diary: string[] = [];
    const behind = gate();
    const handler = async ({ params, payload }: Text) => {
      diary.push(`${params.id}${payload} begins`);
      if (params.id === 'b') behind.open();
      if (payload === '1' && params.id === 'a') await first.promise;
      diary.push(`${params.id}${payload} ends`);
    };
    const { t, clientId } = await start(handler);
    await using _ = t;
    const send = (id: string, text: string) => t.deliver(topicOf(clientId).to({ id }), text);
    const deliveries = [send('a', '1'), send('a', '2'), send('b', '1')];
    await behind.promise;
    expect(diary).not.toContain('a2 begins');
    first.open();
    await Promise.all(deliveries);
    expect(diary.filter((entry) => entry.startsWith('a'))).toEqual([
      'a1 begins',
      'a1 ends',
      'a2 begins',
      'a2 ends',
    ]);
  });
}

import { createApp, defineTopic } from 'topicwise';
import { connect } from 'topicwise/client';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const reading = defineTopic('sensors/+id/reading', { payload: z.object({ celsius: z.number() }) });
const alert = defineTopic('alerts/+id', {
  payload: z.object({ level: z.string(), at: z.iso.datetime().transform((text) => new Date(text)) }),
});
const at = '2026-01-01T00:00:00.000Z';

function start(options: Parameters<typeof createTestApp>[1] = {}) {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'sensors' } });
  app.on(reading, async (message) => {
    if (message.payload.celsius > 40)
      await message.publish(alert.to({ id: message.params.id }), { level: 'hot', at });
  });
  return createTestApp(app, options);
}

/** The sentence of a matcher that fails. */
function failure(act: () => void): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('The matcher passed.');
}

describe('toHaveAcked', () => {
  it('is for a delivery, the application that got it, and the broker that sent it', async () => {
    await using test = await start();
    const delivery = await test.deliver(reading.to({ id: 'a' }), { celsius: 1 });
    expect(delivery).toHaveAcked();
    expect(delivery).toHaveAcked({ times: 1 });
    expect(test).toHaveAcked();
    expect(test).toHaveAcked(reading, { times: 1 });
    expect(test).toHaveAcked(reading.to({ id: 'a' }));
    expect(test.broker).toHaveAcked('sensors/#');
    expect(test.broker).not.toHaveAcked('sensors/#', { times: 2 });
    expect(test).not.toHaveAcked(reading.to({ id: 'b' }));
    expect(test).not.toHaveAcked(alert);
  });

  it('does not take a rejection for one, nor an acknowledgement that was lost', async () => {
    await using test = await start();
    const rejected = await test.deliver(reading.to({ id: 'a' }), new TextEncoder().encode('{}'));
    expect(rejected).not.toHaveAcked();
    test.broker.faults.lose({ cmd: 'puback', nth: 1 });
    const lost = await test.deliver(reading.to({ id: 'a' }), { celsius: 1 });
    expect(lost.outcome).toBe('acked');
    expect(lost).not.toHaveAcked();
    expect(test).not.toHaveAcked();
  });

  it('is for the application alone, where other clients are on its broker', async () => {
    await using test = await start();
    await using other = await connect(test.broker.endpoint, { clientId: 'other', clock: test.clock });
    await other.subscribe('alerts/#');
    test.broker.publish({ topic: 'alerts/a', payload: 'x', qos: 1 });
    for await (const message of other.messages()) {
      await message.ack();
      break;
    }
    await test.settled();
    expect(test.broker).toHaveAcked('alerts/a');
    expect(test).not.toHaveAcked('alerts/a');
  });
});

describe('toHaveRejectedWith', () => {
  it('wants the very code', async () => {
    await using test = await start();
    const delivery = await test.deliver(reading.to({ id: 'a' }), new TextEncoder().encode('{}'));
    expect(delivery).toHaveRejectedWith(0x99);
    expect(delivery).not.toHaveRejectedWith(0x80);
    expect(test).toHaveRejectedWith(0x99, reading);
    expect(test.broker).toHaveRejectedWith(0x99, 'sensors/a/reading');
    expect(test.broker).not.toHaveRejectedWith(0x99, alert);
  });

  it('refuses a code that is no rejection', async () => {
    await using broker = new FakeBroker();
    expect(() => expect(broker).toHaveRejectedWith(0)).toThrow(
      'a rejection has a reason code of 0x80 to 0xff',
    );
  });
});

describe('toHavePublished', () => {
  it('compares the payload as whoever names the topic would see it', async () => {
    await using test = await start();
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    for (const subject of [test, test.broker]) {
      expect(subject).toHavePublished(alert);
      expect(subject).toHavePublished(alert, { level: 'hot', at: new Date(at) });
      expect(subject).toHavePublished(alert, expect.objectContaining({ level: 'hot' }));
      expect(subject).toHavePublished(alert.to({ id: 'a' }), { level: 'hot', at });
      expect(subject).toHavePublished('alerts/+', { level: 'hot', at }, { times: 1 });
      expect(subject).toHavePublished('alerts/a', JSON.stringify({ level: 'hot', at }));
      expect(subject).toHavePublished(
        'alerts/a',
        new TextEncoder().encode(JSON.stringify({ level: 'hot', at })),
      );
      expect(subject).toHavePublished('alerts/a', expect.stringContaining('hot'));
      expect(subject).not.toHavePublished(alert, { level: 'cold', at: new Date(at) });
      expect(subject).not.toHavePublished(alert.to({ id: 'b' }));
      expect(subject).not.toHavePublished('alerts/+', { level: 'hot', at }, { times: 2 });
      expect(subject).not.toHavePublished(reading);
    }
  });

  it('knows of an application on a real broker what the broker acknowledged', async () => {
    await using broker = new FakeBroker({ clock: 'real' });
    const { url } = await broker.listen();
    await using test = await start({ broker: url });
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    expect(test).toHavePublished(alert.to({ id: 'a' }), { level: 'hot', at });
    expect(failure(() => expect(test).toHavePublished('x'))).toBe(
      'Expected to find a message published on "x". There was: nothing\n\nA real broker keeps no transcript.',
    );
    expect(() => expect(test).toHaveSubscribed('a')).toThrow('This test runs on a real broker');
  });

  it('says what to write where the schema is asynchronous', async () => {
    const later = defineTopic('later', { payload: z.string().refine(async () => true) });
    await using broker = new FakeBroker();
    await using client = await connect(broker.endpoint, { clientId: 'c', clock: broker.clock });
    await client.publish('later', '"x"', { qos: 1 });
    expect(() => expect(broker).toHavePublished(later, 'x')).toThrow(
      'is asynchronous. Give one of its topics',
    );
    expect(broker).toHavePublished(later.to(undefined), 'x');
    expect(broker).toHavePublished(later);
  });
});

describe('toHaveSubscribed', () => {
  it('wants the very filter, and the QoS that was granted', async () => {
    await using test = await start();
    await using other = await connect(test.broker.endpoint, { clientId: 'other', clock: test.clock });
    await other.subscribe({ filter: '$share/g/a', maximumQoS: 0 });
    expect(test).toHaveSubscribed(reading);
    expect(test.broker).toHaveSubscribed('sensors/+/reading', { qos: 1 });
    expect(test.broker).not.toHaveSubscribed('sensors/+/reading', { qos: 2 });
    expect(test.broker).not.toHaveSubscribed('sensors/#');
    expect(test.broker).toHaveSubscribed('$share/g/a', { qos: 0 });
    expect(test).not.toHaveSubscribed('$share/g/a');
  });
});

describe('a failure', () => {
  it('says what was wanted, what there was, which faults never struck, and everything that went over the wire', async () => {
    await using test = await start();
    test.broker.faults.lose({ cmd: 'pubrec' });
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    const sentence = failure(() =>
      expect(test).toHavePublished(alert.to({ id: 'a' }), { level: 'cold', at }),
    );
    // The identifier of a subscription is made from its filter.
    expect(sentence.replaceAll(/sub=\d+/g, 'sub=…')).toMatchInlineSnapshot(`
      "Expected to find {"at": "2026-01-01T00:00:00.000Z", "level": "cold"} published on "alerts/a". There was:
        alerts/a {"level":"hot","at":"2026-01-01T00:00:00.000Z"}

      Faults that never struck:
        lose({ cmd: 'pubrec' })

      Transcript:
        sensors C→B CONNECT v=5 clean=0 keepAlive=60 expiry=300 receiveMaximum=100 maximumPacketSize=16777216
        sensors B→C CONNACK rc=0x00 present=0 receiveMaximum=1000
        sensors C→B SUBSCRIBE id=1 sensors/+/reading q1 sub=…
        sensors B→C SUBACK id=1 rc=0x01
        sensors B→C PUBLISH q1 id=1 sensors/a/reading sub=… "{\\"celsius\\":41}"
        sensors C→B PUBLISH q1 id=2 alerts/a "{\\"level\\":\\"hot\\",\\"at\\":\\"2026-01-01T00:00:00.000Z\\"}"
        sensors B→C PUBACK id=2 rc=0x10
        sensors C→B PUBACK id=1 rc=0x00"
    `);
  });

  it('of a delivery shows its acknowledgements, too', async () => {
    await using test = await start();
    const delivery = await test.deliver(reading.to({ id: 'a' }), new TextEncoder().encode('[]'));
    const sentence = failure(() => expect(delivery).toHaveAcked());
    expect(sentence).toContain('Expected to find an acknowledgement below 0x80. There was:\n  PUBACK 0x99 "');
    expect(sentence).toContain('\nTranscript:\n  sensors C→B CONNECT');
    expect(failure(() => expect(delivery).not.toHaveRejectedWith(0x99))).toContain('Expected not to find');
  });

  it('shows the end of a long transcript', async () => {
    await using broker = new FakeBroker();
    await using client = await connect(broker.endpoint, { clientId: 'c', clock: broker.clock });
    for (let count = 0; count < 40; count += 1) await client.publish('a', String(count), { qos: 1 });
    const lines = failure(() => expect(broker).toHaveAcked()).split('\n');
    expect(lines.slice(2, 4)).toEqual(['Transcript, its last 60 lines:', expect.stringContaining('"10"')]);
    expect(lines).toHaveLength(63);
  });

  it('says what the matchers are for', () => {
    // @ts-expect-error a caller without types
    expect(() => expect({}).toHavePublished('a')).toThrow('toHavePublished is for a FakeBroker or what');
    // @ts-expect-error a caller without types
    expect(() => expect(undefined).toHaveAcked()).toThrow('toHaveAcked is for a FakeBroker or what');
  });
});

it('knows the topic of what was acknowledged also where the broker sent an alias for it', async () => {
  await using broker = new FakeBroker({ capabilities: { outboundTopicAliasMaximum: 4 } });
  await using client = await connect(broker.endpoint, {
    clientId: 'c',
    clock: broker.clock,
    topicAliases: { inbound: 4 },
  });
  await client.subscribe('a/b');
  const messages = client.messages();
  for (const payload of ['x', 'y']) {
    const delivery = broker.publish({ topic: 'a/b', payload, qos: 1 });
    await (await messages.next()).value?.reject(0x97);
    await delivery.settled();
  }
  expect(broker.acknowledgements.map(({ topic }) => topic)).toEqual(['a/b', 'a/b']);
});

it('compares a text with the text, not with what JSON would read in it, and refuses a filter that matches nothing', async () => {
  await using broker = new FakeBroker();
  await using client = await connect(broker.endpoint, { clientId: 'c', clock: broker.clock });
  await client.publish('t', '"x"', { qos: 1 });
  expect(broker).toHavePublished('t', '"x"');
  expect(broker).not.toHavePublished('t', 'x');
  expect(() => expect(broker).not.toHavePublished('t/#/x')).toThrow('toHavePublished: ');
  expect(() => expect(broker).not.toHaveAcked('t/#/x')).toThrow('toHaveAcked: ');
});

describe('the prefix of an application', () => {
  async function startBelow(broker?: string) {
    const app = createApp({
      connection: { url: 'mqtt://nowhere.invalid', clientId: 'sensors' },
      prefix: 'p',
    });
    app.on(reading, async (message) => {
      await message.publish(alert.to({ id: message.params.id }), { level: 'hot', at });
    });
    return createTestApp(app, broker === undefined ? {} : { broker });
  }

  it('is before the topics of contracts, where the application is asked', async () => {
    await using test = await startBelow();
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    await test.deliver(reading.to({ id: 'a' }), new TextEncoder().encode('{}'));
    expect(test).toHaveSubscribed(reading);
    expect(test).toHavePublished(alert, { level: 'hot', at: new Date(at) });
    expect(test).toHavePublished(alert.to({ id: 'a' }), { level: 'hot', at });
    expect(test).toHaveAcked(reading, { times: 1 });
    expect(test).toHaveAcked(reading.to({ id: 'a' }));
    expect(test).toHaveRejectedWith(0x99, reading);
    expect(test).not.toHavePublished(alert.to({ id: 'b' }));
    const sentence = failure(() => expect(test).toHavePublished(alert.to({ id: 'b' })));
    expect(sentence).toContain('a message published on "p/alerts/b"');
  });

  it('is in topics and filters as they are written, and in whatever a broker is asked', async () => {
    await using test = await startBelow();
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    for (const subject of [test, test.broker]) {
      expect(subject).toHaveSubscribed('p/sensors/+/reading');
      expect(subject).not.toHaveSubscribed('sensors/+/reading');
      expect(subject).toHavePublished('p/alerts/#');
      expect(subject).not.toHavePublished('alerts/#');
      expect(subject).toHaveAcked('p/sensors/a/reading');
    }
    expect(test.broker).not.toHavePublished(alert);
    expect(test.broker).not.toHaveSubscribed(reading);
  });

  it('is before them on a real broker too', async () => {
    await using broker = new FakeBroker({ clock: 'real' });
    await using test = await startBelow((await broker.listen()).url);
    await test.deliver(reading.to({ id: 'a' }), { celsius: 41 });
    expect(test).toHavePublished(alert);
  });
});

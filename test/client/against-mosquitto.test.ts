import { expect, it } from 'vitest';
import { type Client, connect, type Message } from '../../src/client/index.js';
import { describeWithMosquitto } from '../support/mosquitto.js';

describeWithMosquitto('the client on mosquitto', (mosquitto) => {
  it.each([5, 4] as const)(
    'publishes and receives at QoS 0, 1 and 2 over MQTT level %i',
    async (protocol) => {
      await using client = await connect(mosquitto().url, { protocol });
      await client.subscribe(`all-${protocol}/#`);

      await client.publish(`all-${protocol}/0`, 'none');
      const once = await client.publish(`all-${protocol}/1`, 'at least once', { qos: 1 });
      const exactly = await client.publish(`all-${protocol}/2`, new Uint8Array([0xff, 0x00]), { qos: 2 });

      expect([once, exactly]).toMatchObject([
        { qos: 1, reasonCode: 0 },
        { qos: 2, reasonCode: 0 },
      ]);
      const messages = await take(client, 3);
      expect(messages.map(({ topic, qos, payload }) => [topic, qos, payload.length])).toEqual([
        [`all-${protocol}/0`, 0, 4],
        [`all-${protocol}/1`, 1, 13],
        [`all-${protocol}/2`, 2, 2],
      ]);
      expect(await Promise.all(messages.map((message) => message.ack()))).toEqual([
        'not-needed',
        'sent',
        'sent',
      ]);
    },
  );

  it('says on MQTT 5 whether anybody is subscribed', async () => {
    await using client = await connect(mosquitto().url);
    await client.subscribe('heard');
    expect(await client.publish('heard', '', { qos: 1 })).toMatchObject({ matched: true });
  });

  it('keeps properties in both directions', async () => {
    await using client = await connect(mosquitto().url);
    await client.subscribe('properties', { id: 7 });
    const sent = {
      payloadFormat: 'utf8',
      messageExpiryInterval: 100,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: new Uint8Array([0xff, 0x00, 0x9c]),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
    } as const;
    await client.publish('properties', 'text', { qos: 1, ...sent });
    const [message] = await take(client, 1);
    expect(message).toMatchObject({ ...sent, subscriptionIdentifiers: [7] });
  });

  it('gets a message again that the connection before did not acknowledge, and not one that it did', async () => {
    const options = { clientId: 'comes-back', sessionExpiryInterval: 60 };
    const first = await connect(mosquitto().url, options);
    await first.subscribe('work');
    await first.publish('work', 'done', { qos: 1 });
    await first.publish('work', 'left', { qos: 1 });
    const [done, left] = await take(first, 2);
    await done!.ack();
    await first.disconnect();
    expect(await left!.ack()).toBe('stale');

    await using second = await connect(mosquitto().url, options);
    expect(second.state).toMatchObject({ sessionPresent: true });
    const [again] = await take(second, 1);
    expect([again!.text(), again!.duplicate]).toEqual(['left', true]);
    await again!.ack();
  });

  it('moves ten thousand messages through a window of a hundred, in order', async () => {
    await using client = await connect(mosquitto().url);
    await client.subscribe('many');
    const publishing = Array.from({ length: 10_000 }, (_, n) =>
      client.publish('many', String(n), { qos: 1 }),
    );
    let expected = 0;
    for await (const message of client.messages()) {
      expect(message.text()).toBe(String(expected++));
      void message.ack();
      if (expected === 10_000) break;
    }
    await Promise.all(publishing);
    expect(client.stats()).toMatchObject({ inFlightOut: 0, queuedOut: 0, unackedIn: 0, dropped: 0 });
  });

  it("bears its overdrawing of the receive maximum with receiveMaximumExceeded: 'pause'", async () => {
    const options = { receiveMaximum: 20, receiveMaximumExceeded: 'pause' } as const;
    await using client = await connect(mosquitto().url, options);
    await client.subscribe({ filter: 'slow', maximumQoS: 1 });
    await using publisher = await connect(mosquitto().url);
    const publishing = Array.from({ length: 1_000 }, (_, n) =>
      publisher.publish('slow', String(n), { qos: 1 }),
    );
    const seen: number[] = [];
    const work = async () => {
      for await (const message of client.messages()) {
        seen.push(Number(message.text()));
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        await message.ack();
        if (seen.length >= 1_000) return;
      }
    };
    await Promise.race(Array.from({ length: 8 }, work));
    await Promise.all(publishing);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(client.state.state).toBe('connected');
  });

  it('leaves the will behind when the body of withClient throws, and none when it returns', async () => {
    const { withClient } = await import('../../src/client/index.js');
    await using watcher = await connect(mosquitto().url);
    await watcher.subscribe('wills/#');
    const will = (topic: string) => ({ will: { topic, payload: 'gone' } });
    await withClient(mosquitto().url, will('wills/returned'), async () => undefined);
    const thrown = withClient(mosquitto().url, will('wills/thrown'), async () => {
      throw new Error('the body failed');
    });
    await expect(thrown).rejects.toThrow('the body failed');
    const [message] = await take(watcher, 1);
    expect(message!.topic).toBe('wills/thrown');
  });
});

async function take(client: Client, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of client.messages()) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';

let broker: FakeBroker;
let url: string;
beforeEach(async () => {
  broker = new FakeBroker({ clock: 'real' });
  ({ url } = await broker.listen());
});
afterEach(() => broker.close());

describe.each([5, 4] as const)('MQTT.js, protocol level %i', (protocolVersion) => {
  const options = (clientId: string): mqtt.IClientOptions => ({
    protocolVersion,
    clientId,
    reconnectPeriod: 0,
  });

  it.each([0, 1, 2] as const)('publishes to and receives from the broker at QoS %i', async (qos) => {
    const client = await mqtt.connectAsync(url, options('foreign'));
    await client.subscribeAsync('to/#', { qos });
    const payloads = ['', 'text', 'x'.repeat(200_000)];
    const arrived: string[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (topic, payload) => {
        arrived.push(`${topic} ${payload.length}`);
        if (arrived.length === payloads.length) resolve();
      });
    });
    const deliveries = payloads.map((payload) => broker.publish({ topic: 'to/client', payload, qos }));
    await all;
    await Promise.all(deliveries.map((delivery) => delivery.settled()));
    expect(arrived).toEqual(payloads.map(({ length }) => `to/client ${length}`));

    for (const payload of payloads) await client.publishAsync('from/client', payload, { qos });
    await client.endAsync();
    expect(broker.published.map(({ payload, ...rest }) => ({ ...rest, length: payload.length }))).toEqual(
      payloads.map(({ length }) =>
        expect.objectContaining({ clientId: 'foreign', topic: 'from/client', qos, retain: false, length }),
      ),
    );
  });

  it('gets retained messages', async () => {
    const client = await mqtt.connectAsync(url, options('foreign'));
    await client.publishAsync('state', 'on', { qos: 1, retain: true });
    const arrived = new Promise((resolve) => {
      client.once('message', (topic, payload, packet) => resolve([topic, String(payload), packet.retain]));
    });
    await client.subscribeAsync('+', { qos: 1 });
    expect(await arrived).toEqual(['state', 'on', true]);
    await client.endAsync();
  });

  it('resumes its session and gets what it missed', async () => {
    const keep: mqtt.IClientOptions = {
      ...options('keeper'),
      clean: false,
      ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 100 } }),
    };
    const first = await mqtt.connectAsync(url, keep);
    await first.subscribeAsync('a', { qos: 2 });
    await first.endAsync();
    broker.publish({ topic: 'a', payload: '1', qos: 1 });
    broker.publish({ topic: 'a', payload: '2', qos: 2 });
    const back = mqtt.connect(url, keep);
    const texts: string[] = [];
    await new Promise<void>((resolve) => {
      back.on('message', (_topic, payload) => {
        texts.push(String(payload));
        if (texts.length === 2) resolve();
      });
    });
    expect(texts).toEqual(['1', '2']);
    await back.endAsync();
  });

  it('is refused with bad credentials', async () => {
    await using strict = new FakeBroker({ clock: 'real', authenticate: () => 0x86 });
    const { url } = await strict.listen();
    const code = protocolVersion === 5 ? 0x86 : 4;
    await expect(mqtt.connectAsync(url, options('foreign'))).rejects.toMatchObject({ code });
  });
});

it.each([
  ['once', [[1, 2]]],
  ['per-subscription', [1, 2]],
] as const)("MQTT.js sees overlapping subscriptions '%s'", async (overlap, expected) => {
  await using overlapping = new FakeBroker({ clock: 'real', overlap });
  const client = await mqtt.connectAsync((await overlapping.listen()).url, { protocolVersion: 5 });
  const identifiers: unknown[] = [];
  client.on('message', (_topic, _payload, packet) =>
    identifiers.push(packet.properties?.subscriptionIdentifier),
  );
  await client.subscribeAsync('a/+', { qos: 1, properties: { subscriptionIdentifier: 1 } });
  await client.subscribeAsync('a/#', { qos: 1, properties: { subscriptionIdentifier: 2 } });
  await overlapping.publish({ topic: 'a/b', payload: '', qos: 1 }).settled();
  expect(identifiers.map((found) => (Array.isArray(found) ? found.sort() : found)).sort()).toEqual(expected);
  await client.endAsync();
});

const missing = spawnSync('mosquitto_pub', ['--help']).error
  ? ' (skipped: mosquitto-clients is not installed)'
  : '';

describe.skipIf(missing !== '' && process.env['TOPICWISE_REQUIRE_MOSQUITTO'] !== '1')(
  `mosquitto_pub and mosquitto_sub${missing}`,
  () => {
    const run = (command: string, ...args: string[]): ChildProcess =>
      spawn(command, ['-h', '127.0.0.1', '-p', new URL(url).port, ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });

    describe.each(['mqttv311', 'mqttv5'])('%s', (version) => {
      it.each([0, 1, 2] as const)('carry a message at QoS %i', async (qos) => {
        const subscriber = run(
          'mosquitto_sub',
          '-V',
          version,
          '-q',
          String(qos),
          '-t',
          'a/#',
          '-C',
          '1',
          '-F',
          '%t %q %p',
        );
        let printed = '';
        subscriber.stdout?.on('data', (text) => {
          printed += text;
        });
        const subscribed = new Promise<void>((resolve) => {
          const stop = broker.watch(({ packet }) => {
            if (packet.type !== 'suback') return;
            stop();
            resolve();
          });
        });
        await subscribed;
        const publisher = run('mosquitto_pub', '-V', version, '-q', String(qos), '-t', 'a/b', '-m', 'hello');
        const codes = await Promise.all([once(publisher, 'exit'), once(subscriber, 'close')]);
        expect(codes.map(([code]) => code)).toEqual([0, 0]);
        expect(printed.trim()).toBe(`a/b ${qos} hello`);
      });
    });
  },
);

// MQTT.js on the broker, in both versions, over TCP and WebSocket.
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';

vi.setConfig({ testTimeout: 20_000 }); // on a machine that may be busy

const qosLevels = [0, 1, 2] as const;
const ways = [
  { protocol: 'mqtt', protocolVersion: 5 },
  { protocol: 'mqtt', protocolVersion: 4 },
  { protocol: 'ws', protocolVersion: 5 },
  { protocol: 'ws', protocolVersion: 4 },
] as const;

let broker: FakeBroker;
let clients: mqtt.MqttClient[];
beforeEach(() => {
  broker = new FakeBroker({ clock: 'real' });
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.endAsync(true)));
  await broker.close();
});

describe.each(ways)(
  'MQTT.js over $protocol, protocol level $protocolVersion',
  ({ protocol, protocolVersion }) => {
    let url: string;
    beforeEach(async () => {
      ({ url } = await broker.listen({ protocol }));
    });

    async function connect(clientId: string, options: mqtt.IClientOptions = {}): Promise<mqtt.MqttClient> {
      const client = await mqtt.connectAsync(url, {
        protocolVersion,
        clientId,
        reconnectPeriod: 0,
        ...options,
      });
      clients.push(client);
      return client;
    }

    describe.each(qosLevels)('at QoS %i', (qos) => {
      it('publishes and receives, nothing as well as 200 kB', async () => {
        const payloads = ['', 'text', 'x'.repeat(200_000)];
        const client = await connect('foreign');
        await client.subscribeAsync('to/#', { qos });
        const arrived = messages(client, payloads.length);
        const deliveries = payloads.map((payload) => broker.publish({ topic: 'to/client', payload, qos }));
        expect(await arrived).toEqual(
          payloads.map((payload) => ({ topic: 'to/client', payload, qos, retain: false })),
        );
        await Promise.all(deliveries.map((delivery) => delivery.settled()));

        for (const payload of payloads) await client.publishAsync('from/client', payload, { qos });
        await client.endAsync();
        const taken = broker.published.map(({ payload, ...rest }) => ({ ...rest, payload: text(payload) }));
        expect(taken).toMatchObject(
          payloads.map((payload) => ({
            clientId: 'foreign',
            topic: 'from/client',
            payload,
            qos,
            retain: false,
          })),
        );
      });

      it('gets what was retained, until it is deleted', async () => {
        const client = await connect('foreign');
        await client.publishAsync('state/one', 'on', { qos, retain: true });
        await client.publishAsync('state/two', 'off', { qos, retain: true });
        await client.publishAsync('state/two', '', { qos, retain: true });
        await fence(client);
        const arrived = messages(client, 1);
        await client.subscribeAsync('state/+', { qos });
        expect(await arrived).toEqual([{ topic: 'state/one', payload: 'on', qos, retain: true }]);
        expect(broker.retained('state/two')).toBeUndefined();
      });

      it('leaves its will when the connection breaks, and none when it says goodbye', async () => {
        const heir = await connect('heir');
        await heir.subscribeAsync('will/#', { qos });
        const arrived = messages(heir, 1);
        for (const [clientId, ends] of [
          ['polite', (client: mqtt.MqttClient) => client.endAsync()],
          ['broken', async (client: mqtt.MqttClient) => void client.stream.destroy()],
        ] as const) {
          await ends(
            await connect(clientId, {
              will: { topic: `will/${clientId}`, payload: Buffer.from('gone'), qos, retain: false },
            }),
          );
        }
        expect(await arrived).toEqual([{ topic: 'will/broken', payload: 'gone', qos, retain: false }]);
      });

      it('takes turns in a shared subscription', async () => {
        const workers = [await connect('worker-1'), await connect('worker-2')];
        for (const worker of workers) await worker.subscribeAsync('$share/workers/jobs/#', { qos });
        const arrived = workers.map((worker) => messages(worker, 2));
        const sender = await connect('sender');
        for (const job of ['1', '2', '3', '4']) await sender.publishAsync('jobs/x', job, { qos });
        const jobs = (await Promise.all(arrived)).map((all) => all.map(({ payload }) => payload).join());
        expect(jobs.sort()).toEqual(['1,3', '2,4']); // who begins is drawn
      });
    });

    it('resumes its session and gets what it missed', async () => {
      const keep: mqtt.IClientOptions = {
        clean: false,
        ...(protocolVersion === 5 && { properties: { sessionExpiryInterval: 100 } }),
      };
      const first = await connect('keeper', keep);
      await first.subscribeAsync('a', { qos: 2 });
      await first.endAsync();
      broker.publish({ topic: 'a', payload: '1', qos: 1 });
      broker.publish({ topic: 'a', payload: '2', qos: 2 });
      const back = mqtt.connect(url, { protocolVersion, clientId: 'keeper', reconnectPeriod: 0, ...keep });
      clients.push(back);
      expect((await messages(back, 2)).map(({ payload }) => payload)).toEqual(['1', '2']);
    });

    it('is refused with bad credentials', async () => {
      await using strict = new FakeBroker({ clock: 'real', authenticate: () => 0x86 });
      const { url } = await strict.listen({ protocol });
      const code = protocolVersion === 5 ? 0x86 : 4;
      await expect(
        mqtt.connectAsync(url, { protocolVersion, clientId: 'foreign', reconnectPeriod: 0 }),
      ).rejects.toMatchObject({ code });
    });
  },
);

it.each([
  ['once', [[1, 2]]],
  ['per-subscription', [1, 2]],
] as const)("MQTT.js sees overlapping subscriptions '%s'", async (overlap, expected) => {
  await using overlapping = new FakeBroker({ clock: 'real', overlap });
  const client = await mqtt.connectAsync((await overlapping.listen()).url, { protocolVersion: 5 });
  clients.push(client);
  const identifiers: unknown[] = [];
  client.on('message', (_topic, _payload, packet) =>
    identifiers.push(packet.properties?.subscriptionIdentifier),
  );
  await client.subscribeAsync('a/+', { qos: 1, properties: { subscriptionIdentifier: 1 } });
  await client.subscribeAsync('a/#', { qos: 1, properties: { subscriptionIdentifier: 2 } });
  await overlapping.publish({ topic: 'a/b', payload: '', qos: 1 }).settled();
  expect(identifiers.map((found) => (Array.isArray(found) ? found.sort() : found)).sort()).toEqual(expected);
});

interface Arrived {
  topic: string;
  payload: string;
  qos: number;
  retain: boolean;
}

/** Resolves with the next `count` messages. */
function messages(client: mqtt.MqttClient, count: number): Promise<Arrived[]> {
  const arrived: Arrived[] = [];
  return new Promise((resolve) => {
    const take: mqtt.OnMessageCallback = (topic, payload, { qos, retain }) => {
      arrived.push({ topic, payload: text(payload), qos, retain });
      if (arrived.length < count) return;
      client.off('message', take);
      resolve(arrived);
    };
    client.on('message', take);
  });
}

/** Resolves once the broker acted on all that the client sent: QoS 0 has no acknowledgement. */
async function fence(client: mqtt.MqttClient): Promise<void> {
  await client.publishAsync('fence', '', { qos: 1 });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

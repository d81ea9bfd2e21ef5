import { createApp, defineTopic } from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import type { AppOptions, ConnectionOptions } from '../../src/app/lifecycle/app.js';

const topic = defineTopic('t/+id', { codec: 'text' });
const connection: ConnectionOptions = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

const written = ({ broker }: TestApp) => broker.transcript().match(/(?<=C→B )\w+/g);

async function started(options: Partial<AppOptions>, handler: () => unknown = () => {}, broker?: FakeBroker) {
  const app = createApp({ connection, ...options });
  app.on(topic, async () => void (await handler()), { name: 'onT' });
  return createTestApp(app, { ...(broker && { broker }) });
}

describe('stop', () => {
  it.each<[string, Partial<AppOptions>, boolean]>([
    ['that outlives the connection stays subscribed', {}, false],
    [
      'that ends with the connection is unsubscribed',
      { connection: { ...connection, sessionExpiryInterval: 0 } },
      true,
    ],
    ['under a name that nobody knows is unsubscribed', { connection: { url: connection.url } }, true],
    [
      'that is clean on MQTT 3.1.1 is unsubscribed',
      { connection: { ...connection, protocol: 4, cleanStart: true } },
      true,
    ],
    [
      'that outlives the connection on MQTT 3.1.1 stays subscribed',
      { connection: { ...connection, protocol: 4 } },
      false,
    ],
    ['is unsubscribed where the options say so', { shutdown: { unsubscribe: true } }, true],
    [
      'is left alone where the options say so',
      { connection: { url: connection.url }, shutdown: { unsubscribe: false } },
      false,
    ],
  ])('a session %s', async (_what, options, unsubscribes) => {
    await using t = await started(options);
    const before = written(t)?.length;
    await t.app.stop();
    expect(written(t)?.slice(before)).toEqual([...(unsubscribes ? ['UNSUBSCRIBE'] : []), 'DISCONNECT']);
  });

  it('handles what came before the broker stopped sending, where it would be lost with the session', async () => {
    const handled: string[] = [];
    const clean = { connection: { ...connection, sessionExpiryInterval: 0 } };
    await using t = await started(clean, () => void handled.push('x'));
    t.broker.faults.delay({ cmd: 'unsubscribe' }, '1s');
    const stopped = t.app.stop();
    const delivery = t.deliver(topic.to({ id: 1 }), 'x');
    await t.clock.advance('1s');
    expect(await stopped).toMatchObject({ finished: 1, abandoned: 0 });
    expect((await delivery).outcome).toBe('acked');
    expect(handled).toEqual(['x']);
  });

  it('waits no longer than its time for the broker to stop sending', async () => {
    await using t = await started({ connection: { ...connection, sessionExpiryInterval: 0 } });
    t.broker.faults.lose({ cmd: 'unsuback', from: 'broker' });
    const stopped = t.app.stop({ timeout: '5s' });
    await t.clock.advance('5s');
    expect(await stopped).toEqual({ finished: 0, abandoned: 0, ms: 5_000 });
  });

  it('does not wait for a broker that is not there', async () => {
    await using t = await started({ connection: { ...connection, sessionExpiryInterval: 0 } });
    t.broker.faults.partition('1h');
    await t.clock.advance('3m');
    expect(t.app.health()).toMatchObject({ live: true, ready: false, connection: 'connecting' });
    expect(await t.app.stop()).toMatchObject({ finished: 0, abandoned: 0 });
  });

  it('unsubscribes hundreds of filters', async () => {
    const app = createApp({ connection, shutdown: { unsubscribe: true } });
    for (let n = 0; n < 250; n++) app.on(`many/${n}` as string, () => {});
    await using t = await createTestApp(app);
    await t.app.stop();
    expect(written(t)?.filter((type) => type === 'UNSUBSCRIBE')).toHaveLength(3);
    expect(t.broker.session('app')?.subscriptions).toEqual([]);
  });
});

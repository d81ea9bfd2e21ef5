import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, createApp, defineTopic, InvalidMessage } from 'topicwise';
import { createTestApp, FakeBroker, type TestApp } from 'topicwise/testing';
import { describe, expect, it } from 'vitest';
import type { AppOptions } from '../../src/app/lifecycle/app.js';

const topic = defineTopic('t/+id', { codec: 'json' });
const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

/** An application whose handler does not end before the gate is opened. */
async function stuck(options: Partial<AppOptions> = {}): Promise<{ t: TestApp; open: () => void }> {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  const app = createApp({ connection, ...options });
  app.on(topic, () => passed, { name: 'slow', timeout: 0 });
  app.on('t/#', () => {}, { name: 'wide' });
  app.on('other', () => {}, { name: 'other' });
  return { t: await createTestApp(app), open };
}

describe('health', () => {
  it('says what waits, since when, and which routes hold it', async () => {
    const { t, open } = await stuck();
    await using _ = t;
    expect(t.app.health()).toMatchObject({
      live: true,
      ready: true,
      connection: 'connected',
      lag: 0,
      oldestUnackedMs: 0,
      oldestUnackedRoutes: [],
    });
    t.broker.publish({ topic: 't/1', payload: '1', qos: 1 });
    t.broker.publish({ topic: 't/2', payload: '1', qos: 0 });
    await t.clock.advance('1500ms');
    expect(t.app.health()).toMatchObject({
      ready: true,
      lag: 2,
      oldestUnackedMs: 1_500,
      oldestUnackedRoutes: ['slow'],
      routes: { slow: { inFlight: 2 }, wide: { inFlight: 0, handled: 2 } },
    });
    open();
    await t.clock.settle();
    expect(t.app.health()).toMatchObject({ lag: 0, oldestUnackedMs: 0, oldestUnackedRoutes: [] });
  });

  it.each([
    ['a minute', {}, 60_000],
    ['what the options say', { health: { oldestUnacked: '5s' } }, 5_000],
  ] as const)(
    'is not ready when a message waits longer than %s, and ready again behind it',
    async (_what, options, limit) => {
      const { t, open } = await stuck(options);
      await using _ = t;
      t.broker.publish({ topic: 't/1', payload: '1', qos: 1 });
      await t.clock.settle();
      await t.clock.advance(limit);
      expect(t.app.health().ready).toBe(true);
      await t.clock.advance(1);
      expect(t.app.health()).toMatchObject({ live: true, ready: false, oldestUnackedRoutes: ['slow'] });
      open();
      await t.clock.settle();
      expect(t.app.health().ready).toBe(true);
    },
  );

  it('has no limit where it is 0', async () => {
    const { t } = await stuck({ health: { oldestUnacked: 0 } });
    await using _ = t;
    t.broker.publish({ topic: 't/1', payload: '1', qos: 1 });
    await t.clock.advance('1h');
    expect(t.app.health().ready).toBe(true);
  });

  it('is alive while it connects again, and not once the connection is lost for good', async () => {
    const { t } = await stuck();
    await using _ = t;
    t.broker.faults.partition('10m');
    await t.clock.advance('5m');
    expect(t.app.health()).toMatchObject({ live: true, ready: false, connection: 'connecting' });
    await t.clock.advance('10m');
    expect(t.app.health()).toMatchObject({ live: true, ready: true, connection: 'connected' });
    t.broker.faults.refuse({ cmd: 'connect' }, 0x87);
    await t.broker.restart();
    await t.clock.advance('1m');
    expect(t.app.health()).toMatchObject({ live: false, ready: false, connection: 'closed' });
  });

  it('can be asked before the start and after the end', async () => {
    const app = createApp({ connection, health: { oldestUnacked: 'soon' as '1s' } });
    expect(app.health()).toEqual({
      live: false,
      ready: false,
      connection: 'none',
      lag: 0,
      oldestUnackedMs: 0,
      oldestUnackedRoutes: [],
      routes: {},
    });
    app.on(topic, () => {});
    await expect(createTestApp(app)).rejects.toThrow("health.oldestUnacked: 'soon' is no duration.");
  });
});

describe('metrics', () => {
  it('count by route and pattern, never by topic, as Prometheus reads it', async () => {
    const app = createApp({ connection });
    app.on(topic, () => {}, { name: 'a "quoted"\nback\\slash' });
    await using t = await createTestApp(app);
    await t.deliver(topic.to({ id: 'secret' }), 1);
    const invalid = await t.deliver(topic.to({ id: 'secret' }), new TextEncoder().encode('{'));
    expect(invalid.errors[0]).toBeInstanceOf(InvalidMessage);
    const text = await t.app.metrics();
    const labels = 'route="a \\"quoted\\"\\nback\\\\slash",pattern="t/+id"';
    expect(text).toContain(
      `# HELP topicwise_route_handled_total Messages handled.\n# TYPE topicwise_route_handled_total counter\ntopicwise_route_handled_total{${labels}} 1\n`,
    );
    expect(text).toContain(`topicwise_route_invalid_total{${labels}} 1\n`);
    expect(text).toContain('# TYPE topicwise_connected gauge\ntopicwise_connected 1\n');
    expect(text).toContain('topicwise_lag 0\n');
    expect(text).not.toContain('secret');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ \S.*|[a-z_]+(\{.+\})? \d+(\.\d+)?)$/);
  });

  it('show what waits, in seconds', async () => {
    const { t } = await stuck();
    await using _ = t;
    t.broker.publish({ topic: 't/1', payload: '1', qos: 1 });
    await t.clock.advance('1500ms');
    const text = await t.app.metrics();
    expect(text).toContain('topicwise_oldest_unacked_seconds 1.5\n');
    expect(text).toContain('topicwise_route_in_flight{route="slow",pattern="t/+id"} 1\n');
  });
});

describe('fetch', () => {
  const get = (app: App, path: string, method = 'GET') =>
    app.fetch(new Request(`http://localhost${path}`, { method }));

  it('answers the probes with health() as JSON', async () => {
    const { t, open } = await stuck();
    await using _ = t;
    const live = await get(t.app, '/healthz');
    expect([live.status, live.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await live.json()).toEqual(t.app.health());
    t.broker.publish({ topic: 't/1', payload: '1', qos: 1 });
    await t.clock.advance('2m');
    const ready = await get(t.app, '/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, oldestUnackedRoutes: ['slow'] });
    expect((await get(t.app, '/healthz')).status).toBe(200);
    open();
    await t.app.stop();
    expect((await get(t.app, '/healthz')).status).toBe(503);
  });

  it('answers with the metrics', async () => {
    const { t } = await stuck();
    await using _ = t;
    const response = await get(t.app, '/metrics');
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe(await t.app.metrics());
  });

  it.each([
    ['/healthz', 'POST', 405, 'POST has no meaning here. Use GET.\n'],
    ['/metrics', 'DELETE', 405, 'DELETE has no meaning here. Use GET.\n'],
    ['/', 'GET', 404, 'There is no "" here. There is /healthz, /readyz, /metrics, /asyncapi.json, /docs.\n'],
    ['/asyncapi.json', 'GET', 503, 'The application has not started: its handlers are not known yet.\n'],
    [
      '/toString',
      'GET',
      404,
      'There is no "toString" here. There is /healthz, /readyz, /metrics, /asyncapi.json, /docs.\n',
    ],
    ['/healthz', 'HEAD', 503, ''],
  ])('%s by %s: %i', async (path, method, status, text) => {
    const response = await get(createApp({ connection }), path, method);
    expect([response.status, await response.text()]).toEqual([status, text]);
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
  });

  it('can be mounted under a path of a server of somebody else', async () => {
    await using broker = new FakeBroker({ clock: 'real' });
    const app = createApp({ connection });
    app.on(topic, () => {});
    await using t = await createTestApp(app, { broker });
    const { fetch: answer } = t.app; // as a router takes it
    const server = createServer(async (request, response) => {
      const answered = await answer(
        new Request(`http://localhost${request.url}`, { method: request.method ?? 'GET' }),
      );
      response.writeHead(answered.status, Object.fromEntries(answered.headers));
      response.end(await answered.text());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      // A server that listens on TCP has an address with a port.
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}/internal/mqtt/readyz?verbose`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ live: true, ready: true, connection: 'connected' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

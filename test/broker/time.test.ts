import { describe, expect, it } from 'vitest';
import { FakeWorld } from '../support/broker/fake-world.js';

const text = (content: string) => new TextEncoder().encode(content);

describe('keep-alive', () => {
  it.each([5, 4] as const)(
    'ends a silent client after 1.5 periods of its own, level %i [MQTT-3.1.2-22] [MQTT-3.2.2-22]',
    async (version) => {
      await using world = new FakeWorld();
      const client = await world.client('silent', { keepAlive: 10 }, version);
      await world.clock.advance(14_999);
      expect(client.isClosed).toBe(false);
      await world.clock.advance(1);
      expect(await client.rest()).toMatchObject(
        version === 5 ? [{ type: 'disconnect', reasonCode: 0x8d }] : [],
      );
      expect(world.clock.pendingTimers).toBe(0);
    },
  );

  it('is satisfied by any packet', async () => {
    await using world = new FakeWorld();
    const client = await world.client('alive', { keepAlive: 10 });
    for (let round = 0; round < 5; round += 1) {
      await world.clock.advance('12s');
      await client.publish('a', '', { qos: 1 });
    }
    expect(client.isClosed).toBe(false);
    await world.clock.advance('15s');
    expect(client.isClosed).toBe(true);
  });

  it('is forgotten with the connection', async () => {
    await using world = new FakeWorld();
    await (await world.client('gone', { keepAlive: 10 })).leave();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('is off at 0', async () => {
    await using world = new FakeWorld();
    const client = await world.client('patient', { keepAlive: 0 });
    await world.clock.advance('24h');
    expect(client.isClosed).toBe(false);
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('is what the server says where it says something', async () => {
    await using world = new FakeWorld({ capabilities: { serverKeepAlive: 2 } });
    const client = await world.open();
    expect((await client.connect({ keepAlive: 600 })).properties?.serverKeepAlive).toBe(2);
    await world.clock.advance('3s');
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8d }]);
  });
});

it('closes a connection that sends no CONNECT within the timeout', async () => {
  await using world = new FakeWorld();
  const client = await world.open();
  await world.clock.advance(29_999);
  expect(client.isClosed).toBe(false);
  await world.clock.advance(1);
  expect(await client.rest()).toEqual([]);
});

describe('session expiry', () => {
  it('forgets the session when its time is up, not before [MQTT-4.1.0-2]', async () => {
    await using world = new FakeWorld();
    const client = await world.client('kept', { properties: { sessionExpiryInterval: 100 } });
    await client.subscribe('a');
    await client.leave();
    await world.clock.advance(99_999);
    expect(world.broker.session('kept')).toMatchObject({ connected: false });
    await world.clock.advance(1);
    expect(world.broker.session('kept')).toBeUndefined();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('never counts while the client is connected [MQTT-4.1.0-1]', async () => {
    await using world = new FakeWorld();
    const client = await world.client('kept', { properties: { sessionExpiryInterval: 100 } });
    await world.drop(client);
    await world.clock.advance('60s');
    await world.client('kept', { cleanStart: false, properties: { sessionExpiryInterval: 100 } });
    await world.clock.advance('1h');
    expect(world.broker.session('kept')).toMatchObject({ connected: true });
  });

  it('never comes for 0xFFFFFFFF, nor for MQTT 3.1.1 without a clean session', async () => {
    await using world = new FakeWorld();
    await (await world.client('five', { properties: { sessionExpiryInterval: 0xffffffff } })).leave();
    await (await world.client('four', { cleanStart: false }, 4)).leave();
    await world.clock.advance('8760h');
    expect(world.broker.session('five')).toBeDefined();
    expect(world.broker.session('four')).toBeDefined();
  });

  it('ends MQTT 3.1.1 sessions at the maximum too', async () => {
    await using world = new FakeWorld({ capabilities: { sessionExpiryMaximum: 60 } });
    await (await world.client('four', { cleanStart: false }, 4)).leave();
    await world.clock.advance('60s');
    expect(world.broker.session('four')).toBeUndefined();
  });
});

describe('message expiry', () => {
  it('sends on what is left of the interval [MQTT-3.3.2-6]', async () => {
    await using world = new FakeWorld();
    const away = await world.client('away', { properties: { sessionExpiryInterval: 1000 } });
    await away.subscribe('#');
    await away.leave();
    const properties = { messageExpiryInterval: 100 };
    world.broker.publish({ topic: 'a', payload: 'x', qos: 1, properties });
    world.broker.publish({ topic: 'r', payload: 'x', qos: 0, retain: true, properties });
    await world.clock.advance(30_500);
    const back = await world.client('away', { cleanStart: false });
    expect((await back.next('publish')).properties?.messageExpiryInterval).toBe(70);
    await back.subscribe('r');
    expect((await back.answer('publish')).properties?.messageExpiryInterval).toBe(70);
  });

  it('sends on an interval of 0 as it came, to whoever is there at once [MQTT-3.3.2-6]', async () => {
    await using world = new FakeWorld();
    const client = await world.client('here');
    await client.subscribe('a');
    world.broker.publish({ topic: 'a', payload: 'x', properties: { messageExpiryInterval: 0 } });
    expect((await client.next('publish')).properties?.messageExpiryInterval).toBe(0);
  });

  it('drops what is over before its delivery began, retained messages too [MQTT-3.3.2-5]', async () => {
    await using world = new FakeWorld();
    const away = await world.client('away', { properties: { sessionExpiryInterval: 1000 } });
    await away.subscribe('a');
    await away.leave();
    const properties = { messageExpiryInterval: 10 };
    const delivery = world.broker.publish({ topic: 'a', payload: 'x', qos: 1, retain: true, properties });
    await world.clock.advance('10s');
    const back = await world.client('away', { cleanStart: false });
    await back.subscribe('a');
    expect(await back.messages()).toEqual([]);
    expect(delivery.copies).toMatchObject([{ sent: 0, end: 'expired' }]);
    expect(world.broker.retained('a')).toBeUndefined();
  });

  it('never drops what was sent once [MQTT-4.3.3-7]', async () => {
    await using world = new FakeWorld();
    const client = await world.client('here', { properties: { sessionExpiryInterval: 1000 } });
    await client.subscribe('a');
    world.broker.publish({ topic: 'a', payload: 'x', qos: 1, properties: { messageExpiryInterval: 1 } });
    await client.next('publish');
    await world.drop(client);
    await world.clock.advance('60s');
    const back = await world.client('here', { cleanStart: false });
    expect(await back.messages()).toEqual(['q1 a "x" dup']);
  });
});

describe('will delay', () => {
  const will = (willDelayInterval: number) => ({
    will: {
      topic: 'will',
      payload: text('gone'),
      qos: 0 as const,
      retain: false,
      properties: { willDelayInterval },
    },
  });

  it('holds the will back for the delay [MQTT-3.1.2-8]', async () => {
    await using world = new FakeWorld();
    const heir = await world.client('heir');
    await heir.subscribe('will');
    const mortal = await world.client('mortal', { properties: { sessionExpiryInterval: 100 }, ...will(10) });
    await world.drop(mortal);
    await world.clock.advance(9_999);
    expect(await heir.messages()).toEqual([]);
    await world.clock.advance(1);
    expect(await heir.messages()).toEqual(['q0 will "gone"']);
    await world.clock.advance('100s');
    expect(await heir.messages()).toEqual([]);
  });

  it('is over when the client is back in time: no will, then or later [MQTT-3.1.3-9]', async () => {
    await using world = new FakeWorld();
    const heir = await world.client('heir');
    await heir.subscribe('will');
    await world.drop(
      await world.client('mortal', { properties: { sessionExpiryInterval: 100 }, ...will(10) }),
    );
    await world.clock.advance('9s');
    const properties = { sessionExpiryInterval: 100 };
    await world.client('mortal', { cleanStart: false, properties, ...will(10) });
    await world.clock.advance('60s');
    expect(await heir.messages()).toEqual([]);
  });

  it.each([
    ['with the session, at its expiry', 5, 5_000],
    ['at once, for a session that ends with its connection', 0, 0],
  ])('gives the will out %s', async (_name, sessionExpiryInterval, after) => {
    await using world = new FakeWorld();
    const heir = await world.client('heir');
    await heir.subscribe('will');
    await world.drop(await world.client('mortal', { properties: { sessionExpiryInterval }, ...will(10) }));
    await world.clock.advance(after);
    expect(await heir.messages()).toEqual(['q0 will "gone"']);
  });

  it('gives the will out when a clean start ends the session early', async () => {
    await using world = new FakeWorld();
    const heir = await world.client('heir');
    await heir.subscribe('will');
    await world.drop(
      await world.client('mortal', { properties: { sessionExpiryInterval: 100 }, ...will(10) }),
    );
    await world.client('mortal', { cleanStart: true });
    expect(await heir.messages()).toEqual(['q0 will "gone"']);
  });
});

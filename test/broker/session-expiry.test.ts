import { describe, expect, it } from 'vitest';
import { FakeWorld } from '../support/broker/fake-world.js';

const NEVER = 0xffffffff;

/** When the session of a client that goes with this interval is forgotten, in seconds after it went. */
async function lifeOf(
  said: { connect?: number; disconnect?: number },
  capabilities: { sessionExpiryMaximum?: number } = {},
): Promise<number> {
  await using world = new FakeWorld({ capabilities });
  const client = await world.client('mortal', {
    ...(said.connect !== undefined && { properties: { sessionExpiryInterval: said.connect } }),
  });
  const properties = said.disconnect === undefined ? {} : { sessionExpiryInterval: said.disconnect };
  client.send({ type: 'disconnect', reasonCode: 0, properties });
  await client.rest();
  for (let seconds = 0; seconds <= 300; seconds += 10) {
    if (world.broker.session('mortal') === undefined) return seconds;
    await world.clock.advance('10s');
  }
  await world.clock.advance('876000h');
  return world.broker.session('mortal') === undefined ? Number.NaN : NEVER;
}

describe('the session of a client that went', () => {
  // [MQTT-3.1.2-23] [MQTT-4.1.0-2]
  it.each([
    ['ends with its connection if CONNECT says nothing', {}, {}, 0],
    ['ends with its connection if CONNECT says 0', { connect: 0 }, {}, 0],
    ['lives for as long as CONNECT says', { connect: 100 }, {}, 100],
    ['lives for ever', { connect: NEVER }, {}, NEVER],
    ['lives shorter if DISCONNECT says so', { connect: 100, disconnect: 50 }, {}, 50],
    ['lives longer if DISCONNECT says so', { connect: 100, disconnect: 200 }, {}, 200],
    ['lives for ever if DISCONNECT says so', { connect: 100, disconnect: NEVER }, {}, NEVER],
    ['ends at once if DISCONNECT says so', { connect: NEVER, disconnect: 0 }, {}, 0],
    ['keeps to 0 if DISCONNECT repeats it', { connect: 0, disconnect: 0 }, {}, 0],
    ['lives no longer than the broker keeps any', { connect: 200 }, { sessionExpiryMaximum: 60 }, 60],
    ['not even for ever', { connect: NEVER }, { sessionExpiryMaximum: 60 }, 60],
    ['nor by DISCONNECT', { connect: 10, disconnect: NEVER }, { sessionExpiryMaximum: 60 }, 60],
    ['nor at all where the broker keeps none', { connect: 200 }, { sessionExpiryMaximum: 0 }, 0],
  ])('%s', async (_name, said, capabilities, seconds) => {
    expect(await lifeOf(said, capabilities)).toBe(seconds);
  });

  it('lives by the interval of its last connection', async () => {
    await using world = new FakeWorld();
    await (await world.client('mortal', { properties: { sessionExpiryInterval: 10 } })).leave();
    await world.clock.advance('9s');
    const properties = { sessionExpiryInterval: 30 };
    await (await world.client('mortal', { cleanStart: false, properties })).leave();
    await world.clock.advance('29s');
    expect(world.broker.session('mortal')).toBeDefined();
    await world.clock.advance('1s');
    expect(world.broker.session('mortal')).toBeUndefined();
  });

  it('is the same on the other version of MQTT', async () => {
    await using world = new FakeWorld();
    const five = await world.client('mortal', { properties: { sessionExpiryInterval: 10 } });
    await five.subscribe('a', { identifier: 7 });
    await five.leave();
    const four = await world.open(4);
    expect(await four.connect({ clientId: 'mortal', cleanStart: false })).toMatchObject({
      sessionPresent: true,
    });
    world.broker.publish({ topic: 'a', payload: '', qos: 1, properties: { contentType: 'x' } });
    expect(await four.messages()).toEqual(['q1 a ""']);
    await four.leave();
    // A session of MQTT 3.1.1 that is not clean does not expire.
    await world.clock.advance('8760h');
    expect(world.broker.session('mortal')).toBeDefined();
  });
});

// [MQTT-4.1.0-1]
it.each([0, 10])(
  'a session of interval %i stands while its client is connected',
  async (sessionExpiryInterval) => {
    await using world = new FakeWorld();
    const client = await world.client('here', { properties: { sessionExpiryInterval } });
    await world.clock.advance('8760h');
    await client.fence();
    expect(world.broker.session('here')).toMatchObject({ connected: true });
  },
);

// When a will goes out, and what it then is. MQTT 5.0, 3.1.2.5, 3.1.3.2 and 3.1.4.
import { describe, expect, it } from 'vitest';
import type { AuthenticationMethod } from '../../src/broker/index.js';
import type { WillPacket } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { connectPacket, publishPacket, type RawClient } from '../support/broker/raw-client.js';

const will = (properties?: WillPacket['properties']): { will: WillPacket } => ({
  will: {
    topic: 'will',
    payload: new TextEncoder().encode('gone'),
    qos: 1,
    retain: false,
    ...(properties && { properties }),
  },
});

/** Lets anybody in, and nobody again. */
const once: AuthenticationMethod =
  ({ isReauthentication }) =>
  () => ({ reasonCode: isReauthentication ? 0x87 : 0 });

const auth = { authenticationMethod: 'once' };

/** What ends the connection, by the name of the row. */
const ends: Readonly<Record<string, (world: FakeWorld, mortal: RawClient) => unknown>> = {
  'the network is lost': (world, mortal) => world.drop(mortal),
  'the socket is closed in good order': (_world, mortal) => mortal.end(),
  'the client says 0x04': (_world, mortal) => mortal.send({ type: 'disconnect', reasonCode: 4 }),
  'the client says an error': (_world, mortal) => mortal.send({ type: 'disconnect', reasonCode: 0x83 }),
  'the client is silent for too long': (world) => world.clock.advance('15s'),
  'the client sends what is no MQTT': (_world, mortal) => mortal.write(new Uint8Array([0, 0])),
  'the client says CONNECT again': (_world, mortal) => mortal.send(connectPacket(5)),
  'the client goes beyond the Receive Maximum': (_world, mortal) => {
    for (const packetId of [1, 2]) mortal.send(publishPacket('a', '', { qos: 2, packetId }));
  },
  'the client asks for a longer session as it goes': (_world, mortal) =>
    mortal.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryInterval: 5 } }),
  'the client fails to authenticate again': (_world, mortal) =>
    mortal.send({ type: 'auth', reasonCode: 0x19, properties: auth }),
  'somebody with a clean start takes over': (world) => world.client('mortal'),
  'somebody takes over': (world) => world.client('mortal', { cleanStart: false }),
  'the client says 0x00': (_world, mortal) => mortal.send({ type: 'disconnect', reasonCode: 0 }),
};
const all = Object.keys(ends);
const discards = ['the client says 0x00'];

/** A client with a will, and one that waits for it. */
async function arrange(will: { will: WillPacket }, sessionExpiryInterval: number) {
  const world = new FakeWorld({
    capabilities: { receiveMaximum: 1 },
    authenticationMethods: { once },
  });
  const heir = await world.client('heir');
  await heir.subscribe('will');
  const properties = { ...auth, ...(sessionExpiryInterval > 0 && { sessionExpiryInterval }) };
  const mortal = await world.client('mortal', { keepAlive: 10, properties, ...will });
  return { world, heir, mortal };
}

describe('a will without delay', () => {
  // [MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3]
  it.each(all)('goes out, or is discarded, when %s', async (event) => {
    const { world, heir, mortal } = await arrange(will(), 0);
    await using _ = world;
    await ends[event]?.(world, mortal);
    await mortal.rest();
    await world.clock.settle();
    const expected = discards.includes(event) ? [] : ['q1 will "gone"'];
    expect(await heir.messages()).toEqual(expected);
    // Once and never again.
    await world.clock.advance('1h');
    expect(await heir.messages()).toEqual([]);
  });
});

describe('a will with delay', () => {
  const atOnce = ['somebody with a clean start takes over'];
  const cancels = [...discards, 'somebody takes over'];
  const later = all.filter(
    (event) => ![...cancels, ...atOnce, 'the client asks for a longer session as it goes'].includes(event),
  );

  // [MQTT-3.1.2-8]
  it.each(later)('waits for it when %s', async (event) => {
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), 100);
    await using _ = world;
    await ends[event]?.(world, mortal);
    await mortal.rest();
    await world.clock.settle();
    await world.clock.advance(19_999);
    expect(await heir.messages()).toEqual([]);
    await world.clock.advance(1);
    expect(await heir.messages()).toEqual(['q1 will "gone"']);
    await world.clock.advance('1h');
    expect(await heir.messages()).toEqual([]);
  });

  it.each(atOnce)('goes out at once, with its session, when %s', async (event) => {
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), 100);
    await using _ = world;
    await ends[event]?.(world, mortal);
    expect(await heir.messages()).toEqual(['q1 will "gone"']);
  });

  // [MQTT-3.1.3-9]
  it.each([...cancels.map((event) => [event, 100] as const), ...cancels.map((event) => [event, 0] as const)])(
    'never goes out when %s, with a session expiry of %i',
    async (event, expiry) => {
      const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), expiry);
      await using _ = world;
      await ends[event]?.(world, mortal);
      await mortal.rest();
      await world.clock.advance('1h');
      expect(await heir.messages()).toEqual([]);
    },
  );

  it('is replaced by the will of the connection that came back in time [MQTT-3.1.3-9]', async () => {
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), 100);
    await using _ = world;
    await world.drop(mortal);
    await world.clock.advance('19s');
    const payload = new TextEncoder().encode('new');
    const back = await world.client('mortal', {
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
      will: { topic: 'will', payload, qos: 0, retain: false, properties: { willDelayInterval: 5 } },
    });
    await world.drop(back);
    await world.clock.advance('5s');
    expect(await heir.messages()).toEqual(['q0 will "new"']);
    await world.clock.advance('1h');
    expect(await heir.messages()).toEqual([]);
  });

  it.each([
    ['before the delay', 5, 5],
    ['with the delay', 20, 20],
    ['after the delay', 30, 20],
    ['never', 0xffffffff, 20],
  ])('goes out once, no later than its session ends: %s', async (_name, expiry, seconds) => {
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), expiry);
    await using _ = world;
    await world.drop(mortal);
    await world.clock.advance(seconds * 1000 - 1);
    expect(await heir.messages()).toEqual([]);
    await world.clock.advance(1);
    expect(await heir.messages()).toEqual(['q1 will "gone"']);
    await world.clock.advance('1h');
    expect(await heir.messages()).toEqual([]);
  });

  it('goes out at once where DISCONNECT ends the session', async () => {
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20 }), 100);
    await using _ = world;
    mortal.send({ type: 'disconnect', reasonCode: 4, properties: { sessionExpiryInterval: 0 } });
    await mortal.rest();
    expect(await heir.messages()).toEqual(['q1 will "gone"']);
  });
});

describe('a will that goes out', () => {
  it('has its properties, user properties in their order, but not its delay [MQTT-3.1.3-10]', async () => {
    const properties = {
      payloadFormat: 'utf8',
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: new Uint8Array([1, 2]),
      userProperties: [
        ['b', '1'],
        ['a', '2'],
        ['b', ''],
      ],
    } as const;
    const { world, heir, mortal } = await arrange(will({ willDelayInterval: 20, ...properties }), 100);
    await using _ = world;
    await world.drop(mortal);
    await world.clock.advance('20s');
    expect((await heir.next('publish')).properties).toEqual(properties);
  });

  it('expires from when it goes out, not from when it was left', async () => {
    const { world, heir, mortal } = await arrange(
      will({ willDelayInterval: 20, messageExpiryInterval: 10 }),
      100,
    );
    await using _ = world;
    const away = await world.client('away', { properties: { sessionExpiryInterval: 100 } });
    await away.subscribe('will');
    await away.leave();
    await world.drop(mortal);
    await world.clock.advance('20s');
    expect((await heir.next('publish')).properties?.messageExpiryInterval).toBe(10);
    await world.clock.advance('4s');
    const back = await world.client('away', { cleanStart: false });
    expect((await back.next('publish')).properties?.messageExpiryInterval).toBe(6);
  });

  // [MQTT-3.1.2-14] [MQTT-3.1.2-15]
  it.each([
    [true, ['q1 will "gone" retain']],
    [false, []],
  ])('is retained if it says so: %s', async (retain, expected) => {
    const { world, mortal } = await arrange({ will: { ...will().will, retain } }, 0);
    await using _ = world;
    await world.drop(mortal);
    const late = await world.client('late');
    await late.subscribe('will');
    expect(await late.messages()).toEqual(expected);
  });

  it('with an empty payload deletes what was retained [MQTT-3.3.1-6]', async () => {
    const { world, mortal } = await arrange(
      { will: { ...will().will, payload: new Uint8Array(0), retain: true } },
      0,
    );
    await using _ = world;
    world.broker.publish({ topic: 'will', payload: 'old', retain: true });
    await world.drop(mortal);
    expect(world.broker.retained('will')).toBeUndefined();
  });

  it('is not heard by its own client where No Local says so', async () => {
    await using world = new FakeWorld();
    const properties = { sessionExpiryInterval: 100 };
    const mortal = await world.client('mortal', { properties, ...will() });
    await mortal.subscribe('will', { noLocal: true });
    await mortal.subscribe('#');
    await world.drop(mortal);
    const back = await world.client('mortal', { cleanStart: false, properties });
    expect(await back.messages()).toEqual(['q1 will "gone"']);
  });
});

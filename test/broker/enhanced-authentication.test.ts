import { describe, expect, it } from 'vitest';
import type { AuthenticationMethod, BrokerPolicy } from '../../src/broker/index.js';
import type { AuthPacket, ConnectPacket, ConnectProperties } from '../../src/packets/packet.js';
import { FakeWorld } from '../support/broker/fake-world.js';
import { connectPacket, publishPacket, type RawClient } from '../support/broker/raw-client.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined) => data && new TextDecoder().decode(data);

/** Asks for two words, one after the other; whoever says `ann` and then `secret` is let in. */
const twoWords: AuthenticationMethod = () => {
  let name: string | undefined;
  return (data) => {
    const word = text(data) ?? '';
    if (name === undefined) {
      name = word;
      return { reasonCode: 0x18, authenticationData: bytes(`hello ${word}, the word?`) };
    }
    if (name !== 'ann') return { reasonCode: 0x8a };
    if (word !== 'secret') return { reasonCode: 0x86, reasonString: 'That is not the word.' };
    return { reasonCode: 0, authenticationData: bytes('welcome') };
  };
};
const policy: BrokerPolicy = { authenticationMethods: { 'two-words': twoWords } };

const said = (word: string, reasonCode = 0x18, authenticationMethod = 'two-words'): AuthPacket => ({
  type: 'auth',
  reasonCode,
  properties: { authenticationMethod, authenticationData: bytes(word) },
});

/** Says CONNECT with the first word. */
async function begin(
  world: FakeWorld,
  name = 'ann',
  properties: ConnectProperties = {},
  options: Partial<ConnectPacket> = {},
): Promise<RawClient> {
  const client = await world.open();
  const all = { authenticationMethod: 'two-words', authenticationData: bytes(name), ...properties };
  client.send(connectPacket(5, { properties: all, ...options }));
  return client;
}

/** A client that was let in. */
async function enter(world: FakeWorld, properties: ConnectProperties = {}): Promise<RawClient> {
  const client = await begin(world, 'ann', properties);
  await client.next('auth');
  client.send(said('secret'));
  expect(await client.next('connack')).toMatchObject({ reasonCode: 0 });
  return client;
}

describe('from CONNECT to CONNACK', () => {
  it('goes on with AUTH until the method lets the client in [MQTT-4.12.0-2] [MQTT-4.12.0-5] [MQTT-3.2.0-1]', async () => {
    await using world = new FakeWorld(policy);
    const client = await begin(world);
    const challenge = await client.next('auth');
    expect(challenge).toMatchObject({ reasonCode: 0x18, properties: { authenticationMethod: 'two-words' } });
    expect(text(challenge.properties?.authenticationData)).toBe('hello ann, the word?');
    expect(world.broker.session('client')).toBeUndefined();
    client.send(said('secret'));
    const connack = await client.next('connack');
    expect(connack).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: 'two-words' } });
    expect(text(connack.properties?.authenticationData)).toBe('welcome');
    expect(await client.publish('a', '', { qos: 1 })).toBe(0x10);
  });

  it('lets in without a challenge where the method needs none', async () => {
    const once: AuthenticationMethod = (client) => (data) => ({
      reasonCode: text(data) === `${client.username} ${text(client.password)}` ? 0 : 0x86,
    });
    await using world = new FakeWorld({ authenticationMethods: { once } });
    const properties = { authenticationMethod: 'once', authenticationData: bytes('ann secret') };
    const client = await world.open();
    expect(await client.connect({ username: 'ann', password: bytes('secret'), properties })).toMatchObject({
      reasonCode: 0,
      properties: { authenticationMethod: 'once' },
    });
  });

  // [MQTT-4.12.0-4] [MQTT-3.2.2-7] [MQTT-4.13.2-1]
  it.each([
    ['what the method says', 'ann', 'wrong', 0x86, 'That is not the word.'],
    ['another code of its', 'eve', 'secret', 0x8a, 'two-words authentication failed.'],
  ])('refuses with %s, and closes', async (_name, name, word, reasonCode, reasonString) => {
    await using world = new FakeWorld(policy);
    const client = await begin(world, name);
    await client.next('auth');
    client.send(said(word));
    expect(await client.rest()).toMatchObject([
      { type: 'connack', reasonCode, properties: { reasonString } },
    ]);
    expect(world.broker.session('client')).toBeUndefined();
  });

  // [MQTT-4.12.0-1]
  it.each([
    ['other', 0x8c, 'The broker has no authentication method other.'],
    ['constructor', 0x8c, 'The broker has no authentication method constructor.'],
  ])('refuses the method %s, which it has not: 0x8C', async (name, reasonCode, reasonString) => {
    await using world = new FakeWorld(policy);
    const client = await begin(world, 'ann', { authenticationMethod: name });
    expect(await client.rest()).toMatchObject([
      { type: 'connack', reasonCode, properties: { reasonString } },
    ]);
  });

  const outOfPlace: readonly (readonly [string, Parameters<RawClient['send']>[0], number])[] = [
    ['AUTH of another method', said('secret', 0x18, 'other'), 0x8c],
    ['AUTH 0x19', said('secret', 0x19), 0x82],
    ['PUBLISH', publishPacket('a', ''), 0x82],
    ['PINGREQ', { type: 'pingreq' }, 0x82],
    ['a second CONNECT', connectPacket(5), 0x82],
  ];
  // [MQTT-4.12.0-5] [MQTT-3.2.2-6] Only AUTH and DISCONNECT may come before CONNACK, AUTH with the method of CONNECT.
  it.each(outOfPlace)('refuses %s instead of the answer', async (_name, packet, reasonCode) => {
    await using world = new FakeWorld(policy);
    const client = await begin(world);
    await client.next('auth');
    client.send(packet, said('secret'));
    expect(await client.rest()).toMatchObject([{ type: 'connack', reasonCode, sessionPresent: false }]);
    expect(world.broker.published).toEqual([]);
  });

  // [MQTT-3.14.0-1]
  it.each([
    ['AUTH without a method', [0xf0, 2, 0x18, 0], 0x82],
    ['AUTH of the server', [0xf0, 0], 0x82],
    ['AUTH with flags', [0xf1, 0], 0x81],
    ['PUBLISH with topic alias 0', [0x30, 7, 0, 1, 0x61, 3, 35, 0, 0], 0x82],
  ])('refuses %s with CONNACK, not with DISCONNECT', async (_name, packet, reasonCode) => {
    await using world = new FakeWorld(policy);
    const client = await begin(world);
    await client.next('auth');
    client.write(new Uint8Array(packet));
    expect(await client.rest()).toMatchObject([{ type: 'connack', reasonCode }]);
  });

  it('lets a client leave before it is in, without a CONNACK and without its will', async () => {
    await using world = new FakeWorld(policy);
    const will = { topic: 'will', payload: new Uint8Array(0), qos: 0, retain: false } as const;
    const client = await begin(world, 'ann', {}, { will });
    await client.next('auth');
    client.send({ type: 'disconnect', reasonCode: 4 });
    expect(await client.rest()).toEqual([]);
    expect(world.broker.published).toEqual([]);
  });

  it('has no more patience for it than for CONNECT', async () => {
    await using world = new FakeWorld({ ...policy, limits: { connectTimeout: 1000 } });
    const client = await begin(world);
    await client.next('auth');
    await world.clock.advance(600);
    const slow = await begin(world, 'slow');
    await slow.next('auth');
    await world.clock.advance(400);
    expect(await client.rest()).toEqual([]);
    expect(slow.isClosed).toBe(false);
    await slow.leave();
    expect(world.clock.pendingTimers).toBe(0);
  });

  it('touches the session only once the client is in', async () => {
    await using world = new FakeWorld(policy);
    const properties = { sessionExpiryInterval: 100 };
    const first = await enter(world, properties);
    await first.subscribe('a');
    const second = await begin(world, 'ann', properties, { cleanStart: false });
    await second.next('auth');
    await first.fence();
    second.send(said('secret'));
    expect(await second.next('connack')).toMatchObject({ sessionPresent: true });
    expect(await first.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x8e }]);
  });

  it('gives an assigned identifier to one client, however long it takes', async () => {
    await using world = new FakeWorld(policy);
    const client = await begin(world, 'ann', {}, { clientId: '' });
    await client.next('auth');
    const assigned = world.broker.transcript().split(' ')[0] ?? '';
    const squatter = await begin(world, 'ann', {}, { clientId: assigned });
    await squatter.next('auth');
    squatter.send(said('secret'));
    await squatter.next('connack');
    client.send(said('secret'));
    const { properties } = await client.next('connack');
    expect(properties?.assignedClientIdentifier).toBe(`${assigned}-2`);
    await squatter.fence();
  });

  it('checks the rest of CONNECT once it knows who asks', async () => {
    await using world = new FakeWorld({ ...policy, limits: { sessions: 0 } });
    const client = await begin(world);
    await client.next('auth');
    client.send(said('secret'));
    expect(await client.rest()).toMatchObject([{ type: 'connack', reasonCode: 0x97 }]);
  });

  it('asks the method alone, and the other hook for whoever names none [MQTT-4.12.0-6]', async () => {
    await using world = new FakeWorld({ ...policy, authenticate: () => 0x87 });
    await enter(world);
    const plain = await world.open();
    const connack = await plain.connect({ clientId: 'plain' });
    expect(connack.reasonCode).toBe(0x87);
    expect(connack.properties).not.toHaveProperty('authenticationMethod');
  });
});

describe('re-authentication', () => {
  it('goes on beside other traffic [MQTT-4.12.1-1] [MQTT-4.12.0-5]', async () => {
    await using world = new FakeWorld(policy);
    const client = await enter(world);
    for (let round = 0; round < 2; round += 1) {
      client.send(said('ann', 0x19));
      expect(await client.next('auth')).toMatchObject({ reasonCode: 0x18 });
      expect(await client.publish('a', '', { qos: 2 })).toBe(0x10);
      client.send(said('secret'));
      const done = await client.next('auth');
      expect(done).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: 'two-words' } });
      expect(text(done.properties?.authenticationData)).toBe('welcome');
    }
    await client.fence();
  });

  it('tells the method that it is one, without the password', async () => {
    const seen: unknown[] = [];
    const curious: AuthenticationMethod = ({ password, ...client }) => {
      seen.push({ ...client, password: text(password) });
      return () => ({ reasonCode: 0 });
    };
    await using world = new FakeWorld({ authenticationMethods: { 'two-words': curious } });
    const client = await begin(world, '', {}, { username: 'ann', password: bytes('secret') });
    await client.next('connack');
    client.send(said('', 0x19));
    await client.next('auth');
    const ann = { clientId: 'client', username: 'ann', protocolVersion: 5 };
    expect(seen).toEqual([
      { ...ann, password: 'secret', isReauthentication: false },
      { ...ann, password: undefined, isReauthentication: true },
    ]);
  });

  // [MQTT-4.12.1-2]
  it.each([
    ['a code of DISCONNECT as it is', 0x97, 0x97],
    ['0x87 for a code that only CONNACK has', 0x86, 0x87],
    ['0x80 for what is no failure', 0x10, 0x80],
    ['0x80 for what only a client says', 0x04, 0x80],
  ])('ends the connection when it fails, with %s; the will goes out', async (_name, code, sent) => {
    const once: AuthenticationMethod =
      ({ isReauthentication }) =>
      () => ({ reasonCode: isReauthentication ? code : 0 });
    await using world = new FakeWorld({ authenticationMethods: { 'two-words': once } });
    const will = { topic: 'will', payload: new Uint8Array(0), qos: 0, retain: false } as const;
    const client = await begin(world, '', {}, { will });
    await client.next('connack');
    client.send(said('', 0x19), publishPacket('a', ''));
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: sent }]);
    expect(world.broker.published.map(({ topic }) => topic)).toEqual(['will']);
  });

  const wrong: readonly (readonly [string, readonly AuthPacket[], number])[] = [
    ['another method', [said('ann', 0x19, 'other')], 0x8c],
    ['an answer to nothing', [said('secret')], 0x82],
    ['a second beginning before the end of the first', [said('ann', 0x19), said('ann', 0x19)], 0x82],
    ['an answer after the end', [said('ann', 0x19), said('secret'), said('secret')], 0x82],
  ];
  it.each(wrong)('ends the connection at %s', async (_name, packets, reasonCode) => {
    await using world = new FakeWorld(policy);
    const client = await enter(world);
    client.send(...packets);
    expect((await client.rest()).at(-1)).toMatchObject({ type: 'disconnect', reasonCode });
  });

  it('is a protocol error without a method in CONNECT [MQTT-4.12.0-6]', async () => {
    await using world = new FakeWorld(policy);
    const client = await world.client('plain');
    client.send(said('ann', 0x19));
    expect(await client.rest()).toMatchObject([{ type: 'disconnect', reasonCode: 0x82 }]);
  });
});

describe('a method that does what it must not', () => {
  const step =
    (answer: () => ReturnType<ReturnType<AuthenticationMethod>>): AuthenticationMethod =>
    () =>
      answer;
  it.each<readonly [string, AuthenticationMethod, RegExp]>([
    [
      'throws as the exchange begins',
      () => {
        throw new Error('no \0 such table');
      },
      /^The two-words authentication hook failed: no \ufffd such table$/,
    ],
    [
      'throws at a step',
      step(() => {
        throw 'a string';
      }),
      /hook failed: a string$/,
    ],
    ['returns what no CONNACK has', step(() => ({ reasonCode: 0x10 })), /returned 16, no code of CONNACK/],
    [
      'returns more data than a packet holds',
      step(() => ({ reasonCode: 0, authenticationData: new Uint8Array(65_536) })),
      /65536 bytes/,
    ],
  ])('%s: 0x80, with the reason', async (_name, method, why) => {
    await using world = new FakeWorld({ authenticationMethods: { 'two-words': method } });
    const client = await begin(world);
    expect(await client.rest()).toMatchObject([
      { type: 'connack', reasonCode: 0x80, properties: { reasonString: expect.stringMatching(why) } },
    ]);
  });
});

describe('reason strings of AUTH', () => {
  const chatty: AuthenticationMethod = () => () => ({ reasonCode: 0x18, reasonString: 'x'.repeat(100) });
  const chattyPolicy: BrokerPolicy = { authenticationMethods: { 'two-words': chatty } };
  it.each<readonly [string, ConnectProperties, number | undefined]>([
    ['are there', {}, 100],
    // [MQTT-3.1.2-29]
    ['stay away where they are not wanted', { requestProblemInformation: false }, undefined],
    // [MQTT-3.15.2-2]
    ['stay away where they do not fit', { maximumPacketSize: 100 }, undefined],
  ])('%s', async (_name, properties, length) => {
    await using world = new FakeWorld(chattyPolicy);
    const client = await begin(world, 'ann', properties);
    expect((await client.next('auth')).properties?.reasonString?.length).toBe(length);
  });
});

import { channel } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { type ConnectionState, connect, type PacketInfo } from '../../src/client/index.js';
import { encodePacket } from '../../src/packets/index.js';
import { everyCut, publish, ScriptedPeer } from '../support/scripted-peer.js';

everyCut((cut) => {
  it('tells hooks of every packet in both directions, with its bytes and in order', async () => {
    const told: (PacketInfo & { way: string })[] = [];
    const { client, peer, clock } = await new ScriptedPeer(cut).connected({
      hooks: {
        packetSent: (packet) => void told.push({ way: 'out', ...packet }),
        packetReceived: (packet) => void told.push({ way: 'in', ...packet }),
      },
    });
    const received = publish({ topic: 'topic', packetId: 7, payload: new Uint8Array(300) });
    peer.send(received);
    const { value: message } = await client.messages().next();
    await clock.advance(10);
    await message!.ack();
    await client.disconnect();
    expect(told.map(({ way, type, packetId }) => [way, type, packetId])).toEqual([
      ['out', 'connect', undefined],
      ['in', 'connack', undefined],
      ['in', 'publish', 7],
      ['out', 'puback', 7],
      ['out', 'disconnect', undefined],
    ]);
    expect(told[2]).toMatchObject({ bytes: encodePacket(received, 5).length, at: 0 });
    expect(told[3]).toMatchObject({ bytes: 4, at: 10 });
    const { bytesIn, bytesOut } = client.stats();
    const sum = (way: string) =>
      told.filter((each) => each.way === way).reduce((bytes, each) => bytes + each.bytes, 0);
    expect([sum('in'), sum('out')]).toEqual([bytesIn, bytesOut]);
  });
});

it('tells of states and of dropped messages', async () => {
  const states: ConnectionState['state'][] = [];
  const dropped: string[] = [];
  const { client, peer } = await new ScriptedPeer().connected({
    qos0Overflow: { limit: 1 },
    hooks: {
      stateChange: ({ state }) => void states.push(state),
      dropped: ({ topic }, why) => void dropped.push(`${topic}: ${why}`),
    },
  });
  peer.send(publish({ topic: 'old' }), publish({ topic: 'new' }));
  await peer.received();
  await client.close();
  expect(dropped).toEqual(['old: queue-full']);
  expect(states).toEqual(['connecting', 'connected', 'closed']);
});

it('a hook that throws is counted, is a warning once, and changes nothing', async () => {
  const warnings: (Error & { code?: string })[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on('warning', listen);
  const { client, peer } = await new ScriptedPeer().connected({
    clientId: 'watched',
    hooks: {
      packetReceived: () => {
        throw new Error('hook is broken.');
      },
    },
  });
  peer.send(publish({ packetId: 1 }));
  const { value: message } = await client.messages().next();
  expect(await message!.ack()).toBe('sent');
  await peer.expect('puback');
  expect(client.stats().failedHooks).toBe(2);
  process.off('warning', listen);
  expect(warnings.map(({ code }) => code)).toEqual(['TOPICWISE_HOOK']);
  expect(warnings[0]!.message).toContain(
    'The hook packetReceived of the client "watched" threw: hook is broken. ',
  );
});

it('a hook may use the client: at a receive maximum of 1 its publishes wait their turn', async () => {
  const { client, peer } = await new ScriptedPeer().connected(
    {
      hooks: {
        packetSent: ({ type }) => {
          if (type === 'publish' && ++sent < 3) void client.publish('from/hook', '', { qos: 1 });
        },
      },
    },
    { properties: { receiveMaximum: 1 } },
  );
  let sent = 0;
  void client.publish('first', '', { qos: 1 });
  expect((await peer.received()).map((packet) => 'topic' in packet && packet.topic)).toEqual(['first']);
  peer.ack('puback', 1);
  await peer.expect('publish', { topic: 'from/hook' });
  await peer.expectNothing();
});

it('publishes to diagnostics channels what happens in every client, and no secret', async () => {
  const said: unknown[] = [];
  const listen = (message: unknown) => void said.push(message);
  const names = ['packet-sent', 'packet-received', 'state-change', 'dropped'];
  const channels = names.map((name) => channel(`topicwise:client:${name}`));
  for (const each of channels) each.subscribe(listen);
  try {
    const { client, peer } = await new ScriptedPeer().connected({
      clientId: 'watched',
      username: 'user-secret',
      password: 'password-secret',
      qos0Overflow: { limit: 0 },
    });
    peer.send(publish({ topic: 'dropped', payload: new TextEncoder().encode('payload-secret') }));
    await peer.received();
    await client.close();
  } finally {
    for (const each of channels) each.unsubscribe(listen);
  }
  expect(said).toMatchObject([
    { clientId: 'watched', state: { state: 'connecting' } },
    { clientId: 'watched', type: 'connect' },
    { clientId: 'watched', type: 'connack' },
    { clientId: 'watched', state: { state: 'connected' } },
    { clientId: 'watched', type: 'publish', packetId: undefined },
    { clientId: 'watched', topic: 'dropped', qos: 0, why: 'queue-full' },
    { clientId: 'watched', type: 'disconnect' },
    { clientId: 'watched', state: { state: 'closed' } },
  ]);
  expect(JSON.stringify(said)).not.toContain('secret');
});

it('refuses a hook that is no function', async () => {
  await expect(
    connect(new ScriptedPeer().endpoint, { hooks: { dropped: 'log' as unknown as () => void } }),
  ).rejects.toThrow("hooks.dropped must be a function, not 'log'.");
});

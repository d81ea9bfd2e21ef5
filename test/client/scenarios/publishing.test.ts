import { expect, it } from 'vitest';
import {
  ClosedError,
  ConnectionLostError,
  InvalidPacketError,
  LimitError,
  NegativeAckError,
} from '../../../src/client/index.js';
import { everyCut, ScriptedPeer } from '../../support/scripted-peer.js';

const qos1 = { qos: 1 } as const;
const qos2 = { qos: 2 } as const;

everyCut((cut) => {
  it('publishes at QoS 0, 1 and 2, each with one call', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    expect(await client.publish('a', 'zero')).toEqual({ qos: 0 });
    const one = client.publish('b', 'one', qos1);
    const two = client.publish('c', new Uint8Array([2]), { ...qos2, retain: true });
    await peer.expect('publish', { topic: 'a', qos: 0 });
    await peer.expect('publish', { topic: 'b', qos: 1, packetId: 1, retain: false, duplicate: false });
    await peer.expect('publish', { topic: 'c', qos: 2, packetId: 2, retain: true });
    peer.ack('puback', 1, 0x10);
    peer.ack('pubrec', 2, 0, { reasonString: 'stored' });
    await peer.expect('pubrel', { packetId: 2, reasonCode: 0 });
    peer.ack('pubcomp', 2);
    expect(await one).toEqual({
      qos: 1,
      packetId: 1,
      reasonCode: 0x10,
      matched: false,
      resent: false,
    });
    expect(await two).toEqual({
      qos: 2,
      packetId: 2,
      reasonCode: 0,
      matched: true,
      reasonString: 'stored',
      resent: false,
    });
  });

  it('11: keeps to its own sendMaximum on MQTT 3.1.1, which knows no other', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ protocol: 4, sendMaximum: 2 });
    const publishing = [1, 2, 3].map(() => client.publish('t', '', qos1));
    expect(await peer.received()).toHaveLength(2);
    expect(client.stats()).toMatchObject({ inFlightOut: 2, queuedOut: 1 });
    peer.ack('puback', 1);
    peer.ack('puback', 2);
    await peer.expect('publish', { packetId: 3 });
    peer.ack('puback', 3);
    expect(await Promise.all(publishing)).toMatchObject([{ matched: undefined }, {}, {}]);
  });

  it('12: a full window delays neither QoS 0 nor SUBSCRIBE nor acknowledgements nor PINGREQ', async () => {
    const { client, peer, clock } = await new ScriptedPeer(cut).connected(
      { keepAlive: 10 },
      { properties: { receiveMaximum: 1 } },
    );
    void client.publish('t', '', qos1).catch(() => undefined);
    void client.publish('t', '', qos1).catch(() => undefined);
    await peer.expect('publish', { packetId: 1 });
    await client.publish('zero');
    await peer.expect('publish', { topic: 'zero' });
    const subscribing = client.subscribe('a');
    const { packetId } = await peer.expect('subscribe');
    peer.send({ type: 'suback', packetId, reasonCodes: [0] });
    await subscribing;
    peer.publish({ packetId: 9 });
    const { value } = await client.messages().next();
    expect(await value!.ack()).toBe('sent');
    await peer.expect('puback', { packetId: 9 });
    await clock.advance('10s');
    await peer.expect('pingreq');
  });

  it('13: PUBACK with any code, PUBCOMP and a refusing PUBREC free the slot; a PUBREC that goes on does not', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({}, { properties: { receiveMaximum: 1 } });
    const outcomes = Promise.allSettled([
      client.publish('a', '', qos1),
      client.publish('b', '', qos2),
      client.publish('c', '', qos2),
      client.publish('d', '', qos1),
    ]);
    await peer.expect('publish', { topic: 'a', packetId: 1 });
    peer.ack('puback', 1, 0x87);
    await peer.expect('publish', { topic: 'b', packetId: 2 });
    peer.ack('pubrec', 2, 0x97);
    await peer.expect('publish', { topic: 'c', packetId: 3 });
    peer.ack('pubrec', 3);
    await peer.expect('pubrel', { packetId: 3 });
    await peer.expectNothing();
    peer.ack('pubcomp', 3);
    await peer.expect('publish', { topic: 'd', packetId: 4 });
    peer.ack('puback', 4);
    expect((await outcomes).map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('13: answers that answer nothing never raise the number of slots', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({}, { properties: { receiveMaximum: 1 } });
    const first = client.publish('t', '', qos1);
    await peer.expect('publish');
    peer.ack('puback', 1);
    peer.ack('puback', 1);
    peer.ack('pubcomp', 1);
    await first;
    void client.publish('t', '', qos1).catch(() => undefined);
    void client.publish('t', '', qos1).catch(() => undefined);
    await peer.expect('publish');
    await peer.expectNothing();
    expect(client.stats().ignored).toBe(2);
  });

  it('14: a refused QoS 2 publish gets no PUBREL, and its identifier is free', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const publishing = client.publish('t', '', qos2);
    await peer.expect('publish', { packetId: 1 });
    peer.ack('pubrec', 1, 0x97, { reasonString: 'too much' });
    const error = await publishing.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NegativeAckError);
    expect(error).toMatchObject({ packet: 'pubrec', reasonCodes: [0x97], reasonString: 'too much' });
    expect((error as Error).message).toContain('too much');
    await peer.expectNothing();
    peer.ack('pubrec', 1);
    await peer.expect('pubrel', { packetId: 1, reasonCode: 0x92 });
  });

  it('16: on MQTT 3.1.1 that PUBREL has no code', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ protocol: 4 });
    peer.ack('pubrec', 7);
    await peer.expect('pubrel', { packetId: 7, reasonCode: 0 });
    expect(client.state.state).toBe('connected');
  });

  it('17: PUBACK twice in one segment, or for nothing, is counted and harms nobody', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const publishing = client.publish('t', '', qos1);
    await peer.expect('publish');
    const puback = { type: 'puback', packetId: 1, reasonCode: 0 } as const;
    peer.send(puback, puback, { ...puback, packetId: 99 });
    await publishing;
    expect(client.stats().ignored).toBe(2);
    const next = client.publish('t', '', qos1);
    const { packetId } = await peer.expect('publish');
    peer.ack('puback', packetId!);
    await next;
  });

  it.each([
    ['PUBACK for a QoS 2 publish', 'puback', 2],
    ['PUBCOMP before PUBREL', 'pubcomp', 2],
    ['PUBREC for a QoS 1 publish', 'pubrec', 1],
    ['PUBCOMP for a QoS 1 publish', 'pubcomp', 1],
  ] as const)('18: %s ends the connection with 0x82', async (_, type, qos) => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const publishing = expect(client.publish('t', '', { qos })).rejects.toBeInstanceOf(ConnectionLostError);
    await peer.expect('publish');
    peer.ack(type, 1);
    await publishing;
    await peer.expect('disconnect', { reasonCode: 0x82 });
    await peer.expectClosed();
  });

  it('18: SUBACK for a publish and PUBACK for a SUBSCRIBE end the connection with 0x82', async () => {
    const first = await new ScriptedPeer(cut).connected();
    const publishing = expect(first.client.publish('t', '', qos1)).rejects.toThrow('stands for a PUBLISH');
    await first.peer.expect('publish');
    first.peer.send({ type: 'suback', packetId: 1, reasonCodes: [0] });
    await publishing;
    await first.peer.expect('disconnect', { reasonCode: 0x82 });

    const second = await new ScriptedPeer(cut).connected();
    const subscribing = expect(second.client.subscribe('t')).rejects.toThrow('stands for a SUBSCRIBE');
    await second.peer.expect('subscribe');
    second.peer.ack('puback', 1);
    await subscribing;
    await second.peer.expect('disconnect', { reasonCode: 0x82 });
  });

  it('21: an abort before the bytes left takes the publish back; after, the slot stays taken until the answer', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({}, { properties: { receiveMaximum: 1 } });
    const [onWire, waiting] = [new AbortController(), new AbortController()];
    const sent = client.publish('sent', '', { ...qos1, signal: onWire.signal });
    const held = client.publish('held', '', { ...qos1, signal: waiting.signal });
    const last = client.publish('last', '', qos1);
    await peer.expect('publish', { topic: 'sent' });
    waiting.abort(new Error('no longer'));
    onWire.abort(new Error('no longer either'));
    await expect(held).rejects.toThrow('no longer');
    await expect(sent).rejects.toThrow('no longer either');
    await peer.expectNothing();
    expect(client.stats()).toMatchObject({ inFlightOut: 1, queuedOut: 1 });
    peer.ack('puback', 1);
    await peer.expect('publish', { topic: 'last' });
    peer.ack('puback', 2);
    await last;
  });

  it('23: what the server cannot take is refused here: no packet, no identifier, and the connection stays', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected(
      {},
      { properties: { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 100 } },
    );
    const refusals = await Promise.all(
      [
        client.publish('t', '', qos2),
        client.publish('t', '', { retain: true }),
        client.publish('t', 'x'.repeat(100)),
        client.publish('t', '', { ...qos1, userProperties: [['name', 'x'.repeat(100)]] }),
        client.subscribe('x'.repeat(100)),
        client.unsubscribe('x'.repeat(100)),
      ].map((refused) => refused.catch((error: unknown) => error)),
    );
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(LimitError);
    expect(refusals.map((refusal) => (refusal as LimitError).limit)).toEqual([
      'qos',
      'retain',
      'packet-size',
      'packet-size',
      'packet-size',
      'packet-size',
    ]);
    await peer.expectNothing();
    const publishing = client.publish('t', 'x'.repeat(90), qos1);
    await peer.expect('publish', { packetId: 1 });
    peer.ack('puback', 1);
    await publishing;
  });

  it.each(['a/#', 'a/+/b', 'a\0b', 'a\ud800b', 'x'.repeat(65_536), ''])(
    '24: an illegal topic rejects, and the connection stays (%#)',
    async (topic) => {
      const { client, peer } = await new ScriptedPeer(cut).connected();
      for (const qos of [0, 1] as const) {
        await expect(client.publish(topic, '', { qos })).rejects.toBeInstanceOf(InvalidPacketError);
      }
      await peer.expectNothing();
      const publishing = client.publish('fine', '', qos1);
      await peer.expect('publish', { topic: 'fine', packetId: 1 });
      peer.ack('puback', 1);
      await publishing;
    },
  );
});

it('20: identifiers go round and skip those in use; publishes wait when all are, and SUBSCRIBE is refused', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const publishing = Array.from({ length: 65_536 }, () => client.publish('t', '', qos1));
  const sent = await peer.received();
  expect(sent).toHaveLength(65_535);
  expect(client.stats()).toMatchObject({ inFlightOut: 65_535, queuedOut: 1 });
  await expect(client.subscribe('a')).rejects.toMatchObject({ kind: 'limit', limit: 'packet-ids' });

  peer.ack('puback', 40_000);
  await peer.expect('publish', { packetId: 40_000 });
  for (let packetId = 1; packetId <= 65_535; packetId++) peer.ack('puback', packetId);
  await Promise.all(publishing);
  const next = client.publish('t', '', qos1);
  await peer.expect('publish', { packetId: 40_001 });
  peer.ack('puback', 40_001);
  await next;
});

it('24: an illegal publish is refused at once, also while the window is full', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { receiveMaximum: 1 } });
  void client.publish('t', '', qos1).catch(() => undefined);
  await expect(client.publish('a/#', '', qos1)).rejects.toBeInstanceOf(InvalidPacketError);
  expect(await peer.received()).toHaveLength(1);
  expect(client.stats().queuedOut).toBe(0);
});

it.each([{}, { maximumPacketSize: 1_000 }])(
  'arguments of the wrong type are one sentence, whatever the server allows (%j)',
  async (properties) => {
    const { client, peer } = await new ScriptedPeer().connected({}, { properties });
    const wrong = (value: unknown) => value as never;
    const refused = async (request: Promise<unknown>, sentence: string) =>
      expect(request).rejects.toMatchObject({ kind: 'invalid-packet', message: sentence });
    await refused(client.publish(wrong(undefined)), 'The topic must be a string, not undefined.');
    await refused(
      client.publish('t', wrong(null)),
      'The payload must be a string or a Uint8Array, not null.',
    );
    await refused(
      client.publish('t', wrong({})),
      'The payload must be a string or a Uint8Array, not of type object.',
    );
    await refused(client.publish('t', '', { qos: wrong(3) }), 'qos must be 0, 1 or 2, not 3.');
    await refused(client.publish('t', '', { qos: wrong('1') }), "qos must be 0, 1 or 2, not '1'.");
    const noFilter = 'A filter must be a string, or an object with a string as its filter, not';
    await refused(client.subscribe(wrong(undefined)), `${noFilter} undefined.`);
    await refused(client.subscribe([wrong({ topic: 'a' })]), `${noFilter} an object (Object).`);
    await refused(
      client.unsubscribe(wrong(undefined)),
      'A filter of UNSUBSCRIBE must be a string, not undefined.',
    );
    await peer.expectNothing();
    expect(client.state.state).toBe('connected');
  },
);

it('a signal that was aborted before sends nothing', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const signal = AbortSignal.abort(new Error('too late'));
  await expect(client.publish('t', '', { signal })).rejects.toThrow('too late');
  await expect(client.subscribe('t', { signal })).rejects.toThrow('too late');
  await expect(client.unsubscribe('t', { signal })).rejects.toThrow('too late');
  await peer.expectNothing();
});

it('a lost connection rejects what waits, and says what may have arrived', async () => {
  const { client, peer } = await new ScriptedPeer().connected({}, { properties: { receiveMaximum: 1 } });
  const requests = [
    client.publish('sent', '', qos1),
    client.publish('held', '', qos1),
    client.subscribe('s'),
  ];
  const errors = Promise.all(requests.map((request) => request.catch((error: unknown) => error)));
  await peer.received();
  peer.cut();
  expect(await errors).toMatchObject([
    { kind: 'connection-lost', maybeDelivered: true, disconnection: { by: 'network' } },
    { kind: 'connection-lost', maybeDelivered: false },
    { kind: 'connection-lost', maybeDelivered: true },
  ]);
  const late = await client.publish('late').catch((error: unknown) => error);
  expect(late).toBeInstanceOf(ConnectionLostError);
});

it('publishes wait while the socket is full, and QoS 0 too', async () => {
  const { client, peer, clock } = await new ScriptedPeer().connected();
  peer.stopReading();
  const big = new Uint8Array(70_000);
  await client.publish('fills', big);
  let resolved = false;
  const waiting = client.publish('waits', big).then(() => {
    resolved = true;
  });
  const withdrawn = new AbortController();
  const given = client.publish('given-up', big, { signal: withdrawn.signal });
  withdrawn.abort(new Error('enough'));
  await expect(given).rejects.toThrow('enough');
  await clock.settle();
  expect(resolved).toBe(false);
  expect(client.stats().queuedOut).toBe(1);

  peer.goOnReading();
  await waiting;
  await peer.expect('publish', { topic: 'fills' });
  await peer.expect('publish', { topic: 'waits' });
  await peer.expectNothing();
});

it('close() rejects what waits with ClosedError', async () => {
  const { client } = await new ScriptedPeer().connected();
  const publishing = expect(client.publish('t', '', qos1)).rejects.toBeInstanceOf(ClosedError);
  await client.close();
  await publishing;
  await expect(client.publish('t')).rejects.toBeInstanceOf(ClosedError);
});

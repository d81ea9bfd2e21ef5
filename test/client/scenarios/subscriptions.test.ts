import { expect, it } from 'vitest';
import { InvalidPacketError, LimitError, NegativeAckError } from '../../../src/client/index.js';
import { everyCut, ScriptedPeer } from '../../support/scripted-peer.js';

everyCut((cut) => {
  it('subscribes with the options asked for, or the defaults', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const subscribing = client.subscribe(
      [
        'a/#',
        { filter: 'b', maximumQoS: 1, noLocal: true, retainAsPublished: true, retainHandling: 'never' },
      ],
      { id: 5, userProperties: [['k', 'v']] },
    );
    const { packetId } = await peer.expect('subscribe', {
      subscriptions: [
        { filter: 'a/#', maximumQoS: 2, noLocal: false, retainAsPublished: false, retainHandling: 'send' },
        { filter: 'b', maximumQoS: 1, noLocal: true, retainAsPublished: true, retainHandling: 'never' },
      ],
      properties: { subscriptionIdentifier: 5, userProperties: [['k', 'v']] },
    });
    peer.send({ type: 'suback', packetId, reasonCodes: [1, 0] });
    expect(await subscribing).toEqual([
      { filter: 'a/#', reasonCode: 1, qos: 1 },
      { filter: 'b', reasonCode: 0, qos: 0 },
    ]);
  });

  it('49: a refused filter rejects with the code of each, or is told if asked for', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const throwing = client.subscribe(['a', 'b']);
    const returning = client.subscribe(['c', 'd'], { partial: 'return' });
    await peer.expect('subscribe', { packetId: 1 });
    await peer.expect('subscribe', { packetId: 2 });
    peer.send({
      type: 'suback',
      packetId: 1,
      reasonCodes: [0, 0x87],
      properties: { reasonString: 'not yours' },
    });
    peer.send({ type: 'suback', packetId: 2, reasonCodes: [0x8f, 2] });
    const error = await throwing.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NegativeAckError);
    expect(error).toMatchObject({ packet: 'suback', reasonCodes: [0, 0x87], reasonString: 'not yours' });
    expect((error as Error).message).toBe('The server refused to subscribe "b" (Not authorized): not yours.');
    expect(await returning).toEqual([
      { filter: 'c', reasonCode: 0x8f, qos: undefined },
      { filter: 'd', reasonCode: 2, qos: 2 },
    ]);
  });

  it('49: UNSUBACK resolves for what is gone, and rejects for what is refused', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    const gone = client.unsubscribe(['a', 'b']);
    const refused = client.unsubscribe('c');
    await peer.expect('unsubscribe', { packetId: 1, filters: ['a', 'b'] });
    await peer.expect('unsubscribe', { packetId: 2 });
    peer.send({ type: 'unsuback', packetId: 1, reasonCodes: [0, 0x11] });
    peer.send({ type: 'unsuback', packetId: 2, reasonCodes: [0x87] });
    expect(await gone).toEqual([
      { filter: 'a', reasonCode: 0, qos: undefined },
      { filter: 'b', reasonCode: 0x11, qos: undefined },
    ]);
    await expect(refused).rejects.toMatchObject({ packet: 'unsuback', reasonCodes: [0x87] });
  });

  it('49: MQTT 3.1.1 refuses a filter with 0x80, and answers UNSUBSCRIBE without codes', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected({ protocol: 4 });
    const refused = client.subscribe('a');
    const gone = client.unsubscribe('a');
    await peer.received();
    peer.send(
      { type: 'suback', packetId: 1, reasonCodes: [0x80] },
      { type: 'unsuback', packetId: 2, reasonCodes: [] },
    );
    await expect(refused).rejects.toMatchObject({ reasonCodes: [0x80] });
    expect(await gone).toEqual([{ filter: 'a', reasonCode: 0, qos: undefined }]);
  });

  it('an answer to nothing is counted; one to the other request is an error', async () => {
    const { client, peer } = await new ScriptedPeer(cut).connected();
    peer.send(
      { type: 'suback', packetId: 9, reasonCodes: [0] },
      { type: 'unsuback', packetId: 9, reasonCodes: [0] },
    );
    await peer.expectNothing();
    expect(client.stats().ignored).toBe(2);
    const asking = expect(client.unsubscribe('a')).rejects.toThrow('stands for a UNSUBSCRIBE');
    await peer.received();
    peer.send({ type: 'suback', packetId: 1, reasonCodes: [0] });
    await asking;
  });
});

it('51: what the server does not have is refused here', async () => {
  const { client, peer } = await new ScriptedPeer().connected(
    {},
    {
      properties: {
        wildcardSubscriptionAvailable: false,
        sharedSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
      },
    },
  );
  const refusals = [
    client.subscribe('a/#'),
    client.subscribe('$share/g/a'),
    client.subscribe('a', { id: 1 }),
  ];
  const errors = await Promise.all(refusals.map((refused) => refused.catch((error: unknown) => error)));
  expect(errors.map((error) => (error as LimitError).limit)).toEqual([
    'wildcard',
    'shared',
    'subscription-id',
  ]);
  await peer.expectNothing();
});

it('51: noLocal on a shared subscription, an illegal filter and no filter at all are mistakes', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const mistakes = [
    client.subscribe({ filter: '$share/g/a', noLocal: true }),
    client.subscribe('a/b#'),
    client.subscribe([]),
    client.unsubscribe([]),
    client.subscribe('a', { id: 0 }),
  ];
  for (const mistake of mistakes) await expect(mistake).rejects.toBeInstanceOf(InvalidPacketError);
  await peer.expectNothing();
  const subscribing = client.subscribe('a');
  await peer.expect('subscribe', { packetId: 1 });
  peer.send({ type: 'suback', packetId: 1, reasonCodes: [0] });
  await subscribing;
});

it('a signal ends the wait for SUBACK; the identifier stays taken until it came', async () => {
  const { client, peer } = await new ScriptedPeer().connected();
  const abort = new AbortController();
  const subscribing = client.subscribe('a', { signal: abort.signal });
  await peer.expect('subscribe', { packetId: 1 });
  abort.abort(new Error('waited enough'));
  await expect(subscribing).rejects.toThrow('waited enough');
  peer.send({ type: 'suback', packetId: 1, reasonCodes: [0] });
  await peer.expectNothing();
  expect(client.stats().ignored).toBe(0);
  expect(client.state.state).toBe('connected');
});

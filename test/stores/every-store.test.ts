import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionStore, StoredOutbound } from '../../src/session/session-store.js';
import { found, type Place, places } from '../support/stores/places.js';
import { outbound, subscription } from '../support/stores/samples.js';

const nothing = { outbound: [], inboundQos2: [], subscriptions: [], lastPacketId: 0, damaged: [] };

describe.each(places)('a session store $name', ({ make }) => {
  /** A place, and a store of it that holds the session of `clientId`. */
  async function loaded(clientId = 'c'): Promise<{ place: Place; store: SessionStore }> {
    const place = await make();
    const store = await place.open();
    await store.load(clientId);
    onTestFinished(() => store.close());
    return { place, store };
  }

  it('has nothing at first', async () => {
    expect(await found(await make())).toEqual(nothing);
  });

  it('gives back what the client before it left', async () => {
    const { place, store } = await loaded();
    const full = outbound(7, {
      seq: 3,
      topic: 'søcks/✓',
      payload: Uint8Array.from({ length: 300 }, (_, index) => index & 0xff),
      qos: 1,
      retain: true,
      properties: {
        payloadFormat: 'utf8',
        messageExpiryInterval: 60,
        contentType: 'text/plain',
        responseTopic: 'answers',
        correlationData: Uint8Array.of(255, 0, 156, 65),
        userProperties: [
          ['a', '1'],
          ['a', '2'],
        ],
      },
    });
    const released = outbound(65_535, { seq: 1, phase: 'pubrel', payload: new Uint8Array(0) });
    await store.putOutbound(full);
    await store.putOutbound(released);
    await store.addInbound(65_535);
    await store.addInbound(2);
    await store.putSubscriptions([subscription('a/+', 9), subscription('$share/g/#')]);
    await store.putClient({ clientId: 'c', lastPacketId: 65_535 });
    await store.close();
    expect(await found(place)).toEqual({
      outbound: [released, full],
      inboundQos2: [2, 65_535],
      subscriptions: [subscription('a/+', 9), subscription('$share/g/#')],
      lastPacketId: 65_535,
      damaged: [],
    });
  });

  it('keeps bytes that the caller uses again afterwards', async () => {
    const { place, store } = await loaded();
    const payload = Uint8Array.of(1, 2, 3);
    const stored = store.putOutbound(outbound(1, { payload }));
    payload.fill(9);
    await stored;
    await store.close();
    expect((await found(place)).outbound[0]?.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('keeps correlation data that came as a Buffer', async () => {
    const { place, store } = await loaded();
    await store.putOutbound(outbound(1, { properties: { correlationData: Buffer.from([255, 1]) } }));
    await store.close();
    const [kept] = (await found(place)).outbound;
    expect([...(kept?.properties.correlationData ?? [])]).toEqual([255, 1]);
  });

  it('replaces the publish with the same packet identifier', async () => {
    const { place, store } = await loaded();
    await store.putOutbound(outbound(1));
    await store.putOutbound(outbound(1, { phase: 'pubrel', seq: 8 }));
    await store.close();
    expect((await found(place)).outbound).toEqual([outbound(1, { phase: 'pubrel', seq: 8 })]);
  });

  it('orders publishes by the order in which they left, not by their identifiers', async () => {
    const { place, store } = await loaded();
    const order = [
      [65_534, 1],
      [10, 4],
      [9, 3],
      [65_535, 2],
    ] as const;
    for (const [packetId, seq] of order) await store.putOutbound(outbound(packetId, { seq }));
    await store.close();
    expect((await found(place)).outbound.map(({ packetId }) => packetId)).toEqual([65_534, 65_535, 9, 10]);
  });

  it('applies calls that nobody waited for in between in their order', async () => {
    const { place, store } = await loaded();
    await Promise.all([
      store.putOutbound(outbound(1)),
      store.deleteOutbound(1),
      store.addInbound(5),
      store.deleteInbound(5),
      store.addInbound(5),
      store.putOutbound(outbound(2)),
      store.replace({ outbound: [outbound(3)], subscriptions: [] }),
      store.addInbound(6),
    ]);
    await store.close();
    expect(await found(place)).toMatchObject({ outbound: [outbound(3)], inboundQos2: [6] });
  });

  it('takes what is deleted twice, or was never there', async () => {
    const { place, store } = await loaded();
    await store.deleteOutbound(1);
    await store.addInbound(1);
    await store.addInbound(1);
    await store.deleteInbound(1);
    await store.deleteInbound(1);
    await store.close();
    expect(await found(place)).toEqual(nothing);
  });

  it('replaces all subscriptions', async () => {
    const { place, store } = await loaded();
    await store.putSubscriptions([subscription('a'), subscription('b')]);
    await store.putSubscriptions([subscription('c')]);
    await store.close();
    expect((await found(place)).subscriptions).toEqual([subscription('c')]);
  });

  it('replaces everything, and goes on', async () => {
    const { place, store } = await loaded();
    await store.putOutbound(outbound(1));
    await store.addInbound(1);
    await store.putSubscriptions([subscription('a')]);
    await store.putClient({ clientId: 'c', lastPacketId: 1 });
    const kept = subscription('b');
    await store.replace({ outbound: [outbound(7)], subscriptions: [kept] });
    await store.putOutbound(outbound(2));
    await store.close();
    expect(await found(place)).toEqual({
      ...nothing,
      outbound: [outbound(2), outbound(7)],
      subscriptions: [kept],
    });
  });

  it('replaces everything by nothing', async () => {
    const { place, store } = await loaded();
    await store.putOutbound(outbound(1));
    await store.putClient({ clientId: 'c', lastPacketId: 1 });
    await store.replace({ outbound: [], subscriptions: [] });
    await store.close();
    expect(await found(place)).toEqual(nothing);
  });

  it.each(['d', '', 'c/d', 'c0', 'c-', '../c', 'ç😀', 'session/c/'])(
    'keeps the client "%s" apart from the client "c"',
    async (other) => {
      const { place, store } = await loaded('c');
      await store.putOutbound(outbound(1));
      await store.close();
      const second = await place.open();
      expect(await second.load(other)).toEqual(nothing);
      await second.addInbound(4);
      await second.close();
      expect(await found(place, 'c')).toMatchObject({ outbound: [outbound(1)], inboundQos2: [] });
      expect(await found(place, other)).toMatchObject({ outbound: [], inboundQos2: [4] });
    },
  );

  it('moves to the identifier that the server chose, over what that one had', async () => {
    const { place, store } = await loaded('chosen');
    await store.addInbound(77);
    await store.close();
    const nameless = await place.open();
    await nameless.load('');
    await nameless.putOutbound(outbound(1));
    const moving = [
      nameless.putOutbound(outbound(2)),
      nameless.putClient({ clientId: 'chosen', lastPacketId: 2 }),
      nameless.putOutbound(outbound(3)),
    ];
    await Promise.all(moving);
    await nameless.close();
    expect(await found(place, '')).toEqual(nothing);
    expect(await found(place, 'chosen')).toEqual({
      ...nothing,
      outbound: [outbound(1), outbound(2), outbound(3)],
      lastPacketId: 2,
    });
  });

  it('serves one client at a time', async () => {
    const { place, store } = await loaded();
    await expect((await place.open()).load('c')).rejects.toMatchObject({
      name: 'SessionStoreError',
      kind: 'session-store',
      problem: 'in-use',
    });
    await expect(store.load('d')).rejects.toMatchObject({ problem: 'in-use' });
  });

  it('refuses what is asked of it before it was loaded, and after it was closed', async () => {
    const place = await make();
    const store = await place.open();
    await expect(store.addInbound(1)).rejects.toMatchObject({ problem: 'closed' });
    await store.load('c');
    await store.close();
    for (const late of [
      store.putOutbound(outbound(1)),
      store.deleteOutbound(1),
      store.addInbound(1),
      store.deleteInbound(1),
      store.putSubscriptions([]),
      store.putClient({ clientId: 'c', lastPacketId: 1 }),
      store.replace({ outbound: [], subscriptions: [] }),
    ]) {
      await expect(late).rejects.toMatchObject({ problem: 'closed' });
    }
  });

  it('can be closed twice, at once, and with calls under way', async () => {
    const { place, store } = await loaded();
    const stored = store.putOutbound(outbound(1));
    await Promise.all([store.close(), store.close(), stored]);
    await store.close();
    expect((await found(place)).outbound).toEqual([outbound(1)]);
  });

  it('can be loaded again after it was closed, also by the client of another identifier', async () => {
    const { store } = await loaded('c');
    await store.addInbound(1);
    const closed = store.close();
    expect((await Promise.all([closed, store.load('d')]))[1]).toEqual(nothing);
    await store.close();
    expect((await store.load('c')).inboundQos2).toEqual([1]);
  });

  it('agrees with a model of it, whatever is called in whatever order', async () => {
    const id = fc.integer({ min: 1, max: 6 });
    const call = fc.oneof(
      fc.record({
        do: fc.constant('put' as const),
        id,
        seq: fc.nat(99),
        payload: fc.uint8Array({ maxLength: 40 }),
      }),
      fc.record({ do: fc.constantFrom('delete', 'add', 'remove', 'client'), id }),
      fc.record({ do: fc.constantFrom('reopen', 'wait'), id }),
      fc.record({
        do: fc.constant('replace' as const),
        ids: fc.uniqueArray(id, { maxLength: 3 }),
        filters: fc.array(fc.constantFrom('a', 'b/+', '#'), { maxLength: 3 }),
      }),
      fc.record({
        do: fc.constant('subscribe' as const),
        filters: fc.array(fc.constantFrom('a', 'b/+', '#'), { maxLength: 3 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
        const place = await make();
        let store = await place.open();
        await store.load('c');
        const out = new Map<number, StoredOutbound>();
        const inbound = new Set<number>();
        let filters: readonly string[] = [];
        let lastPacketId = 0;
        let running: Promise<void>[] = [];
        for (const one of calls) {
          switch (one.do) {
            case 'put': {
              const record = outbound(one.id, { seq: one.seq * 10 + one.id, payload: one.payload });
              out.set(one.id, record);
              running.push(store.putOutbound(record));
              break;
            }
            case 'delete':
              out.delete(one.id);
              running.push(store.deleteOutbound(one.id));
              break;
            case 'add':
              inbound.add(one.id);
              running.push(store.addInbound(one.id));
              break;
            case 'remove':
              inbound.delete(one.id);
              running.push(store.deleteInbound(one.id));
              break;
            case 'client':
              lastPacketId = one.id;
              running.push(store.putClient({ clientId: 'c', lastPacketId }));
              break;
            case 'subscribe':
              filters = one.filters;
              running.push(store.putSubscriptions(filters.map((filter) => subscription(filter))));
              break;
            case 'replace': {
              out.clear();
              for (const each of one.ids) out.set(each, outbound(each));
              inbound.clear();
              filters = one.filters;
              lastPacketId = 0;
              const subscriptions = filters.map((filter) => subscription(filter));
              running.push(store.replace({ outbound: [...out.values()], subscriptions }));
              break;
            }
            case 'wait':
              await Promise.all(running.splice(0));
              break;
            case 'reopen':
              await store.close();
              store = await place.open();
              await store.load('c');
              break;
          }
        }
        await store.close();
        await Promise.all(running);
        running = [];
        expect(await found(place)).toEqual({
          outbound: [...out.values()].sort((one, other) => one.seq - other.seq),
          inboundQos2: [...inbound].sort(),
          subscriptions: filters.map((filter) => subscription(filter)),
          lastPacketId,
          damaged: [],
        });
      }),
      { numRuns: 40, seed: 20_261_123 },
    );
  });
});

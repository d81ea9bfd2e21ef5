import { type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must } from '../../../support/scenarios/scene.js';

export const subscribing: readonly Scenario[] = [
  scenario(
    49,
    'SUBACK or UNSUBACK with another count: 0x82; refused filters are told, and not subscribed again',
    async (scene) => {
      const { client, peer } = await scene.connected();
      const refused = client.unsubscribe(['a']);
      const { packetId } = await peer.expect('unsubscribe');
      peer.send({ type: 'unsuback', packetId, reasonCodes: [0x87] });
      await scene.settle();
      must(refused.state === 'rejected', 'resolves for UNSUBACK 0x87');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const partial = client.subscribe([{ filter: 'a' }, { filter: 'b' }]);
      const { packetId } = await peer.expect('subscribe');
      peer.suback(packetId, 2, 0x87);
      await scene.settle();
      must(partial.state === 'rejected' && partial.reasonCode === 0x87, 'does not tell the refused filter');
      peer.cut();
      const { peer: again } = await scene.reconnected(false);
      const { subscriptions } = await again.expect('subscribe');
      must(
        subscriptions.map(({ filter }) => filter).join() === 'a',
        'subscribes to the refused filter again',
      );
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const asking = client.subscribe([{ filter: 'a' }, { filter: 'b' }]);
      const { packetId } = await peer.expect('subscribe');
      peer.suback(packetId, 0);
      await peer.expectDisconnect(0x82);
      must(asking.state === 'rejected', 'the subscribe never settles');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      client.unsubscribe(['a', 'b']);
      const { packetId } = await peer.expect('unsubscribe');
      peer.send({ type: 'unsuback', packetId, reasonCodes: [0] });
      await peer.expectDisconnect(0x82);
    },
  ),

  scenario(
    50,
    'Session lost: subscribed again once, with options and identifiers, within the packet size; resumed: not at all',
    async (scene) => {
      const { client, peer } = await scene.connected();
      client.subscribe([{ filter: 'a', maximumQoS: 1, noLocal: true }], { id: 7 });
      peer.suback((await peer.expect('subscribe')).packetId, 1);
      client.subscribe([{ filter: 'gone' }]);
      peer.suback((await peer.expect('subscribe')).packetId, 1);
      client.unsubscribe(['gone']);
      const { packetId } = await peer.expect('unsubscribe');
      peer.send({ type: 'unsuback', packetId, reasonCodes: [0] });
      await scene.settle();
      peer.cut();
      const resumed = await scene.reconnected(true);
      const sent = await resumed.peer.received();
      must(sent.length === 0, 'subscribes again although the session is there');
      resumed.peer.cut();
      const lost = await scene.reconnected(false);
      const { subscriptions, properties } = await lost.peer.expect('subscribe');
      const shown = subscriptions.map(
        ({ filter, maximumQoS, noLocal }) => `${filter} ${maximumQoS} ${noLocal}`,
      );
      must(shown.join() === 'a 1 true', `subscribes again to ${shown.join()}`);
      must(properties?.subscriptionIdentifier === 7, 'leaves the subscription identifier out');
      must(subscriptions[0]!.retainHandling !== 'send', 'asks for the retained messages again');
      await lost.peer.expectNothing();
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const filters = Array.from({ length: 20 }, (_, n) => ({ filter: `a/rather/long/filter/${n}` }));
      client.subscribe(filters);
      const { packetId } = await peer.expect('subscribe');
      peer.suback(packetId, ...filters.map(() => 0));
      await scene.settle();
      peer.cut();
      const { peer: again } = await scene.reconnected(false, { maximumPacketSize: 200 });
      const sent: string[] = [];
      for (let packets = await again.received(); packets.length > 0; packets = await again.received()) {
        for (const packet of packets) {
          if (packet.type !== 'subscribe') continue;
          const size = packet.subscriptions.reduce((sum, { filter }) => sum + filter.length + 3, 5);
          must(size <= 200, `sends SUBSCRIBE of ${size} bytes, of which the server takes 200`);
          sent.push(...packet.subscriptions.map(({ filter }) => filter));
          again.suback(packet.packetId, ...packet.subscriptions.map(() => 0));
        }
      }
      must(sent.length === 20, `subscribes to ${sent.length} of 20 filters again`);
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      client.subscribe([{ filter: 'kept' }]);
      peer.suback((await peer.expect('subscribe')).packetId, 0);
      client.subscribe([{ filter: 'gone' }]);
      peer.suback((await peer.expect('subscribe')).packetId, 0);
      await scene.settle();
      peer.cut();
      await scene.settle();
      const leaving = client.unsubscribe(['gone']);
      const { peer: again } = await scene.reconnected(false);
      for (const packet of await again.received()) {
        if (packet.type === 'unsubscribe')
          again.send({ type: 'unsuback', packetId: packet.packetId, reasonCodes: [0x11] });
        if (packet.type !== 'subscribe') continue;
        const filters = packet.subscriptions.map(({ filter }) => filter).join();
        must(filters === 'kept', `subscribes to ${filters} although one was given up while offline`);
      }
      await scene.settle();
      must(leaving.state !== 'pending', 'the unsubscribe never settles');
    },
    async (scene) => {
      const { client, peer } = await scene.connected();
      const asking = client.subscribe([{ filter: 'a' }]);
      await peer.expect('subscribe');
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      const sent = await again.received();
      must(sent.length <= 1, `sends ${sent.length} SUBSCRIBE for one call`);
      const [packet] = sent;
      if (packet?.type === 'subscribe') again.suback(packet.packetId, 0);
      await scene.settle();
      must(asking.state !== 'pending', 'the subscribe never settles');
    },
  ),

  scenario(
    51,
    'No wildcards, shared subscriptions or identifiers on the server; noLocal on a shared one: refused here',
    async (scene) => {
      const { client, peer } = await scene.connected(
        {},
        {
          wildcardSubscriptionAvailable: false,
          sharedSubscriptionAvailable: false,
          subscriptionIdentifiersAvailable: false,
        },
      );
      const refusals = [
        client.subscribe([{ filter: 'a/#' }]),
        client.subscribe([{ filter: '$share/g/a' }]),
        client.subscribe([{ filter: 'a' }], { id: 1 }),
        client.subscribe([{ filter: '$share/g/b', noLocal: true }]),
      ];
      await scene.settle();
      const sent = await peer.received();
      must(sent.length === 0, `sends ${sent.length} of 4 SUBSCRIBE that the server excluded`);
      must(
        refusals.every(({ state }) => state === 'rejected'),
        'the subscribes never settle',
      );
    },
  ),
];

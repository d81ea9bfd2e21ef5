import type { PublishPacket } from '../../../../src/packets/packet.js';
import { once, type Scenario, scenario } from '../../../support/scenarios/scenario.js';
import { must, type Scene } from '../../../support/scenarios/scene.js';
import { publish } from '../../../support/scripted-peer.js';

const byHand = { acknowledge: 'by hand' } as const;
const message = (packetId: number, qos: 1 | 2, more: Partial<PublishPacket> = {}) =>
  publish({ packetId, qos, ...more });

const refusedAlias =
  (properties: { topicAlias: number }, topic: string, ...reasonCodes: number[]) =>
  async (scene: Scene) => {
    const { client, peer } = await scene.connected({ inboundAliases: properties.topicAlias > 5 ? 5 : 10 });
    peer.send(publish({ topic, properties }));
    await scene.settle();
    must(
      client.inbox.length === 0,
      `delivers a message with ${topic ? 'an alias that is too high' : 'an alias that nothing stands for'}`,
    );
    await peer.expectDisconnect(...reasonCodes);
  };

export const receiving: readonly Scenario[] = [
  // [MQTT-4.3.3-10] [MQTT-4.3.3-11]
  scenario(33, 'QoS 2 repeated before PUBREL: delivered once; after PUBREC: PUBREC again', async (scene) => {
    const { client, peer } = await scene.connected();
    peer.send(message(1, 2));
    await peer.expect('pubrec', { packetId: 1 });
    peer.send(message(1, 2, { duplicate: true }));
    await peer.expect('pubrec', { packetId: 1 });
    peer.ack('pubrel', 1);
    await peer.expect('pubcomp', { packetId: 1 });
    must(client.inbox.length === 1, `delivers it ${client.inbox.length} times`);
  }),

  // [MQTT-4.3.3-12]
  scenario(
    34,
    'After PUBCOMP the identifier means a new message; with another QoS while in use: DISCONNECT 0x82',
    async (scene) => {
      const { client, peer } = await scene.connected();
      for (const topic of ['first', 'second']) {
        peer.send(message(1, 2, { topic }));
        await peer.expect('pubrec');
        peer.ack('pubrel', 1);
        await peer.expect('pubcomp');
      }
      must(client.inbox.map(({ topic }) => topic).join() === 'first,second', 'does not deliver the second');
    },
    async (scene) => {
      const { peer } = await scene.connected();
      peer.send(message(1, 2));
      await peer.expect('pubrec');
      peer.send(message(1, 1));
      await peer.expectDisconnect(0x82);
    },
  ),

  scenario(
    35,
    'PUBREL for an unknown identifier: PUBCOMP 0x92, connection stays; after resuming: PUBCOMP',
    async (scene) => {
      const { peer } = await scene.connected();
      peer.ack('pubrel', 5);
      await peer.expect('pubcomp', { packetId: 5, reasonCode: 0x92 });
      must(!peer.isClosed, 'closes');
    },
    async (scene) => {
      const { peer } = await scene.connected();
      peer.send(message(1, 2));
      await peer.expect('pubrec');
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      again.ack('pubrel', 1);
      await again.expect('pubcomp', { packetId: 1, reasonCode: 0 });
    },
  ),

  scenario(
    36,
    'QoS 1 again on a new connection: delivered again; the old acknowledgement sends nothing',
    async (scene) => {
      const { client, peer } = await scene.connected(byHand);
      peer.send(message(1, 1));
      await scene.settle();
      const delivered = () => client.inbox.length;
      must(delivered() === 1, 'does not deliver');
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      again.send(message(1, 1, { duplicate: true }));
      await scene.settle();
      must(delivered() === 2, 'does not deliver it again');
      must(client.inbox[1]!.duplicate, 'does not mark it as a duplicate');
      client.inbox[0]!.ack();
      await scene.settle();
      must(
        (await again.received()).length === 0,
        'acknowledges on the new connection what came over the old one',
      );
      client.inbox[1]!.ack();
      await again.expect('puback', { packetId: 1 });
    },
  ),

  scenario(
    37,
    'QoS 2 again after resuming: not delivered again, the first acknowledgement counts; session lost: it is stale',
    async (scene) => {
      const { client, peer } = await scene.connected(byHand);
      peer.send(message(1, 2));
      await scene.settle();
      must(client.inbox.length === 1, 'delivers only after PUBREC and PUBREL');
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      again.send(message(1, 2, { duplicate: true }));
      await scene.settle();
      must(client.inbox.length === 1, 'delivers it again');
      client.inbox[0]!.ack();
      await again.expect('pubrec', { packetId: 1 });
    },
    async (scene) => {
      const { client, peer } = await scene.connected(byHand);
      peer.send(message(1, 2));
      await scene.settle();
      peer.cut();
      const { peer: again } = await scene.reconnected(false);
      client.inbox[0]!.ack();
      await again.expectNothing();
    },
  ),

  // [MQTT-4.6.0-2] [MQTT-4.6.0-3]
  scenario(
    38,
    'Acknowledged 3, 1, 2: on the wire 1, 2, 3; QoS 1 and QoS 2 each on their own',
    async (scene) => {
      const { client, peer } = await scene.connected(byHand);
      peer.send(message(1, 1), message(2, 1), message(3, 1), message(4, 2));
      await scene.settle();
      must(
        client.inbox.length === 4,
        'hands over one message at a time: the next only after the acknowledgement',
      );
      const [one, two, three, four] = client.inbox;
      three!.ack();
      await peer.expectNothing();
      four!.ack();
      await peer.expect('pubrec', { packetId: 4 });
      one!.ack();
      await peer.expect('puback', { packetId: 1 });
      await peer.expectNothing();
      two!.ack();
      await peer.expect('puback', { packetId: 2 });
      await peer.expect('puback', { packetId: 3 });
    },
  ),

  scenario(
    39,
    'More unacknowledged messages than the receive maximum: DISCONNECT 0x93',
    async (scene) => {
      const { peer } = await scene.connected({ receiveMaximum: 2, ...byHand });
      peer.send(message(1, 1), message(2, 1), message(3, 1));
      await peer.expectDisconnect(0x93);
    },
    async (scene) => {
      const { peer } = await scene.connected({ receiveMaximum: 1 });
      peer.send(message(1, 2));
      await peer.expect('pubrec');
      peer.send(message(2, 1));
      await peer.expectDisconnect(0x93);
    },
  ),

  scenario(40, 'Leaving in order sends the acknowledgements asked for before', async (scene) => {
    const { client, peer } = await scene.connected(byHand);
    peer.send(message(1, 1));
    await scene.settle();
    client.inbox[0]!.ack();
    client.disconnect();
    await scene.advance(1_000);
    await peer.expect('puback', { packetId: 1 });
    await peer.expectDisconnect(0);
  }),

  // [MQTT-3.3.2-10] [MQTT-3.3.2-7]
  scenario(
    41,
    'Topic aliases: illegal ones end the connection with 0x94 or 0x82; rebinding works; QoS 2 keeps its topic; a new connection knows none',
    async (scene) => {
      const { client, peer } = await scene.connected({ inboundAliases: 10 });
      peer.send(
        publish({ topic: 'a', properties: { topicAlias: 1 } }),
        publish({ topic: '', properties: { topicAlias: 1 } }),
        publish({ topic: 'b', properties: { topicAlias: 1 } }),
        message(1, 2, { topic: '', properties: { topicAlias: 1 } }),
      );
      await peer.expect('pubrec');
      peer.ack('pubrel', 1);
      await peer.expect('pubcomp');
      const topics = client.inbox.map(({ topic }) => topic);
      must(topics.join() === 'a,a,b,b', `delivers ${JSON.stringify(topics)} instead of a, a, b, b`);
    },
    async (scene) => {
      const { client, peer } = await scene.connected({ inboundAliases: 10 });
      peer.send(publish({ topic: 'a', properties: { topicAlias: 1 } }));
      await scene.settle();
      peer.cut();
      const { peer: again } = await scene.reconnected(true);
      await again.received();
      again.send(publish({ topic: '', properties: { topicAlias: 1 } }));
      await scene.settle();
      must(client.inbox.length === 1, 'takes an alias of the old connection');
      await again.expectDisconnect(0x82, 0x94);
    },
    refusedAlias({ topicAlias: 7 }, 'a', 0x94),
    refusedAlias({ topicAlias: 3 }, '', 0x82, 0x94),
    async (scene) => {
      const { peer } = await scene.connected();
      peer.send(publish({ topic: 'a', properties: { topicAlias: 1 } }));
      await peer.expectDisconnect(0x94, 0x82);
    },
    async (scene) => {
      const { peer } = await scene.connected({ inboundAliases: 10 });
      peer.sendBytes(0x30, 0x07, 0x00, 0x01, 0x61, 0x03, 0x23, 0x00, 0x00);
      await peer.expectDisconnect(0x94, 0x82);
    },
  ),

  scenario(
    42,
    'Messages before anybody reads are kept, unacknowledged, and delivered once someone does',
    async (scene) => {
      const { client, peer } = await scene.connected({ reading: 'later' });
      peer.send(message(1, 1, { topic: 'early' }));
      const sent = await peer.received();
      must(sent.length === 0, 'acknowledges a message that nobody took');
      client.read();
      await scene.settle();
      must(client.inbox.length === 1, 'loses it');
      await peer.expect('puback', { packetId: 1 });
    },
  ),

  scenario(43, 'Ten QoS 0 messages in one segment: ten delivered', async (scene) => {
    const { client, peer } = await scene.connected();
    peer.send(...Array.from({ length: 10 }, (_, n) => publish({ topic: `t/${n}` })));
    await scene.settle();
    must(client.inbox.length === 10, `delivers ${client.inbox.length}`);
  }),

  {
    ...scenario(
      44,
      'A reader that stopped waiting swallows nothing: the next message goes to the next reader',
      async (scene) => {
        const { client, peer } = await scene.connected({ reading: 'later' });
        const aborted = client.reader!();
        const returned = client.reader!();
        const [first, second] = [aborted.next(), returned.next()];
        const next = client.reader!().next();
        aborted.abort();
        returned.return();
        await scene.settle();
        must(first.state !== 'pending' && second.state !== 'pending', 'a stopped reader never settles');
        peer.send(message(1, 1, { topic: 'one' }));
        await scene.settle();
        must(next.state === 'resolved' && next.value === 'one', 'the message is lost');
      },
    ),
    notForMqttJs: 'it has events, no readers that could stop',
  },

  {
    ...scenario(
      45,
      'Two readers: each message once, none starves; an error in one leaves its message unacknowledged',
      async (scene) => {
        const { client, peer } = await scene.connected({ reading: 'later' });
        const [one, two] = [client.reader!(), client.reader!()];
        const seen: unknown[] = [];
        for (let n = 0; n < 4; n++) {
          const waiting = [one.next(), two.next()];
          peer.send(
            message(2 * n + 1, 1, { topic: `${2 * n}` }),
            message(2 * n + 2, 1, { topic: `${2 * n + 1}` }),
          );
          await scene.settle();
          must(
            waiting.every(({ state }) => state === 'resolved'),
            'a reader starves',
          );
          seen.push(...waiting.map(({ value }) => value));
        }
        must(seen.join() === '0,1,2,3,4,5,6,7', `delivers ${seen.join()}`);
        one.return(); // what a loop does when its body throws
        await peer.expectNothing();
        const last = two.next();
        peer.send(message(20, 1, { topic: 'last' }));
        await scene.settle();
        must(last.value === 'last', 'the other reader stops too');
      },
    ),
    notForMqttJs: 'it has events, no readers that could share the messages',
  },

  once(46, 'A consumer slower than 1.5 keep-alives: pings go on, connection stays', async (scene) => {
    const { client, peer } = await scene.connected({ keepAlive: 10, ...byHand });
    peer.send(message(1, 1));
    await scene.settle();
    for (let seconds = 0; seconds < 60; seconds += 5) {
      await scene.advance(5_000);
      must(!peer.isClosed, 'closes the connection');
      for (const { type } of await peer.received()) if (type === 'pingreq') peer.send({ type: 'pingresp' });
    }
    client.inbox[0]!.ack();
    await peer.expect('puback', { packetId: 1 });
  }),

  scenario(
    47,
    'A handler publishes at QoS 2 and subscribes before it acknowledges, window 1: no deadlock',
    async (scene) => {
      const { client, peer } = await scene.connected({ receiveMaximum: 1, ...byHand }, { receiveMaximum: 1 });
      peer.send(message(1, 1));
      await scene.settle();
      const publishing = client.publish('answer', '', { qos: 2 });
      const { packetId } = await peer.expect('publish');
      peer.ack('pubrec', packetId!);
      await peer.expect('pubrel', { packetId: packetId! });
      peer.ack('pubcomp', packetId!);
      await scene.settle();
      must(publishing.state === 'resolved', 'the publish never settles');
      const subscribing = client.subscribe([{ filter: 'more' }]);
      const subscribe = await peer.expect('subscribe');
      peer.suback(subscribe.packetId, 2);
      await scene.settle();
      must(subscribing.state === 'resolved', 'the subscribe never settles');
      client.inbox[0]!.ack();
      await peer.expect('puback', { packetId: 1 });
    },
  ),

  once(
    48,
    'Ten thousand small payloads kept: they do not pin the chunks in which they came',
    async (scene) => {
      const { client, peer } = await scene.connected();
      for (let n = 0; n < 200; n++) {
        // fifty small messages that are kept, and a big one that is not
        peer.send(
          ...Array.from({ length: 50 }, () =>
            publish({ topic: 's', payload: Buffer.from('0123456789abcdef') }),
          ),
          publish({ topic: 'b', payload: Buffer.alloc(30_000) }),
        );
        await scene.settle();
      }
      const kept = new Set(
        client.inbox.filter(({ topic }) => topic === 's').map(({ payload }) => payload.buffer),
      );
      const bytes = [...kept].reduce((sum, buffer) => sum + buffer.byteLength, 0);
      must(bytes < 3_000_000, `160 kB of payloads keep ${Math.round(bytes / 1_000_000)} of 6 MB`);
    },
  ),
];

import { expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { RawClient } from '../support/broker/raw-client.js';

it('connects, subscribes, publishes and acknowledges in memory', async () => {
  const broker = new FakeBroker();
  const client = new RawClient(await broker.endpoint.connect(), 5);
  await client.connect({ clientId: 'one' });
  await client.subscribe('a/+');
  const delivery = broker.publish({ topic: 'a/b', payload: 'hi', qos: 1 });
  const message = await client.next('publish');
  client.send({
    type: 'puback',
    packetId: message.packetId!,
    reasonCode: 0x99,
    properties: { reasonString: 'no' },
  });
  await delivery.settled();
  await client.publish('x', 'y', { qos: 2 });
  await client.leave();
  expect(delivery.acks).toEqual([{ packet: 'puback', reasonCode: 0x99, reasonString: 'no' }]);
  expect(broker.idle).toBe(true);
  expect(broker.transcript()).toMatchInlineSnapshot(`
    "one C→B CONNECT v=5 clean=1 keepAlive=0
    one B→C CONNACK rc=0x00 present=0 receiveMaximum=1000
    one C→B SUBSCRIBE id=1 a/+ q2
    one B→C SUBACK id=1 rc=0x02
    one B→C PUBLISH q1 id=1 a/b "hi"
    one C→B PUBACK id=1 rc=0x99 reason="no"
    one C→B PUBLISH q2 id=2 x "y"
    one B→C PUBREC id=2 rc=0x10
    one C→B PUBREL id=2 rc=0x00
    one B→C PUBCOMP id=2 rc=0x00
    one C→B DISCONNECT rc=0x00
    one B→C closed"
  `);
});

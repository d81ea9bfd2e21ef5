import { expect, it } from 'vitest';
import { FakeWorld } from '../../support/broker/fake-world.js';
import { publishPacket } from '../../support/broker/raw-client.js';

it('takes an identifier that it refused with PUBREC for a new message [MQTT-4.3.3-9]', async () => {
  await using world = new FakeWorld({ limits: { retainedMessages: 0 } });
  const receiver = await world.client('receiver');
  await receiver.subscribe('a');
  const sender = await world.client('sender');
  expect(await sender.publish('a', 'refused', { qos: 2, packetId: 7, retain: true })).toBe(0x97);
  expect(await sender.publish('a', 'new', { qos: 2, packetId: 7 })).toBe(0);
  expect(await receiver.messages()).toEqual(['q2 a "new"']);
});

it('goes through with the handshake for a message that expired meanwhile [MQTT-4.3.3-13]', async () => {
  await using world = new FakeWorld();
  const options = { cleanStart: false, properties: { sessionExpiryInterval: 1000 } };
  const sender = await world.client('sender', options);
  const properties = { messageExpiryInterval: 1 };
  const packet = publishPacket('a', 'x', { qos: 2, packetId: 7, properties });
  sender.send(packet);
  expect(await sender.next('pubrec')).toMatchObject({ packetId: 7 });
  await world.clock.advance('60s');
  sender.send({ ...packet, duplicate: true });
  expect(await sender.next('pubrec')).toMatchObject({ packetId: 7, reasonCode: 0 });
  sender.send({ type: 'pubrel', packetId: 7, reasonCode: 0 });
  expect(await sender.next('pubcomp')).toMatchObject({ packetId: 7, reasonCode: 0 });
  expect(world.broker.published).toHaveLength(1);
});

it('goes through with the handshake towards a receiver for whom the message expired meanwhile [MQTT-4.3.3-13]', async () => {
  await using world = new FakeWorld();
  const receiver = await world.client('receiver');
  await receiver.subscribe('a');
  world.broker.publish({ topic: 'a', payload: 'x', qos: 2, properties: { messageExpiryInterval: 1 } });
  const { packetId = 0 } = await receiver.next('publish');
  await world.clock.advance('60s');
  receiver.send({ type: 'pubrec', packetId, reasonCode: 0 });
  expect(await receiver.next('pubrel')).toMatchObject({ packetId, reasonCode: 0 });
  receiver.send({ type: 'pubcomp', packetId, reasonCode: 0 });
  await receiver.fence();
  expect(world.broker.session('receiver')).toMatchObject({ inflight: 0 });
});

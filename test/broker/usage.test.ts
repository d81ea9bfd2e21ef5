import { expect, it } from 'vitest';
import { FakeWorld } from '../support/broker/fake-world.js';

it('says what the broker holds, and that it holds nothing once it is closed', async () => {
  const world = new FakeWorld({ limits: { queuedMessages: 2 } });
  const options = { keepAlive: 10, properties: { sessionExpiryInterval: 100, receiveMaximum: 1 } };
  const client = await world.client('reader', options);
  await client.subscribe(['a', 'b']);
  for (const payload of ['12', '123', '1234', 'dropped'])
    world.broker.publish({ topic: 'a', payload, qos: 1, retain: true });
  client.send({
    type: 'publish',
    topic: 'x',
    payload: new Uint8Array(0),
    qos: 2,
    retain: false,
    duplicate: false,
    packetId: 9,
  });
  await client.fence();
  expect(world.broker.usage).toEqual({
    connections: 1,
    retainedMessages: 1,
    retainedBytes: 8,
    deadlines: 1, // keep-alive
    sessions: [
      {
        clientId: 'reader',
        subscriptions: 2,
        subscriptionBytes: 202,
        queuedMessages: 2,
        queuedBytes: 9,
        inFlightMessages: 1,
        inFlightBytes: 3,
        unreleased: 1,
      },
    ],
  });
  await client.leave();
  expect(world.broker.usage).toMatchObject({ connections: 0, deadlines: 1 }); // the end of the session
  await world.broker.close();
  expect(world.broker.usage).toEqual({
    connections: 0,
    retainedMessages: 0,
    retainedBytes: 0,
    deadlines: 0,
    sessions: [],
  });
});

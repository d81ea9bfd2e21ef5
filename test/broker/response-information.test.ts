import { expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { FakeWorld } from '../support/broker/fake-world.js';

const capabilities = { responseInformation: 'answers/' };

// [MQTT-3.1.2-28]
it.each([
  ['to a client that asks for it', capabilities, { requestResponseInformation: true }, 'answers/'],
  ['not to one that does not', capabilities, { requestResponseInformation: false }, undefined],
  ['not to one that does not say', capabilities, {}, undefined],
  ['not where there is none', {}, { requestResponseInformation: true }, undefined],
])('response information goes %s', async (_name, capabilities, properties, told) => {
  await using world = new FakeWorld({ capabilities });
  const client = await world.open();
  expect((await client.connect({ properties })).properties?.responseInformation).toBe(told);
});

it('response information does not exist on MQTT 3.1.1', async () => {
  await using world = new FakeWorld({ capabilities });
  const client = await world.open(4);
  expect(await client.connect()).toEqual({ type: 'connack', sessionPresent: false, reasonCode: 0 });
});

it('response information that no packet can carry is refused when the broker is made', () => {
  expect(() => new FakeBroker({ capabilities: { responseInformation: 'a\0b' } })).toThrow(
    'Broker: capabilities.responseInformation contains U+0000',
  );
});

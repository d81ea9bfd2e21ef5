import { expect, it } from 'vitest';
import { FakeWorld } from '../support/broker/fake-world.js';

const deep = (levels: number) => Array.from({ length: levels }, () => 'x').join('/');

// [MQTT-3.8.4-6] [MQTT-3.8.4-7]
it.each([
  [5, 0x8f],
  [4, 0x80],
] as const)(
  'a filter of more levels than the broker matches is refused by itself, level %i: %i',
  async (version, code) => {
    await using world = new FakeWorld();
    const client = await world.client('client', {}, version);
    const suback = await client.subscribe(['a', deep(201), `${deep(199)}/#`, `$share/g/${deep(201)}`]);
    expect(suback.reasonCodes).toEqual([2, code, 2, code]);
  },
);

it('a topic may have any number of levels', async () => {
  await using world = new FakeWorld();
  const client = await world.client('client');
  await client.subscribe(['#', `${deep(199)}/#`]);
  for (const levels of [199, 200, 201, 32_000]) {
    expect(await client.publish(deep(levels), 'x', { qos: 1, retain: true })).toBe(0);
  }
  expect(await client.messages()).toHaveLength(4);
  const late = await world.client('late');
  await late.subscribe('+/#');
  expect(await late.messages()).toHaveLength(4);
});

import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app } from '../../src/app.js';
import { lampCount } from '../../src/contracts/lamp-count.js';
import { lampState } from '../../src/contracts/lamp-state.js';

it('publishes how many lamps are on', async () => {
  await using test = await createTestApp(app);
  await test.deliver(lampState.to({ lamp: 'hall' }), { on: true, brightness: 80 });
  await test.deliver(lampState.to({ lamp: 'attic' }), { on: true, brightness: 20 });
  const delivery = await test.deliver(lampState.to({ lamp: 'hall' }), { on: false, brightness: 0 });
  expect(delivery.outcome).toBe('acked');
  expect(test.published(lampCount).map(({ payload }) => payload.on)).toEqual([1, 2, 1]);
});

it('rejects what does not fit the contract', async () => {
  await using test = await createTestApp(app);
  const delivery = await test.deliver(lampState.to({ lamp: 'hall' }), Buffer.from('{"on":"maybe"}'));
  expect(delivery.outcome).toBe('rejected');
  expect(test.published(lampCount)).toEqual([]);
});

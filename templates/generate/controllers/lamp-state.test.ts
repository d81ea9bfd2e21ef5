import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { LampStateController, lampState } from '../../src/controllers/lamp-state.js';

const options = {
  connection: { url: 'mqtt://localhost', clientId: 'test' },
  controllers: [LampStateController],
};

it('handles what fits, and acknowledges it', async () => {
  await using test = await createTestApp(options);
  const delivery = await test.deliver(lampState.to({ id: '1' }), { value: 1 });
  expect(delivery.outcome).toBe('acked');
});

it('rejects what does not fit', async () => {
  await using test = await createTestApp(options);
  const delivery = await test.deliver(lampState.to({ id: '1' }), Buffer.from('{"value":"much"}'));
  expect(delivery.outcome).toBe('rejected');
});

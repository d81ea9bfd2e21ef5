import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app } from '../../src/app.js';
import { switchLight } from '../../src/contracts/switch-light.js';
import { switchPressed } from '../../src/contracts/switch-pressed.js';

it.each([
  ['green for a lamp that is on', 'hall', true, { colour: 'green' }],
  ['dark for one that is off', 'hall', false, { colour: 'dark' }],
  ['red for one that is not there', 'moon', true, { colour: 'red', why: 'not-found' }],
])('shows %s', async (_what, lamp, on, light) => {
  await using test = await createTestApp(app);
  const delivery = await test.deliver(switchPressed.to({ lamp }), { on });
  expect(delivery.outcome).toBe('acked');
  expect(test.published(switchLight)).toMatchObject([{ params: { lamp }, payload: light }]);
});

it('shows red where no answer comes within 8 s', async () => {
  await using test = await createTestApp(app);
  test.broker.faults.lose({ cmd: 'publish', from: 'broker', topic: 'lamps/hall/set' });
  await test.deliver(switchPressed.to({ lamp: 'hall' }), { on: true }); // 8 s of virtual time
  expect(test.published(switchLight)).toMatchObject([{ payload: { colour: 'red', why: 'no-answer' } }]);
});

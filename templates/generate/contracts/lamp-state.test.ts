import { expect, it } from 'vitest';
import { lampState } from '../../src/contracts/lamp-state.js';

it('takes what fits', () => {
  const message = lampState.fake({ params: { id: '1' }, payload: { value: 1 } });
  expect(message).toMatchObject({ topic: 'lamp-state/1', payload: { value: 1 } });
});

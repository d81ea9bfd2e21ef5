import { expect, it } from 'vitest';

it('nobody follows the current message until its entry point is imported', async () => {
  await import('topicwise');
  await import('topicwise/testing');
  const state = await import('../../../src/app/pipeline/following.js');
  expect(state.following).toBeUndefined();
  await import('topicwise/current-message');
  expect(state.following).toBeTypeOf('function');
});

import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app, status } from './app.js';

it.each([
  [{ pairs: 7, clean: true }, 'acked'],
  [{ pairs: -1, clean: true }, 'dead-lettered'],
])('handles %o, or keeps it as a dead letter: %s', async (payload, outcome) => {
  await using test = await createTestApp(app);
  const delivery = await test.deliver(status.to({ drawer: 'hall' }), payload);
  expect(delivery.outcome).toBe(outcome);
});

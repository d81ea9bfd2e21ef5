import { createApp, defineTopic } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { lampState } from '../../src/middleware/lamp-state.js';

it('hands a message on', async () => {
  const topic = defineTopic('things/+id', { codec: 'text' });
  const app = createApp({
    connection: { url: 'mqtt://localhost', clientId: 'test' },
    middleware: [lampState],
  });
  const ids: string[] = [];
  app.on(topic, ({ params }) => void ids.push(params.id));
  await using test = await createTestApp(app);
  const delivery = await test.deliver(topic.to({ id: '1' }), 'x');
  expect(delivery.outcome).toBe('acked');
  expect(ids).toEqual(['1']);
});

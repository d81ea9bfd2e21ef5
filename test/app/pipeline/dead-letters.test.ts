import { createApp, deadLetter, defineTopic, otherwise } from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { expect, it } from 'vitest';

const connection = { url: 'mqtt://nowhere.invalid', clientId: 'app' };

it('a dead letter goes out at QoS 0 where the broker has no more', async () => {
  const topic = defineTopic('a', { qos: 0 });
  const app = createApp({ connection, errors: [otherwise(deadLetter())] });
  app.on(topic, () => {
    throw new Error('broken');
  });
  await using broker = new FakeBroker({ capabilities: { maximumQoS: 0 } });
  await using test = await createTestApp(app, { broker, patience: '10s' });
  expect(await test.deliver(topic.to(), new Uint8Array([1]))).toMatchObject({ outcome: 'dead-lettered' });
  expect(test.published('#')).toMatchObject([{ topic: 'dead-letter/a', qos: 0 }]);
});

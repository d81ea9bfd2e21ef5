// What a user's own suite costs: a thousand tests, each with a broker and an application of its own.
import { Controller, createApp, defineTopic, type Message, Topic } from 'topicwise';
import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const status = defineTopic('socks/+drawer/status', { payload: z.object({ pairs: z.number().int() }) });

@Controller()
class DrawerController {
  @Topic(status, { qos: 1 })
  onStatus(_message: Message<typeof status>) {}
}

const app = createApp({
  connection: { url: 'mqtt://localhost', clientId: 'laundry' },
  controllers: [DrawerController],
});

it.each(Array.from({ length: 1_000 }, (_, n) => n))('delivers %i pairs', async (pairs) => {
  await using test = await createTestApp(app);
  const delivery = await test.deliver(status.to({ drawer: 'hall' }), { pairs });
  expect(delivery.outcome).toBe('acked');
});

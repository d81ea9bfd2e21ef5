// What tests wait for goes on where they have replaced the machine's timers.
import { createApp, defineTopic } from 'topicwise';
import { createTestApp, FakeBroker } from 'topicwise/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const all = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'performance', 'Date'] as const;
beforeEach(() => void vi.useFakeTimers({ toFake: [...all] }));
afterEach(() => void vi.useRealTimers());

const job = defineTopic('jobs', { qos: 1, codec: 'text' });

it('restarts the broker', async () => {
  await using broker = new FakeBroker();
  await broker.restart();
  expect(broker.transcript()).toContain('the broker restarts');
});

it('delivers, settles after a restart, and loses its patience', async () => {
  const app = createApp({ connection: { url: 'mqtt://nowhere.invalid', clientId: 'worker' } });
  const handle = (text: string) => (text === 'for ever' ? new Promise<void>(() => undefined) : undefined);
  app.on(job, ({ payload }) => handle(payload), { timeout: 0 });
  await using test = await createTestApp(app, { machinePatience: 10 });
  expect(await test.deliver(job.to(undefined), 'x')).toMatchObject({ outcome: 'acked' });
  await test.broker.restart();
  await test.settled();
  expect(await test.deliver(job.to(undefined), 'x')).toMatchObject({ outcome: 'acked' });
  await expect(test.deliver(job.to(undefined), 'for ever')).rejects.toThrow('handlers have not ended');
});

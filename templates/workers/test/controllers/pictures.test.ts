import { createTestApp, FakeBroker } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app, workerApp } from '../../src/app.js';
import { pictureDone } from '../../src/contracts/picture-done.js';
import { pictureJob } from '../../src/contracts/picture-job.js';
import { readEnv } from '../../src/env.js';

it.each([
  ['smaller', { width: 4000, height: 3000, largest: 800 }, { width: 800, height: 600 }],
  ['no larger', { width: 40, height: 30, largest: 800 }, { width: 40, height: 30 }],
  ['no smaller than a point', { width: 4000, height: 1, largest: 100 }, { width: 100, height: 1 }],
])('makes a picture %s', async (_what, job, size) => {
  await using test = await createTestApp(app);
  const delivery = await test.deliver(pictureJob.to({ picture: 'cat' }), job);
  expect(delivery.outcome).toBe('acked');
  expect(test.published(pictureDone)).toMatchObject([{ params: { picture: 'cat' }, payload: size }]);
});

it('gives each job to one of the workers', async () => {
  const broker = new FakeBroker();
  await using first = await createTestApp(workerApp(readEnv({ MQTT_CLIENT_ID: 'my-app-1' })), { broker });
  await using second = await createTestApp(workerApp(readEnv({ MQTT_CLIENT_ID: 'my-app-2' })), { broker });
  for (let i = 0; i < 20; i++) {
    await first.deliver(pictureJob.to({ picture: i }), { width: 10, height: 10, largest: 5 });
    await second.settled();
  }
  const done = [first, second].map((each) => each.published(pictureDone).length);
  expect(Math.min(...done)).toBeGreaterThan(0);
  expect(done.reduce((a, b) => a + b)).toBe(20);
});

it('counts what each route did', async () => {
  await using test = await createTestApp(app);
  await test.deliver(pictureJob.to({ picture: 'cat' }), { width: 10, height: 10, largest: 5 });
  const response = await test.app.fetch(new Request('http://localhost/metrics'));
  expect(await response.text()).toMatch(/^topicwise_route_handled_total\{.*pictures.*\} 1$/m);
});

import { createTestApp } from 'topicwise/testing';
import { expect, it } from 'vitest';
import { app } from '../../src/app.js';
import { setLamp } from '../../src/contracts/set-lamp.js';
import { LampController } from '../../src/controllers/lamps.js';
import { Lamps } from '../../src/lamps.js';

const hall = setLamp.to({ lamp: 'hall' });

it('switches a lamp and replies', async () => {
  await using test = await createTestApp(app);
  expect(await test.request(hall, { on: true })).toEqual({ on: true, changed: true });
  expect(await test.request(hall, { on: true })).toEqual({ on: true, changed: false });
});

it('replies that there is no such lamp', async () => {
  await using test = await createTestApp(app);
  await expect(test.request(setLamp.to({ lamp: 'moon' }), { on: true })).rejects.toMatchObject({
    code: 'not-found',
    message: 'There is no lamp moon.',
  });
});

it('replies that it failed, and does not say why to the world', async () => {
  const broken = new Lamps();
  broken.switch = () => Promise.reject(new Error('the wire is cut'));
  await using test = await createTestApp(app, { override: [{ provide: Lamps, useValue: broken }] });
  await expect(test.request(hall, { on: true })).rejects.toMatchObject({ code: 'failed' });
});

it('gives up a lamp that does not answer, after 5 s', async () => {
  // The handler waits for nothing of the machine's: no use in giving it time.
  await using test = await createTestApp(app, { machinePatience: '50ms' });
  let reason: unknown;
  test.handler(LampController, 'onSet').replace(async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    reason = signal.reason;
    throw reason;
  });
  // 5 s of virtual time.
  await expect(test.request(hall, { on: true })).rejects.toMatchObject({ code: 'failed' });
  expect(reason).toMatchObject({ name: 'HandlerTimeoutError' });
});

it('refuses a command that does not fit', async () => {
  await using test = await createTestApp(app);
  await expect(test.request(hall, Buffer.from('{"on":"perhaps"}'))).rejects.toMatchObject({
    code: 'invalid-message',
  });
});

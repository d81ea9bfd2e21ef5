import { createTestApp } from 'topicwise/testing';
import 'topicwise/testing/vitest';
import { expect, it, vi } from 'vitest';
import { app, reading } from './app.js';
import { ReadingRepository } from './repository.js';

const save = vi.fn<ReadingRepository['save']>();
const override = [{ provide: ReadingRepository, useValue: { save } }];

it('acknowledges a reading that is stored, refuses one that does not fit, keeps one that fails', async () => {
  await using test = await createTestApp(app, { override });
  const topic = reading.to({ id: 7 });
  expect(await test.deliver(topic, { celsius: 21.5 })).toHaveAcked({ times: 1 });
  expect(save).toHaveBeenCalledExactlyOnceWith('7', 21.5);
  expect(await test.deliver(topic, Buffer.from('{"celsius":"warm"}'))).toHaveRejectedWith(0x99);
  save.mockRejectedValue(new Error('the disk is full'));
  expect(await test.deliver(topic, { celsius: 22 })).toMatchObject({ outcome: 'dead-lettered', attempts: 4 });
  expect(test.published('dead-letter/sensors/7/reading')).toHaveLength(1);
});

import { createTestApp } from 'topicwise/testing';
import { expect, it, onTestFinished } from 'vitest';
import { app } from '../../src/app.js';
import { reading } from '../../src/contracts/reading.js';
import { type DeadLetter, DeadLetterFile } from '../../src/dead-letter-file.js';
import { ReadingRepository } from '../../src/reading-repository.js';

const hall = reading.to({ sensor: 'hall' });
const measured = { id: '0f0f0f0f-0000-4000-8000-000000000001', celsius: 20.5, at: '2030-01-01T12:00:00Z' };

/** The application with a database in memory that fails as often as it is told, and dead letters in a list. */
async function testApp({ failures = 0 } = {}) {
  const letters: DeadLetter[] = [];
  const readings = new ReadingRepository(':memory:');
  onTestFinished(() => readings[Symbol.dispose]());
  const save = readings.save.bind(readings);
  readings.save = (each) => {
    if (failures-- > 0) throw new Error('the disk is full');
    save(each);
  };
  const test = await createTestApp(app, {
    override: [
      { provide: ReadingRepository, useValue: readings },
      { provide: DeadLetterFile, useValue: { add: async (letter: DeadLetter) => void letters.push(letter) } },
    ],
  });
  onTestFinished(() => test[Symbol.asyncDispose]());
  return { test, readings, letters };
}

it('stores a reading, then acknowledges it', async () => {
  const { test, readings } = await testApp();
  const delivery = await test.deliver(hall, measured);
  expect(delivery.outcome).toBe('acked');
  expect(readings.latest('hall', 10)).toEqual([{ ...measured, sensor: 'hall' }]);
});

it('stores a reading once whose acknowledgement was lost', async () => {
  const { test, readings } = await testApp();
  test.broker.faults.cut({ cmd: 'puback', nth: 1 });
  const delivery = await test.deliver(hall, measured);
  expect(delivery.attempts).toBe(2);
  expect(readings.latest('hall', 10)).toHaveLength(1);
});

it('tries again where it could not be stored', async () => {
  const { test, readings } = await testApp({ failures: 4 });
  const delivery = await test.deliver(hall, measured);
  expect([delivery.outcome, delivery.attempts]).toEqual(['acked', 5]);
  expect(readings.latest('hall', 10)).toHaveLength(1);
});

it('keeps as a dead letter what can never be stored', async () => {
  const { test, readings, letters } = await testApp({ failures: 5 });
  const delivery = await test.deliver(hall, measured);
  expect(delivery.outcome).toBe('dead-lettered');
  expect(readings.latest('hall', 10)).toEqual([]);
  expect(letters).toMatchObject([{ topic: 'sensors/hall/reading' }]);
  expect(JSON.parse(Buffer.from(letters[0]?.payload ?? '', 'base64').toString())).toEqual(measured);
  expect(Object.values(letters[0]?.story ?? {}).join(' ')).toContain('the disk is full');
});

it.each([
  ['no JSON', 'warm'],
  ['no reading', '{"celsius":20.5}'],
  ['a temperature that nothing has', JSON.stringify({ ...measured, celsius: 1_000 })],
])('rejects %s', async (_what, payload) => {
  const { test, readings } = await testApp();
  const delivery = await test.deliver(hall, Buffer.from(payload));
  expect(delivery.acks).toMatchObject([{ packet: 'puback', reasonCode: 0x99 }]);
  expect(readings.latest('hall', 10)).toEqual([]);
});

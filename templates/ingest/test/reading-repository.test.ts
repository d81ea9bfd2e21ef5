import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ReadingRepository } from '../src/reading-repository.js';

const first = { id: 'a', sensor: 'hall', celsius: 20.5, at: '2030-01-01T12:00:00Z' };
const second = { id: 'b', sensor: 'hall', celsius: 21, at: '2030-01-01T12:01:00Z' };

it('gives the newest readings of a sensor', () => {
  using readings = new ReadingRepository(':memory:');
  for (const each of [first, second, { ...second, id: 'c', sensor: 'attic' }]) readings.save(each);
  expect(readings.latest('hall', 10)).toEqual([second, first]);
  expect(readings.latest('hall', 1)).toEqual([second]);
});

it('stores a reading once', () => {
  using readings = new ReadingRepository(':memory:');
  readings.save(first);
  readings.save(first);
  expect(readings.latest('hall', 10)).toEqual([first]);
});

it('keeps them in a file, in a folder that it makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'readings-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'data', 'readings.db');
  {
    using readings = new ReadingRepository(file);
    readings.save(first);
  }
  using readings = new ReadingRepository(file);
  expect(readings.latest('hall', 10)).toEqual([first]);
});

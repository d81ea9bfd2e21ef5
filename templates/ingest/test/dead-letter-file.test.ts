import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DeadLetterFile } from '../src/dead-letter-file.js';

it('writes a line each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dead-letters-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'data', 'dead-letters.jsonl');
  const file = new DeadLetterFile(path);
  await file.add({ topic: 'a', payload: '', story: {} });
  await file.add({ topic: 'b', payload: '', story: {} });
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).topic)).toEqual(['a', 'b']);
});

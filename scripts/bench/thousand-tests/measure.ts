// Runs the thousand tests in a Vitest of their own.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from '../row.js';

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly testResults: readonly { readonly startTime: number; readonly endTime: number }[];
}

export function thousandTests(): Row[] {
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const config = fileURLToPath(new URL('./vitest.config.ts', import.meta.url));
  const words = [vitest, 'run', '--config', config, '--reporter=json', '--coverage.enabled=false'];
  const began = performance.now();
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const whole = (performance.now() - began) / 1000;
  const report = JSON.parse(stdout) as Report; // Vitest's own format
  const [file] = report.testResults;
  if (!report.success || report.numPassedTests !== 1_000 || file === undefined)
    throw new Error(`The thousand tests did not pass:\n${stdout.slice(0, 2_000)}\n${stderr}`);
  const tests = (file.endTime - file.startTime) / 1000;
  return [
    { name: '1,000 tests with a broker and an application each, in one file', value: tests, unit: 's' },
    { name: 'the same, with the start of Vitest', value: whole, unit: 's' },
  ];
}

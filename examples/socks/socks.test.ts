import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { describeWithMosquitto } from '../../test/support/mosquitto.js';
import { Journal } from './journal.js';
import { SockRepository } from './repository.js';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

vi.setConfig({ testTimeout: 60_000 }); // a process a test, on a machine that may be busy

interface Run {
  readonly child: ChildProcess;
  readonly finished: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(...words: string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return { child, finished: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) };
}

const summary = (delivered: number) =>
  [
    'Summary',
    '    50  published',
    `${String(delivered).padStart(6)}  delivered; some brokers send a copy for each subscription`,
    `${String(delivered - 11).padStart(6)}  acknowledged after they were handled`,
    '     5  acknowledged after they were dead-lettered',
    '     6  rejected as invalid (0x99)',
    '     0  left unacknowledged, with the broker',
    '     0  acknowledged although neither handled nor dead-lettered',
    '    20  attempts of a handler that failed and were followed by another one',
  ].join('\n  ');

it('runs on the embedded broker and accounts for every message', async () => {
  const { code, stdout, stderr } = await start('--messages', '50').finished;
  expect(stderr).toBe('');
  expect(stdout).toContain(summary(50));
  expect(stdout).toMatch(
    /#1 {2}socks\/nursery\/status +acknowledged +handled by DrawerController.onStatus and LaundryController.onAnything\n/,
  );
  expect(stdout).toMatch(
    /socks\/attic\/status +tried again +DrawerController.onStatus: the drawer 'attic' is jammed\n/,
  );
  expect(stdout).toMatch(/#3 {2}socks\/cellar\/status +rejected +0x99 The payload does not fit/);
  expect(stdout).toMatch(
    /#5 {2}socks\/shed\/status +acknowledged +handled by DrawerController.onStatus at attempt 2 and LaundryController.onAnything\n/,
  );
  expect(stdout).toMatch(
    /#7 {2}socks\/attic\/status +dead-lettered +on dead-letter\/socks\/attic\/status after 4 attempts, then acknowledged\n/,
  );
  expect(code).toBe(0);
});

it('ends with its summary on Ctrl-C', async () => {
  const { child, finished } = start('--messages', '1000000');
  await once(child.stdout!, 'data');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await finished;
  expect(stderr).toBe('');
  expect(stdout).toContain('Summary');
  expect(stdout).toContain('     0  acknowledged although neither handled nor dead-lettered');
  expect(code).toBe(0);
});

it.each([
  ['no number', ['--messages', 'some'], "--messages takes a whole number from 1 on, not 'some'.\nUsage:"],
  [
    'no address',
    ['--url', 'nonsense'],
    "--url takes an address like mqtt://127.0.0.1:1883, not 'nonsense'.\nUsage:",
  ],
  ['an unknown option', ['--speed', '9'], "Unknown option '--speed'"],
  [
    'a broker that is not there',
    ['--url', 'mqtt://127.0.0.1:1'],
    "The broker at 127.0.0.1:1 can't be reached: connect ECONNREFUSED 127.0.0.1:1.",
  ],
])('answers %s with a sentence and exit code 1', async (_, words, sentence) => {
  const { code, stderr } = await start(...words).finished;
  expect(stderr).toContain(sentence);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(1);
});

it('finds an acknowledgement without handling', () => {
  const lines: string[] = [];
  const journal = new Journal(new SockRepository(), (text) => lines.push(text), new AbortController().signal);
  const copy = { message: 1, topic: 'socks/hall/status', filters: ['socks/#'] };
  journal.delivered(copy);
  journal.answered(copy, { reasonCode: 0, reason: undefined });
  expect(lines.join('')).toContain('BROKEN PROMISE');
  expect(journal.summary(1)).toBe(false);
});

describeWithMosquitto('on mosquitto', (mosquitto) => {
  it('accounts for every message all the same', async () => {
    const { code, stdout, stderr } = await start('--messages', '50', '--url', mosquitto().url).finished;
    expect(stderr).toBe('');
    expect(stdout).toContain(summary(100));
    expect(code).toBe(0);
  });
});

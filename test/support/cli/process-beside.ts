import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterThisTest } from '../transports/servers.js';
import { RecordingHost } from './recording-host.js';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');
const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** Starts the command line as a process beside this one, in which its broker may be. */
export function startCommandLine(
  words: readonly string[],
  { env, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
) {
  const child = spawn(process.execPath, [tsx, main, ...words], { cwd, env: { ...process.env, ...env } });
  afterThisTest(() => child.kill('SIGKILL'));
  return child;
}

/** Reads along what it prints; `closed` is its exit code and the signal that ended it. */
export function readAlong(child: ReturnType<typeof startCommandLine>) {
  const host = new RecordingHost();
  child.stdout.on('data', (text) => host.stdout.write(String(text)));
  child.stderr.on('data', (text) => host.stderr.write(String(text)));
  return { host, closed: once(child, 'close') };
}

/** Runs it to its end, with this on stdin. */
export async function commandLineProcess(
  words: readonly string[],
  { stdin = '', ...options }: Parameters<typeof startCommandLine>[1] & { readonly stdin?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = startCommandLine(words, options);
  child.stdin.end(stdin);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code, stdout, stderr };
}

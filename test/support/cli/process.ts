import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const tsx = createRequire(import.meta.url).resolve('tsx/cli');

/** Runs a file of src/cli/ as a process of its own, which has no terminal. */
export function cliProcess(
  file: 'main.ts' | 'create.ts',
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): { code: number | null; stdout: string; stderr: string } {
  const main = fileURLToPath(new URL(`../../../src/cli/${file}`, import.meta.url));
  const { npm_config_user_agent: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsx, main, ...words], {
    encoding: 'utf8',
    cwd: options.cwd,
    env: { ...env, ...options.env },
  });
  return { code: status, stdout, stderr };
}

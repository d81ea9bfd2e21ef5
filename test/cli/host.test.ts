import { expect, it } from 'vitest';
import { nodeHost } from '../../src/cli/host.js';
import { temporaryFolder } from '../support/cli/temporary-folder.js';

it('runs a program in a folder and tells its exit code, or that there is none', async () => {
  const folder = temporaryFolder();
  const program = ['-e', `process.exit(process.cwd() === ${JSON.stringify(folder)} ? 3 : 4)`];
  expect(await nodeHost.run(process.execPath, program, folder)).toBe(3);
  expect(await nodeHost.run('no-such-program-anywhere', [], folder)).toBeUndefined();
});

it('counts a program that a signal ended as failed', async () => {
  expect(await nodeHost.run(process.execPath, ['-e', 'process.kill(process.pid)'], temporaryFolder())).toBe(
    1,
  );
});

import { expect, it, vi } from 'vitest';
import { openDiskSessionStore } from '../../src/stores/index.js';
import { temporaryFolder } from '../support/stores/places.js';

vi.mock('classic-level', () => {
  throw new Error("Cannot find package 'classic-level'");
});

it('says what to install where the optional package is missing', async () => {
  await expect(openDiskSessionStore(await temporaryFolder())).rejects.toMatchObject({
    name: 'SessionStoreError',
    problem: 'not-installed',
    message: 'The session store on disk needs the package classic-level: run `npm install classic-level`.',
  });
});

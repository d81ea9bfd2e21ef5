import { afterAll, beforeAll, describe } from 'vitest';
import { startAedes } from '../support/aedes.js';
import { holdToTable } from '../support/broker/hold-to-table.js';

/** aedes runs in this process and keeps all in memory: what it has left to do takes turns of the event loop, far fewer than these. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

describe('aedes behaves as the table says', () => {
  let aedes: Awaited<ReturnType<typeof startAedes>>;
  beforeAll(async () => {
    aedes = await startAedes();
  });
  afterAll(() => aedes.stop());

  holdToTable('aedes', [4], () => Number(new URL(aedes.url).port), idle);
});

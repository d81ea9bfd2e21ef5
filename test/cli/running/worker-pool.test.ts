import { expect, it } from 'vitest';
import { WorkerPool } from '../../../src/cli/running/worker-pool.js';
import { VirtualClock } from '../../../src/time/index.js';
import { FakeChild } from '../../support/cli/fake-child.js';

/** A pool of as many workers, and what became of it; the wait is always the longest. */
function poolOf(count: number) {
  const clock = new VirtualClock();
  const forked: { worker: number; child: FakeChild }[] = [];
  const lines: string[] = [];
  const pool = new WorkerPool({
    count,
    clock,
    random: () => 0.999_999_999,
    fork(worker) {
      const child = new FakeChild();
      forked.push({ worker, child });
      return child;
    },
    say: (line) => lines.push(line),
    complain: (line) => lines.push(line),
  });
  const at = (place: number) => forked[place]!.child;
  return { clock, pool, lines, at, workers: () => forked.map(({ worker }) => worker) };
}

it('starts the others when the first has started', () => {
  const { at, workers, lines } = poolOf(3);
  expect(workers()).toEqual([1]);
  at(0).says({ running: true });
  expect(workers()).toEqual([1, 2, 3]);
  expect(lines).toEqual(['Worker 1 is running.']);
});

it('waits longer each time that a worker ends soon, and begins anew with one that had settled', async () => {
  const { clock, at, workers, lines } = poolOf(1);
  const waits: string[] = [];
  const endsAfter = async (place: number, ms: number) => {
    at(place).says({ running: true });
    await clock.advance(ms);
    at(place).ends('SIGKILL');
    waits.push(/in (\d+) ms/.exec(lines.at(-1) ?? '')?.[1] ?? '');
    await clock.advance(Number(waits.at(-1)) - 1);
    expect(workers()).toHaveLength(place + 1);
    await clock.advance(1);
    expect(workers()).toHaveLength(place + 2);
  };
  for (const [place, ms] of [0, 10, 59_999, 60_000, 0].entries()) await endsAfter(place, ms);
  expect(waits).toEqual(['1000', '2000', '4000', '1000', '2000']);
  expect(lines).toContain('Worker 1 ended (SIGKILL). It is started again in 1000 ms.');
});

it('goes on trying with a worker that ran before and can not start again', async () => {
  const { clock, at, workers } = poolOf(1);
  at(0).says({ running: true });
  at(0).ends(1);
  await clock.advance(1_000);
  at(1).ends(1); // without having started
  await clock.advance(2_000);
  expect(workers()).toEqual([1, 1, 1]);
});

it.each([0, 1, 2])(
  'ends all with 1 where worker %s of three, counted from 0, can not start',
  async (place) => {
    const { pool, at, lines } = poolOf(3);
    if (place > 0) at(0).says({ running: true });
    at(place).ends(3);
    expect(lines.at(-1)).toBe(`Worker ${place + 1} could not start (exit code 3). All are stopped.`);
    const others = place === 0 ? [] : [0, 1, 2].filter((each) => each !== place);
    for (const other of others) {
      expect(at(other).asked).toEqual(['stop']);
      at(other).ends(0);
    }
    expect(await pool.whole).toBe(1);
  },
);

it('stops all at a signal, starts none again, and ends with 0', async () => {
  const { clock, pool, at, workers } = poolOf(2);
  at(0).says({ running: true });
  at(1).says({ running: true });
  at(1).ends(7); // waits to be started again
  pool.stop();
  expect(at(0).asked).toEqual(['stop']);
  at(0).ends(0);
  expect(await pool.whole).toBe(0);
  await clock.advance(60_000);
  expect(workers()).toEqual([1, 2]);
});

it('ends with 1 where a worker does not stop in good order', async () => {
  const { pool, at } = poolOf(1);
  at(0).says({ running: true });
  pool.stop();
  pool.kill();
  at(0).ends('SIGKILL');
  expect(at(0).asked).toEqual(['stop', 'kill']);
  expect(await pool.whole).toBe(1);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GivenUp, Job } from '../../../src/app/concurrency/job.js';
import { Lanes } from '../../../src/app/concurrency/lanes.js';
import { defaultConcurrency, type RouteConcurrency } from '../../../src/app/policies/concurrency.js';

/** A job that runs until the test ends it, or is done at once. */
class TestJob implements Job {
  behind: Job | undefined;
  older: Job | undefined;
  newer: Job | undefined;
  state: 'waits' | 'runs' | 'done' | GivenUp = 'waits';
  end = () => {};

  constructor(
    readonly name: string,
    readonly key: string | undefined,
    readonly droppable: boolean,
    readonly isPrompt: boolean,
    readonly started: TestJob[],
  ) {}

  run(done: (job: Job) => void): 'done' | 'running' {
    this.started.push(this);
    if (this.isPrompt) {
      this.state = 'done';
      return 'done';
    }
    this.state = 'runs';
    this.end = () => {
      this.state = 'done';
      done(this);
    };
    return 'running';
  }

  drop(why: GivenUp): void {
    this.state = why;
  }
}

/** Lanes with jobs that are called by what they are: `a0` is the message `0` of the key `a`, `-0` one without a key. In capitals: QoS 1. */
class Stage {
  readonly started: TestJob[] = [];
  readonly lanes: Lanes;
  readonly jobs = new Map<string, TestJob>();

  constructor(options: Partial<RouteConcurrency> = {}) {
    this.lanes = new Lanes({ ...defaultConcurrency, ...options });
  }

  add(...names: string[]): void {
    for (const name of names) {
      const letter = name[0] ?? '';
      const key = letter === '-' ? undefined : letter.toLowerCase();
      const job = new TestJob(name, key, letter === letter.toLowerCase(), false, this.started);
      this.jobs.set(name, job);
      this.lanes.add(job);
    }
  }

  end(...names: string[]): void {
    for (const name of names) this.jobs.get(name)?.end();
  }

  named(state: TestJob['state']): string {
    return [...this.jobs.values()]
      .filter((job) => job.state === state)
      .map(({ name }) => name)
      .join(' ');
  }

  get order(): string {
    return this.started.map(({ name }) => name).join(' ');
  }
}

describe('lanes', () => {
  it('run one job of a key at a time, and other keys beside it', () => {
    const stage = new Stage();
    stage.add('a0', 'a1', 'b0', 'a2');
    expect(stage.named('runs')).toBe('a0 b0');
    stage.end('a0');
    expect(stage.named('runs')).toBe('a1 b0');
  });

  it('run jobs without a key beside each other, in order of arrival', () => {
    const stage = new Stage({ max: 2 });
    stage.add('-0', '-1', '-2', '-3');
    expect(stage.named('runs')).toBe('-0 -1');
    stage.end('-1', '-0');
    expect(stage.order).toBe('-0 -1 -2 -3');
  });

  it('give every key its turn, however much waits behind another', () => {
    const stage = new Stage({ max: 1 });
    stage.add('a0', 'a1', 'a2', 'b0', 'c0');
    stage.end('a0', 'b0', 'c0', 'a1');
    expect(stage.order).toBe('a0 b0 c0 a1 a2');
  });

  it('start nothing while they are paused; what runs goes on, and what waits keeps its order', () => {
    const stage = new Stage({ max: 2 });
    stage.add('a0', 'a1');
    stage.lanes.pause();
    stage.add('b0', 'c0');
    stage.end('a0');
    expect(stage.named('runs')).toBe('');
    expect([stage.lanes.running, stage.lanes.waiting]).toEqual([0, 3]);
    stage.lanes.resume();
    expect(stage.named('runs')).toBe('b0 c0');
    stage.end('b0');
    expect(stage.order).toBe('a0 b0 c0 a1');
  });

  it('start again when everybody who paused them has resumed', () => {
    const stage = new Stage();
    stage.lanes.pause();
    stage.lanes.pause();
    stage.add('a0');
    stage.lanes.resume();
    expect(stage.named('runs')).toBe('');
    stage.lanes.resume();
    expect(stage.named('runs')).toBe('a0');
  });

  it('hold no more droppable jobs than the queue is long, over all keys', () => {
    const stage = new Stage({ max: 1, queue: 3 });
    stage.add('a0', 'b0', 'c0', 'd0', 'e0', 'f0');
    expect(stage.named('queue-full')).toBe('b0 c0');
    expect(stage.lanes.waiting).toBe(3);
  });

  it('let the key that floods pay for it', () => {
    const stage = new Stage({ max: 1, queue: 3 });
    stage.add('x0', 'b0', 'a0', 'a1', 'a2', 'a3');
    expect(stage.named('queue-full')).toBe('a0 a1');
    expect(stage.named('waits')).toBe('b0 a2 a3');
  });

  it('give up the job that comes where the policy says so', () => {
    const stage = new Stage({ max: 1, queue: 2, overflow: 'drop-newest' });
    stage.add('a0', 'b0', 'a1', 'c0', 'a2');
    expect(stage.named('queue-full')).toBe('c0 a2');
  });

  it('keep the newest of each key, in the turn of the one that it replaces', () => {
    const stage = new Stage({ max: 1, overflow: 'latest' });
    stage.add('x0', 'a0', 'b0', 'a1', 'a2', 'b1');
    expect(stage.named('conflated')).toBe('a0 b0 a1');
    stage.end('x0', 'a2');
    expect(stage.order).toBe('x0 a2 b1');
  });

  it('never pass a job that stays, also where the newest of a key does', () => {
    const stage = new Stage({ max: 1, overflow: 'latest' });
    stage.add('x0', 'a0', 'A1', 'a2');
    expect(stage.named('conflated')).toBe('a0');
    stage.end('x0', 'A1');
    expect(stage.order).toBe('x0 A1 a2');
  });

  it('bound the keys of which the newest is kept', () => {
    const stage = new Stage({ max: 1, queue: 2, overflow: 'latest' });
    stage.add('x0', 'a0', 'b0', 'a1', 'c0');
    expect(stage.named('conflated')).toBe('a0');
    expect(stage.named('queue-full')).toBe('b0');
    stage.end('x0', 'a1');
    expect(stage.order).toBe('x0 a1 c0');
  });

  it('give up no job that has to stay, however many wait', () => {
    for (const overflow of ['drop-oldest', 'drop-newest', 'latest'] as const) {
      const stage = new Stage({ max: 1, queue: 1, overflow });
      stage.add('A0', 'A1', 'B0', 'A2', 'B1');
      expect(stage.lanes.waiting).toBe(4);
    }
  });

  it('keep every promise under any sequence of arrivals, ends and pauses', () => {
    const often = fc.nat({ max: 4 }).map((n) => n > 0);
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          add: fc.constantFrom('a', 'b', 'c', 'd', undefined),
          droppable: often,
          isPrompt: often.map((is) => !is),
        }),
      },
      { weight: 3, arbitrary: fc.record({ end: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant('pause' as const) },
      { weight: 1, arbitrary: fc.constant('resume' as const) },
    );
    const options = fc.record({
      max: fc.integer({ min: 1, max: 3 }),
      queue: fc.integer({ min: 1, max: 4 }),
      overflow: fc.constantFrom('drop-oldest', 'drop-newest', 'latest'),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 60 }), (chosen, steps) => {
        const started: TestJob[] = [];
        const lanes = new Lanes(chosen);
        const jobs: TestJob[] = [];
        const of = (state: TestJob['state']) => jobs.filter((job) => job.state === state);
        let pauses = 0;
        const check = () => {
          const [running, waiting] = [of('runs'), of('waits')];
          expect([lanes.running, lanes.waiting]).toEqual([running.length, waiting.length]);
          expect(running.length).toBeLessThanOrEqual(chosen.max);
          const keys = running.flatMap(({ key }) => key ?? []);
          expect(new Set(keys).size).toBe(keys.length);
          expect(waiting.filter(({ droppable }) => droppable).length).toBeLessThanOrEqual(chosen.queue);
          if (pauses === 0 && running.length < chosen.max) {
            expect(waiting.filter(({ key }) => key === undefined || !keys.includes(key))).toEqual([]);
          }
        };
        for (const each of steps) {
          if (each === 'pause') {
            pauses++;
            lanes.pause();
          } else if (each === 'resume') {
            if (pauses === 0) continue;
            pauses--;
            lanes.resume();
          } else if ('end' in each) {
            const running = of('runs');
            running[each.end % running.length]?.end();
          } else {
            const job = new TestJob(String(jobs.length), each.add, each.droppable, each.isPrompt, started);
            const busy = [...of('runs'), ...of('waits')].map(({ key }) => key);
            const isFree = job.key === undefined || !busy.includes(job.key);
            const startsAtOnce = pauses === 0 && of('runs').length < chosen.max && isFree;
            const victim = startsAtOnce ? undefined : victimOf(chosen, job, of('waits'));
            const gone = jobs.filter(isGivenUp);
            jobs.push(job);
            lanes.add(job);
            expect(jobs.filter((other) => isGivenUp(other) && !gone.includes(other))).toEqual(
              victim ? [victim] : [],
            );
            expect(started.includes(job)).toBe(startsAtOnce);
          }
          check();
        }
        for (; pauses > 0; pauses--) lanes.resume();
        for (let [job] = of('runs'); job; [job] = of('runs')) job.end();
        expect(of('waits')).toEqual([]);
        for (const key of ['a', 'b', 'c', 'd']) {
          const numbers = started.filter((job) => job.key === key).map(({ name }) => Number(name));
          expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
        }
        expect(jobs.filter(({ droppable, state }) => !droppable && state !== 'done')).toEqual([]);
        // Who keeps one message keeps no other.
        expect(jobs.filter(({ behind, older, newer }) => behind ?? older ?? newer)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

const isGivenUp = ({ state }: TestJob) => state === 'queue-full' || state === 'conflated';

/** Who has to go by the words of the option, looked for in all that waits, in order of arrival. */
function victimOf(
  { queue, overflow }: Pick<RouteConcurrency, 'queue' | 'overflow'>,
  job: TestJob,
  waiting: readonly TestJob[],
): TestJob | undefined {
  if (!job.droppable) return undefined;
  const droppable = waiting.filter((each) => each.droppable);
  const same = droppable.find(({ key }) => key !== undefined && key === job.key);
  const isFull = droppable.length >= queue;
  if (overflow === 'latest' && same) return same;
  if (!isFull) return undefined;
  return overflow === 'drop-newest' ? job : (same ?? droppable[0]);
}

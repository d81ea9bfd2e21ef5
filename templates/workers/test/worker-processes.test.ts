import { EventEmitter } from 'node:events';
import { expect, it, vi } from 'vitest';
import { type Processes, WorkerProcesses } from '../src/worker-processes.js';

class FakeProcesses implements Processes {
  readonly forked: FakeWorker[] = [];

  fork({ WORKER }: { WORKER: string }) {
    const worker = new FakeWorker(WORKER);
    this.forked.push(worker);
    // The two members that are asked for behave as those of a real one.
    return worker as unknown as ReturnType<Processes['fork']>;
  }
}

class FakeWorker extends EventEmitter {
  readonly kill = vi.fn();
  constructor(readonly number: string) {
    super();
  }
}

it('numbers the processes, and starts one again that ended', () => {
  const log = vi.spyOn(console, 'error').mockReturnValue();
  const processes = new FakeProcesses();
  const workers = new WorkerProcesses(processes);
  workers.start(2);
  processes.forked[1]?.emit('exit', 1);
  expect(processes.forked.map(({ number }) => number)).toEqual(['1', '2', '2']);
  expect(workers.running).toBe(2);
  expect(log).toHaveBeenCalledWith('worker 2 ended with 1; it is started again');
  log.mockRestore();
});

it('stops them all, and starts none again', () => {
  const processes = new FakeProcesses();
  const workers = new WorkerProcesses(processes);
  workers.start(2);
  workers.stop();
  for (const worker of processes.forked) {
    expect(worker.kill).toHaveBeenCalledExactlyOnceWith('SIGTERM');
    worker.emit('exit', 0);
  }
  expect([workers.running, processes.forked.length]).toEqual([0, 2]);
});

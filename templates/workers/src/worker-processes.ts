import type { Worker } from 'node:cluster';

/** What of node:cluster is needed to keep processes. */
export interface Processes {
  fork(env: { readonly WORKER: string }): Pick<Worker, 'on' | 'kill'>;
}

/** Starts processes with numbers from 1, and one that ends again under its number, until they are told to stop. */
export class WorkerProcesses {
  readonly #processes: Processes;
  readonly #running = new Set<Pick<Worker, 'on' | 'kill'>>();
  #isStopping = false;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  get running(): number {
    return this.#running.size;
  }

  start(count: number): void {
    for (let number = 1; number <= count; number++) this.#fork(number);
  }

  /** Each stops as it would at a signal: it finishes what it has begun. */
  stop(): void {
    this.#isStopping = true;
    for (const worker of this.#running) worker.kill('SIGTERM');
  }

  #fork(number: number): void {
    const worker = this.#processes.fork({ WORKER: `${number}` });
    this.#running.add(worker);
    worker.on('exit', (code: number | null) => {
      this.#running.delete(worker);
      if (this.#isStopping) return;
      console.error(`worker ${number} ended with ${code}; it is started again`);
      this.#fork(number);
    });
  }
}

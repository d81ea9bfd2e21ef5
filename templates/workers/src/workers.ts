import cluster from 'node:cluster';
import { env } from './env.js';
import { WorkerProcesses } from './worker-processes.js';

if (cluster.isPrimary) {
  const workers = new WorkerProcesses(cluster);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => workers.stop());
  workers.start(env.WORKERS);
} else {
  process.on('SIGINT', () => {}); // left to the first process
  await import('./main.js');
  cluster.worker?.disconnect(); // the channel to the first process would keep this one alive
}

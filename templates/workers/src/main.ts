import { serve } from '@hono/node-server';
import { app } from './app.js';
import { env, metricsPort } from './env.js';

// /metrics, /healthz and /readyz of this process.
const server = serve({ fetch: app.fetch, port: metricsPort(env) }, ({ port }) => {
  console.error(`worker ${env.TOPICWISE_WORKER} serves http://localhost:${port}/metrics`);
});
await app.run();
server.close();

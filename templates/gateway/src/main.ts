import { serve } from '@hono/node-server';
import { app, board } from './app.js';
import { env } from './env.js';
import { createHttp } from './http.js';

const server = serve({ fetch: createHttp(app, board).fetch, port: env.HTTP_PORT }, ({ port }) => {
  console.error(`http://localhost:${port}/ shows the lamps`);
});
await app.run();
server.close();
if ('closeAllConnections' in server) server.closeAllConnections(); // pages that watch would stay for ever

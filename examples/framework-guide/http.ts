import { createServer, type Server } from 'node:http';
import type { App } from 'topicwise';

/** Health and metrics in a server of Node's own. Where requests are the web's already, `app.fetch` is all there is to write. */
export function serve(app: App): Server {
  return createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const response = await app.fetch(new Request(url, { method: incoming.method ?? 'GET' }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  });
}

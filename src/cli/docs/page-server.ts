import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DocumentationPage } from '../../app/lifecycle/documentation-page.js';
import { ASYNCAPI_CONTENT_TYPE, type AsyncApiDocument } from '../../asyncapi/index.js';
import { listenErrorOf } from '../../broker/listen-error.js';
import { Failure } from '../command.js';

const HOST = '127.0.0.1';

/** Serves a page and its document to this machine. Rejects with a Failure where the port is not to be had. */
export async function servePage(
  page: DocumentationPage,
  document: AsyncApiDocument,
  port: number,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const answers: Readonly<Record<string, { type: string; body: string }>> = {
    '/': { type: 'text/html; charset=utf-8', body: page.html },
    '/asyncapi.json': { type: ASYNCAPI_CONTENT_TYPE, body: JSON.stringify(document, undefined, 2) },
  };
  const server = createServer(({ method, url = '/' }, response) => {
    const path = new URL(url, `http://${HOST}`).pathname;
    const found = Object.hasOwn(answers, path) ? answers[path] : undefined;
    const [status, type, body] =
      method !== 'GET' && method !== 'HEAD'
        ? [405, 'text/plain', `${method} has no meaning here. Use GET.\n`]
        : found
          ? [200, found.type, found.body]
          : [404, 'text/plain', 'There is / and /asyncapi.json.\n'];
    response.writeHead(status, {
      'content-type': type,
      'content-security-policy': page.policy,
      'cache-control': 'no-store',
    });
    response.end(method === 'HEAD' ? undefined : body);
  });
  await listening(server, port);
  const { port: taken } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://${HOST}:${taken}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections(); // a browser keeps its own open
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Failure(listenErrorOf(error, HOST, port).message)));
    server.listen(port, HOST, resolve);
  });
}

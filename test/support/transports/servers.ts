// Servers of every transport on the loopback interface, each handing on what it accepts as a byte stream.
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';

/** Where a server listens: as an address for clients, and in parts. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly path: string;
}

export type Accept = (stream: Duplex, socket: Socket) => void;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Runs after the test, the newest first. */
export function afterThisTest(close: () => unknown): void {
  closers.push(async () => close());
}

const folder = new URL('../tls/', import.meta.url);
export const certificate = (name: string): Promise<Buffer> => readFile(new URL(`${name}.pem`, folder));
export const certificatePath = (name: string): string => fileURLToPath(new URL(`${name}.pem`, folder));

/** The certificate and key of that name. */
export async function identity(name: string): Promise<{ cert: Buffer; key: Buffer }> {
  return { cert: await certificate(name), key: await certificate(`${name}-key`) };
}

export async function serveTcp(accept: Accept, host = '127.0.0.1'): Promise<TestServer> {
  const server = createServer((socket) => accept(socket, socket));
  const port = await listening(server, { port: 0, host });
  const authority = host.includes(':') ? `[${host}]` : host;
  return { url: `mqtt://${authority}:${port}`, port, path: '' };
}

/** With the certificate `server` for localhost unless said otherwise. */
export async function serveTls(accept: Accept, options: TlsOptions = {}): Promise<TestServer> {
  const server = createTlsServer({ ...(await identity('server')), ...options }, (socket) => {
    socket.on('error', ignore);
    accept(socket, socket);
  });
  server.on('tlsClientError', ignore);
  const port = await listening(server, { port: 0, host: '127.0.0.1' });
  return { url: `mqtts://127.0.0.1:${port}`, port, path: '' };
}

export async function serveUnix(accept: Accept): Promise<TestServer> {
  const path = join(await temporaryFolder(), 'broker.sock');
  const server = createServer((socket) => accept(socket, socket));
  await listening(server, { path });
  return { url: `mqtt+unix://${path}`, port: 0, path };
}

export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'topicwise-'));
  closers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

export interface WebSocketServing {
  tls?: TlsOptions;
  /** Gets the WebSocket itself instead of a stream on it. */
  raw?: (webSocket: WebSocket, request: IncomingMessage) => void;
  /** The subprotocol that the server chooses. Default `mqtt`. */
  subprotocol?: string | false;
}

/** Takes WebSockets under `/mqtt`; everything else is 404. */
export async function serveWebSocket(accept: Accept, serving: WebSocketServing = {}): Promise<TestServer> {
  const { tls, raw, subprotocol = 'mqtt' } = serving;
  const server = tls ? createHttpsServer({ ...(await identity('server')), ...tls }) : createHttpServer();
  server.on('tlsClientError', ignore);
  server.on('request', (_, response) => response.writeHead(404).end());
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: true, // for clients that ask for it
    handleProtocols: () => subprotocol,
  });
  server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://any').pathname !== '/mqtt') {
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', ignore);
      if (raw) raw(webSocket, request);
      else accept(createWebSocketStream(webSocket), request.socket);
    });
  });
  const port = await listening(server, { port: 0, host: '127.0.0.1' });
  return { url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}/mqtt`, port, path: '/mqtt' };
}

/** Resolves with the port; closes server and connections after the test. */
export async function listening(
  server: Server | HttpServer,
  options: { port: number; host: string } | { path: string },
): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', ignore);
    socket.once('close', () => sockets.delete(socket));
  });
  closers.push(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Ports that are free at the moment, each under a name. */
export async function freePorts(...names: string[]): Promise<Record<string, number>> {
  const servers = names.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port); // it listens on TCP
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(names.map((name, at) => [name, ports[at]!]));
}

/** What fails here is seen, and tested, at the client. */
function ignore(): void {}

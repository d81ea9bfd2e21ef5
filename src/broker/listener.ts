import type { Server, Socket } from 'node:net';
import { describe } from '../packets/outgoing-checks.js';
import type { Transport } from '../transports/index.js';
import { ListenError, listenErrorOf } from './listen-error.js';
import { tcpServer } from './listener-tcp.js';
import { webSocketServer } from './listener-web-socket.js';

interface WhereToListen {
  /** 0 to 65,535. Default 0: a free one. */
  port?: number | undefined;
  /** Default '127.0.0.1': this machine only. */
  host?: string | undefined;
}

/** Where to take MQTT on TCP. */
export interface TcpListenOptions extends WhereToListen {
  /** MQTT on plain TCP, the default. */
  protocol?: 'mqtt' | undefined;
}

/** Where to take MQTT over WebSocket. */
export interface WebSocketListenOptions extends WhereToListen {
  /** MQTT over WebSocket, subprotocol `mqtt`: needs the package `ws` beside this one. MQTT 5.0, 6. */
  protocol: 'ws';
  /** The only path to take WebSockets under, such as '/mqtt'; others are answered with 404. Default: any path. */
  path?: string | undefined;
}

/** Where to listen, and for what. */
export type ListenOptions = TcpListenOptions | WebSocketListenOptions;

/** A place where the broker takes clients. */
export interface Listener {
  /** `mqtt://host:port` or `ws://host:port/path`, as a client connects to it. */
  readonly url: string;
  /** Stops listening and ends the connections that came through this listener. */
  close(): Promise<void>;
}

/** Who a listener works for. */
export interface ListenerHost {
  accept(transport: Transport): void;
  /** Something went wrong while it listened; it goes on. */
  failed(url: string, error: Error): void;
  /** Connections at one time that the host has room for. */
  readonly connections: number;
  /** Milliseconds that a connection has until its CONNECT. */
  readonly connectTimeout: number;
  /** Bytes of the largest packet that the host takes. */
  readonly maximumPacketSize: number;
}

/** Accepts connections and hands each on as a transport. Rejects with a ListenError. */
export async function listen(options: ListenOptions, host: ListenerHost): Promise<Listener> {
  check(options);
  const { host: name = '127.0.0.1', port = 0 } = options;
  const server =
    options.protocol === 'ws' ? await webSocketServer(options, host) : tcpServer((made) => host.accept(made));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await opened(server, port, name);
  const url = urlOf(server, options);
  server.on('error', (error) => host.failed(url, error));
  return { url, close: () => closeServer(server, sockets) };
}

function check(options: ListenOptions): void {
  if (typeof options !== 'object' || options === null)
    throw wrongOption(`its options are ${describe(options)}. Give an object, such as { port: 1883 }`);
  const { protocol = 'mqtt', port = 0, host = '127.0.0.1' } = options;
  const path = 'path' in options ? options.path : undefined;
  const wrong =
    (protocol !== 'mqtt' && protocol !== 'ws' && `protocol is '${protocol}'. Give 'mqtt' or 'ws'`) ||
    (!(Number.isInteger(port) && port >= 0 && port <= 65_535) &&
      `port is ${port}. Give a whole number from 0 to 65535; 0 takes a free one`) ||
    ((typeof host !== 'string' || host === '') && "host is empty. Give an address such as '127.0.0.1'") ||
    (path !== undefined && protocol === 'mqtt' && "path is for protocol 'ws'. Leave it out on TCP") ||
    (path !== undefined &&
      !/^\/[^?#\s]*$/.test(path) &&
      `path is '${path}'. Give one that starts with '/', such as '/mqtt', without '?' and '#'`);
  if (wrong) throw wrongOption(wrong);
}

function wrongOption(wrong: string): ListenError {
  return new ListenError('ERR_INVALID_ARG_VALUE', `The broker can't listen: ${wrong}.`);
}

function opened(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(listenErrorOf(error, host, port));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function urlOf(server: Server, options: ListenOptions): string {
  // It listens on a host and a port: then the system tells where.
  const { family, address, port } = server.address() as { family: string; address: string; port: number };
  const authority = `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return options.protocol === 'ws' ? `ws://${authority}${options.path ?? ''}` : `mqtt://${authority}`;
}

/** Ends the connections; what the system already took of our bytes still leaves. */
function closeServer(server: Server, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) {
      // Bytes that the system did not take wait for a peer that does not read: it is not waited for.
      if (socket.writableLength > 0) socket.destroy();
      else socket.destroySoon();
    }
  });
}

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { socketPeer } from './duplex.js';
import type { Transport } from './transport.js';
import { type WebSocketLike, WebSocketTransport } from './web-socket-transport.js';
import { loadWs } from './ws-package.js';

export interface WebSocketUpgradeOptions {
  /** The path to take WebSockets under; every other one is answered with 404. Default: any path. */
  path?: string | undefined;
  /** Bytes of a whole message that a client may send; more of them end the connection with 1009. */
  maximumMessageSize: number;
  /** How the package `ws` is loaded. */
  load?: (() => Promise<WebSocketServerModule>) | undefined;
}

/** What is used of the package `ws`. */
export interface WebSocketServerModule {
  readonly WebSocketServer: new (
    options: object,
  ) => {
    handleUpgrade(
      request: IncomingMessage,
      socket: Socket,
      head: Buffer,
      taken: (webSocket: WebSocketLike) => void,
    ): void;
  };
}

/** Answers one request to upgrade: `accept` gets the transport, or the client a status and a sentence. */
export type WebSocketUpgrade = (
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  accept: (transport: Transport) => void,
) => void;

/** Milliseconds for which `ws` waits for a peer that said goodbye and keeps the socket open. */
const closeTimeout = 1_000;

/**
 * The server's side of MQTT over WebSocket, for the event `upgrade` of an HTTP server: selects the subprotocol `mqtt` [MQTT-6.0.0-4].
 * Rejects with an OpenError where the package `ws` is missing.
 */
export async function webSocketUpgrade(options: WebSocketUpgradeOptions): Promise<WebSocketUpgrade> {
  const { path, maximumMessageSize, load } = options;
  const { WebSocketServer } = await loadWs<WebSocketServerModule>(load);
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false, // as on the client's side
    maxPayload: maximumMessageSize,
    closeTimeout,
    handleProtocols: () => 'mqtt',
  });
  return (request, socket, head, accept) => {
    // From here on the socket is no longer the HTTP server's; one that fails during the handshake interests nobody.
    socket.on('error', () => {});
    if (path !== undefined && pathOf(request) !== path) {
      return refuse(socket, '404 Not Found', `MQTT over WebSocket is at the path ${path}.`);
    }
    if (!offersMqtt(request)) {
      return refuse(socket, '400 Bad Request', 'Offer the WebSocket subprotocol mqtt [MQTT-6.0.0-3].');
    }
    server.handleUpgrade(request, socket, head, (webSocket) =>
      accept(new WebSocketTransport(webSocket, socketPeer(socket))),
    );
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

function offersMqtt({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((name) => name.trim() === 'mqtt');
}

function refuse(socket: Socket, status: string, sentence: string): void {
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(sentence) + 1}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${sentence}\n`);
  socket.destroySoon(); // a peer that does not close its end is not waited for
}

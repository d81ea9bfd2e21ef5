import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { OpenError, webSocketUpgrade } from '../transports/index.js';
import { ListenError } from './listen-error.js';
import type { ListenerHost, WebSocketListenOptions } from './listener.js';

/** Bytes that a message may have beside a packet of the largest size: a client may put several into one message [MQTT-6.0.0-2]. */
const ROOM_FOR_OTHERS = 1_048_576;

/** A server that takes MQTT over WebSocket; it does not listen yet. */
export async function webSocketServer({ path }: WebSocketListenOptions, host: ListenerHost): Promise<Server> {
  const maximumMessageSize = host.maximumPacketSize + ROOM_FOR_OTHERS;
  const upgrade = await webSocketUpgrade({ path, maximumMessageSize }).catch(packageMissing);
  // Until it is a WebSocket, a connection is the HTTP server's: that has to count it and to lose patience by itself.
  const patience = { headersTimeout: host.connectTimeout, requestTimeout: host.connectTimeout };
  const server = createServer({ noDelay: true, ...patience }, answer);
  server.maxConnections = host.connections;
  server.on('upgrade', (request, socket, head) => {
    // The socket of a request that came to a server on TCP.
    upgrade(request, socket as Socket, head, (transport) => host.accept(transport));
  });
  return server;
}

/** To who speaks HTTP without a wish for a WebSocket. */
function answer(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Type': 'text/plain' });
  response.end('This port takes MQTT over WebSocket only.\n');
}

function packageMissing(error: Error): never {
  if (!(error instanceof OpenError)) throw error;
  throw new ListenError('ERR_MODULE_NOT_FOUND', `${error.message}.`, error);
}

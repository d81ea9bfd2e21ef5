import { createServer, type Server } from 'node:net';
import { fromDuplex, socketPeer, type Transport } from '../transports/index.js';

/** A server that takes plain TCP connections; it does not listen yet. */
export function tcpServer(accept: (transport: Transport) => void): Server {
  return createServer({ noDelay: true }, (socket) => accept(fromDuplex(socket, 'tcp', socketPeer(socket))));
}

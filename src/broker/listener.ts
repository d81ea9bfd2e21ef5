import { createServer, type Socket } from 'node:net';
import { fromDuplex, type Transport } from '../transports/index.js';

export interface ListenOptions {
  /** Default 0: a free one. */
  port?: number;
  /** Default '127.0.0.1': this machine only. */
  host?: string;
}

export interface Listener {
  /** `mqtt://host:port`, as a client connects to it. */
  readonly url: string;
  /** Stops listening and ends the connections that came through this listener. */
  close(): Promise<void>;
}

/** Accepts TCP connections and hands each on as a transport. Rejects with the system's error, such as `EADDRINUSE`. */
export async function listen(
  { port = 0, host = '127.0.0.1' }: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    accept(fromDuplex(socket, 'tcp'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error(`Broker.listen: ${host} is no TCP address.`);
  const authority = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `mqtt://${authority}:${address.port}`,
    close: () => closeServer(server, sockets),
  };
}

/** Ends the connections; what the system already took of our bytes still leaves. */
function closeServer(server: ReturnType<typeof createServer>, sockets: Set<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) {
      // Bytes that the system did not take wait for a peer that does not read: it is not waited for.
      if (socket.writableLength > 0) socket.destroy();
      else socket.destroySoon();
    }
  });
}

import { connect } from 'node:net';
import { DuplexTransport } from './duplex.js';
import type { Transport } from './transport.js';

export interface TcpOptions {
  host: string;
  port: number;
  /** Gives the attempt up, in every phase of it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Reads land here, whatever the connection: a read is handed on before the next one starts, so one buffer serves them all. Not so on
 * Windows, where a read that waits owns its buffer.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(65_536);

/** Opens a TCP connection. Rejects with the system's error (`code` such as `ECONNREFUSED`) if that fails. */
export function connectTcp({ host, port, signal }: TcpOptions): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let transport: DuplexTransport | undefined;
    const socket = connect({
      host,
      port,
      noDelay: true, // packets leave once a tick already; waiting for more to send would only add latency
      onread: {
        buffer: process.platform === 'win32' ? Buffer.allocUnsafe(65_536) : sharedReadBuffer,
        callback: (length, buffer) => {
          transport?.take(buffer.subarray(0, length));
          return true;
        },
      },
    });
    const settle = () => {
      signal?.removeEventListener('abort', aborted);
      socket.off('error', failed);
      socket.off('connect', connected);
    };
    const aborted = () => {
      settle();
      socket.on('error', () => {}); // the attempt is over; what it still has to say interests nobody
      socket.destroy();
      reject(signal?.reason);
    };
    const failed = (error: Error) => {
      settle();
      socket.on('error', () => {}); // as above
      socket.destroy();
      reject(error);
    };
    const connected = () => {
      settle();
      socket.pause(); // nothing is read before somebody listens
      transport = new DuplexTransport(socket, 'tcp', true);
      resolve(transport);
    };
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed);
    socket.once('connect', connected);
  });
}

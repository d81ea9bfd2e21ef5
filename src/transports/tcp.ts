import { connect } from 'node:net';
import { openSocket } from './open-socket.js';
import type { Transport } from './transport.js';

export interface TcpOptions {
  host: string;
  port: number;
  /** Gives the attempt up, in every phase of it; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Opens a TCP connection. Rejects with the system's error (`code` such as `ECONNREFUSED`) if that fails. */
export function connectTcp({ host, port, signal }: TcpOptions): Promise<Transport> {
  return openSocket({
    kind: 'tcp',
    ready: 'connect',
    signal,
    // Packets leave once a tick already; waiting for more to send would only add latency.
    open: (onread) => connect({ host, port, noDelay: true, onread }),
  });
}

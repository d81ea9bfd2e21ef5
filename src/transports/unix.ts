import { connect } from 'node:net';
import { openSocket } from './open-socket.js';
import { OpenError, type Transport } from './transport.js';

export interface UnixOptions {
  /** Of the socket in the file system. */
  path: string;
  /** Gives the attempt up; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What fits into the system's `sockaddr_un`, without the zero that ends it. */
const longestPath = process.platform === 'darwin' ? 103 : 107;

/** Connects to a Unix domain socket. Rejects with the system's error (`code` such as `ENOENT`, `EACCES`) if that fails. */
export async function connectUnix({ path, signal }: UnixOptions): Promise<Transport> {
  const length = Buffer.byteLength(path);
  if (length > longestPath) {
    // The system would cut it and look for another file.
    throw new OpenError(
      `the path of a Unix socket has at most ${longestPath} bytes, this one ${length}`,
      false,
    );
  }
  return openSocket({
    kind: 'unix',
    ready: 'connect',
    signal,
    open: (onread) => connect({ path, onread }),
  });
}

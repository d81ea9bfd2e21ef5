import type { OnReadOpts, Socket } from 'node:net';
import { onAbort } from '../time/on-abort.js';
import { DuplexTransport } from './duplex.js';
import type { Transport } from './transport.js';

interface Opening {
  readonly kind: 'tcp' | 'tls' | 'unix';
  /** The event that says that bytes may flow. */
  readonly ready: 'connect' | 'secureConnect';
  /** Gives the attempt up, in every phase of it; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal | undefined;
  /** Starts the attempt. The socket must be opened with this `onread`. */
  readonly open: (onread: OnReadOpts) => Socket;
}

/**
 * Reads land here, whatever the connection: a read is handed on before the next one starts, so one buffer serves them all. Not so on
 * Windows, where a read that waits owns its buffer.
 */
const sharedReadBuffer = Buffer.allocUnsafeSlow(65_536);

/** Resolves once the socket is ready. Rejects with the system's error, and leaves no socket open, if that fails. */
export function openSocket({ kind, ready, signal, open }: Opening): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let transport: DuplexTransport | undefined;
    const socket = open({
      buffer: process.platform === 'win32' ? Buffer.allocUnsafe(65_536) : sharedReadBuffer,
      callback: (length, buffer) => {
        transport?.take(buffer.subarray(0, length));
        return true;
      },
    });
    const settle = () => {
      ignoreAbort();
      socket.off('error', failed);
      socket.off(ready, connected);
    };
    const giveUp = (reason: unknown) => {
      settle();
      socket.on('error', () => {}); // the attempt is over; what it still has to say interests nobody
      socket.destroy();
      reject(reason);
    };
    const failed = (error: Error) => giveUp(error);
    const connected = () => {
      settle();
      socket.pause(); // nothing is read before somebody listens
      transport = new DuplexTransport(socket, kind, { readsByItself: true });
      resolve(transport);
    };
    const ignoreAbort = onAbort(signal, () => giveUp(signal?.reason));
    socket.once('error', failed);
    socket.once(ready, connected);
  });
}

import type { Transport } from '../transports/transport.js';
import { closeStream } from './closing-streams.js';
import { unreachable } from './connect-failures.js';
import type { Target } from './endpoint.js';

/** Opens the byte stream. An endpoint that does not listen to the signal is not waited for; what it opens late is closed. */
export function dial(target: Target, attempt: number, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    // An async function, so that an endpoint that throws rejects.
    const opening = (async () => target.connect({ signal, attempt }))();
    opening.then(
      (transport) => {
        if (signal.aborted) closeStream(transport, new Error('The attempt to connect was given up.'));
        else resolve(transport);
      },
      (cause) => reject(signal.aborted ? signal.reason : unreachable(target.where, errorOf(cause))),
    );
  });
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

import type { Transport } from '../transports/transport.js';
import type { Client } from './client.js';
import { timedOut, unreachable } from './connect-failures.js';
import { type Endpoint, type Target, targetOf } from './endpoint.js';
import { MqttClient } from './mqtt-client.js';
import type { ClientOptions } from './options.js';
import { settingsOf } from './settings.js';

export interface ConnectOptions extends ClientOptions {
  /** Gives the attempt up, in every phase of it. Means nothing once connected. */
  signal?: AbortSignal;
}

/**
 * Connects to a broker. Rejects with `ConnectError` (unreachable, refused, answered nonsense, too late), `InvalidPacketError` (an option
 * that cannot be) or the signal's reason; whatever was opened until then is closed again.
 */
export function connect(endpoint: Endpoint, options: ConnectOptions = {}): Promise<Client> {
  return open(endpoint, options);
}

/**
 * Connects, runs `body`, disconnects. If `body` throws, the client leaves with reason 0x04, on which the server publishes the will, and the
 * promise rejects with what was thrown.
 */
export async function withClient<T>(
  endpoint: Endpoint,
  options: ConnectOptions,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await open(endpoint, options);
  let result: T;
  try {
    result = await body(client);
  } catch (error) {
    await client.leave(0x04);
    throw error;
  }
  await client.disconnect();
  return result;
}

async function open(endpoint: Endpoint, options: ConnectOptions): Promise<MqttClient> {
  const target = targetOf(endpoint, options);
  const settings = settingsOf(options, target);
  const { signal } = options;
  signal?.throwIfAborted();

  const attempt = new AbortController();
  const abort = () => attempt.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  let phase: 'opening' | 'handshake' = 'opening';
  const cancelTimer = settings.clock.setTimer(settings.connectTimeout, () =>
    attempt.abort(timedOut(target.where, phase, settings.connectTimeout)),
  );
  try {
    const transport = await dial(target, attempt.signal);
    phase = 'handshake';
    return await MqttClient.open(target.where, settings, transport, attempt.signal);
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', abort);
  }
}

/** Opens the byte stream. An endpoint that does not listen to the signal is not waited for; what it opens late is closed. */
function dial(target: Target, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    // An async function, so that an endpoint that throws rejects.
    const opening = (async () => target.connect({ signal, attempt: 1 }))();
    opening.then(
      (transport) => {
        if (signal.aborted) transport.close(new Error('The attempt to connect was given up.'));
        else resolve(transport);
      },
      (cause) => reject(signal.aborted ? signal.reason : unreachable(target.where, errorOf(cause))),
    );
  });
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

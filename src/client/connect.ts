import { refuse } from '../packets/outgoing-checks.js';
import type { Client } from './client.js';
import type { Endpoint } from './endpoint.js';
import { MqttClient } from './mqtt-client.js';
import type { ClientOptions } from './options.js';
import { connectOnEither } from './protocol-fallback.js';
import { ReconnectPolicy } from './reconnect.js';
import { settingsOf } from './settings.js';

export interface ConnectOptions extends ClientOptions {
  /** Gives the attempt up, in every phase of it. Means nothing once connected. */
  signal?: AbortSignal;
}

/**
 * Connects to a broker; of several endpoints, to the first that can be had, each tried in turn. Rejects with `ConnectError` (unreachable, refused, answered nonsense, too late), `InvalidPacketError` (an option
 * that cannot be) or the signal's reason; with a `sessionStore` also with what its `load` rejects with (`SessionStoreError`, where it is one of this package), or with `StoreError` if that takes longer than
 * `connectTimeout`. Whatever was opened until then is closed again.
 */
export function connect(
  endpoint: Endpoint | readonly Endpoint[],
  options: ConnectOptions = {},
): Promise<Client> {
  return open(endpoint, options);
}

/**
 * Connects, runs `body`, disconnects. If `body` throws, the client leaves with reason 0x04, on which the server publishes the will, and the
 * promise rejects with what was thrown, whatever the `sessionStore` says at the end. If `body` returns, it rejects with what the store says where that cannot be closed.
 */
export async function withClient<T>(
  endpoint: Endpoint | readonly Endpoint[],
  options: ConnectOptions,
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await open(endpoint, options);
  let result: T;
  try {
    result = await body(client);
  } catch (error) {
    await client.leave(0x04).catch(() => undefined); // only the session store can fail here, and what the body threw says more
    throw error;
  }
  await client.disconnect();
  return result;
}

function open(endpoint: Endpoint | readonly Endpoint[], options: ConnectOptions): Promise<MqttClient> {
  if (options?.protocol !== 'auto') return openAs(endpoint, options);
  return connectOnEither(options, (either) => openAs(endpoint, either));
}

async function openAs(
  endpoint: Endpoint | readonly Endpoint[],
  options: ConnectOptions,
): Promise<MqttClient> {
  const settings = settingsOf(options);
  const endpoints = Array.isArray(endpoint) ? endpoint : [endpoint];
  if (endpoints.length === 0) refuse('connect() needs an endpoint: the list is empty.');
  const { reconnect, protocolVersion, random } = settings;
  const policy = new ReconnectPolicy(endpoints, options, reconnect, protocolVersion, random);
  options.signal?.throwIfAborted();
  return MqttClient.open(policy, settings, options.signal);
}

import type { Client } from './client.js';
import type { Endpoint } from './endpoint.js';
import { MqttClient } from './mqtt-client.js';
import type { ClientOptions } from './options.js';

/**
 * Connects to a broker. Rejects with `ConnectError` (unreachable, refused, answered nonsense, too late) or the signal's reason;
 * whatever was opened until then is closed again.
 */
export function connect(
  endpoint: Endpoint,
  options: ClientOptions & { signal?: AbortSignal } = {},
): Promise<Client> {
  return MqttClient.connect(endpoint, options);
}

/**
 * Connects, runs `body`, disconnects. If `body` throws, the client leaves with reason 0x04, on which the server publishes the will, and the
 * promise rejects with what was thrown.
 */
export async function withClient<T>(
  endpoint: Endpoint,
  options: ClientOptions & { signal?: AbortSignal },
  body: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await MqttClient.connect(endpoint, options);
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

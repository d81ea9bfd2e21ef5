import { packetSize } from '../packets/encode-packet.js';
import { InvalidPacketError } from '../packets/errors.js';
import type { DisconnectPacket } from '../packets/packet.js';
import type { DisconnectOptions } from './options.js';
import type { Settings } from './settings.js';

/**
 * What DISCONNECT says beside its reason code. Throws an InvalidPacketError for what is not legal, the protocol version does not have, or
 * the session was not opened for.
 */
export function goodbyeProperties(
  { protocolVersion, connect, generatedId }: Settings,
  { sessionExpiryInterval, reasonString, userProperties }: DisconnectOptions,
): DisconnectPacket['properties'] {
  const asked = connect.properties?.sessionExpiryInterval ?? 0;
  if (protocolVersion === 4 && (sessionExpiryInterval ?? reasonString ?? userProperties) !== undefined) {
    throw new InvalidPacketError(
      'MQTT 3.1.1 has no sessionExpiryInterval, reasonString and userProperties: leave them out of disconnect().',
    );
  }
  if (sessionExpiryInterval && asked === 0) {
    throw new InvalidPacketError(
      'disconnect() cannot make a session last that connect() asked to end with the connection (3.14.2.2.2): set sessionExpiryInterval there.',
    );
  }
  // Nobody comes back under a generated client id: the server need not wait.
  const expiry = sessionExpiryInterval ?? (generatedId && asked > 0 ? 0 : undefined);
  if ((expiry ?? reasonString ?? userProperties) === undefined) return undefined;
  const properties = {
    ...(expiry !== undefined && { sessionExpiryInterval: expiry }),
    ...(reasonString !== undefined && { reasonString }),
    ...(userProperties !== undefined && { userProperties }),
  };
  packetSize({ type: 'disconnect', reasonCode: 0, properties }, protocolVersion); // now, not after the wait for what is under way
  return properties;
}

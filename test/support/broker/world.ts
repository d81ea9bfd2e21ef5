import { expect } from 'vitest';
import type { ProtocolVersion } from '../../../src/packets/packet.js';
import type { Transport } from '../../../src/transports/index.js';
import type { World } from '../../broker/behaviours.js';
import { RawClient } from './raw-client.js';

/** A world of raw clients on whatever `connect` leads to; each client is added to `clients`. */
export function worldOf(
  version: ProtocolVersion,
  scope: string,
  connect: () => Promise<Transport>,
  clients: RawClient[],
): World {
  const open = async () => {
    const client = new RawClient(await connect(), version, scope);
    clients.push(client);
    return client;
  };
  return {
    version,
    scope,
    open,
    client: async (clientId, options) => {
      const client = await open();
      expect(await client.connect({ clientId, ...options })).toMatchObject({ reasonCode: 0 });
      return client;
    },
  };
}

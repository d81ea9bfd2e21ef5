import { expect } from 'vitest';
import type { ProtocolVersion } from '../../../src/packets/packet.js';
import type { Transport } from '../../../src/transports/index.js';
import type { World } from '../../broker/behaviours/behaviour.js';
import { RawClient } from './raw-client.js';

/** A world of raw clients on whatever `connect` leads to; each client is added to `clients`. */
export function worldOf(
  version: ProtocolVersion,
  scope: string,
  connect: () => Promise<Transport>,
  clients: RawClient[],
  idle?: () => Promise<void>,
): World {
  const world: World = {
    version,
    scope,
    persistent: { cleanStart: false, ...(version === 5 && { properties: { sessionExpiryInterval: 300 } }) },
    async open() {
      const client = new RawClient(await connect(), version, scope, idle);
      clients.push(client);
      return client;
    },
    async endOf(bytes) {
      const transport = await connect();
      const received: number[] = [];
      const ended = new Promise<void>((resolve, reject) => {
        transport.start(
          (chunk) => {
            received.push(...chunk);
            if (received.at(-2) === 0xd0) reject(new Error(`The broker went on: ${received}`));
          },
          () => resolve(),
        );
      });
      transport.write(new Uint8Array([...bytes, 0xc0, 0]));
      await ended.finally(() => transport.close());
      return new Uint8Array(received);
    },
    async client(clientId, options) {
      const client = await world.open();
      expect(await client.connect({ clientId, ...options })).toMatchObject({ reasonCode: 0 });
      return client;
    },
    async drop(client) {
      client.end();
      await client.rest();
      await world.noticed();
    },
    async noticed() {
      const bystander = await world.client('bystander');
      await bystander.fence();
      bystander.end();
    },
  };
  return world;
}

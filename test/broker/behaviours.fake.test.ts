import { afterEach, describe, expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { RawClient } from '../support/broker/raw-client.js';
import { behaviours } from './behaviours.js';

describe.each([5, 4] as const)('FakeBroker, protocol level %i', (version) => {
  let broker: FakeBroker;
  let clients: RawClient[];
  afterEach(async () => {
    await broker.close();
    expect(clients.map((client) => client.violation).filter((violation) => violation !== undefined)).toEqual(
      [],
    );
  });

  for (const { name, versions = [4, 5], policy = {}, run } of behaviours) {
    if (!versions.includes(version)) continue;
    it(name, async () => {
      broker = new FakeBroker(policy);
      clients = [];
      const scope = '';
      const open = async () => {
        const client = new RawClient(await broker.endpoint.connect(), version, scope);
        clients.push(client);
        return client;
      };
      await run({
        version,
        scope,
        open,
        client: async (clientId, options) => {
          const client = await open();
          expect(await client.connect({ clientId, ...options })).toMatchObject({ reasonCode: 0 });
          return client;
        },
      });
    });
  }
});

import { afterEach, describe, expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { connectTcp } from '../../src/transports/index.js';
import type { RawClient } from '../support/broker/raw-client.js';
import { worldOf } from '../support/broker/world.js';
import { behaviours } from './behaviours.js';

const ways = {
  'in memory': async (broker: FakeBroker) => () => broker.endpoint.connect(),
  'on TCP': async (broker: FakeBroker) => {
    const { hostname, port } = new URL((await broker.listen()).url);
    return () => connectTcp({ host: hostname, port: Number(port) });
  },
};

describe.each(['in memory', 'on TCP'] as const)('FakeBroker %s behaves as the table says', (way) => {
  describe.each([5, 4] as const)('protocol level %i', (version) => {
    let broker: FakeBroker;
    let clients: RawClient[];
    afterEach(async () => {
      for (const client of clients) client.drop();
      await broker.close();
      expect(
        clients.map((client) => client.violation).filter((violation) => violation !== undefined),
      ).toEqual([]);
    });

    for (const { name, versions = [4, 5], policy = {}, run } of behaviours) {
      if (!versions.includes(version)) continue;
      it(name, async () => {
        broker = new FakeBroker(policy);
        clients = [];
        await run(worldOf(version, 'scope/', await ways[way](broker), clients));
      });
    }
  });
});

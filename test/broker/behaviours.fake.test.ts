import { afterEach, describe, expect, it } from 'vitest';
import { FakeBroker } from '../../src/testing/fake-broker.js';
import { connectTcp } from '../../src/transports/index.js';
import type { RawClient } from '../support/broker/raw-client.js';
import { worldOf } from '../support/broker/world.js';
import { behaviours } from './behaviours/index.js';

const ways = {
  'in memory': async (broker: FakeBroker) => () => broker.endpoint.connect(),
  'on TCP': async (broker: FakeBroker) => {
    const { hostname, port } = new URL((await broker.listen()).url);
    return () => connectTcp({ host: hostname, port: Number(port) });
  },
};

it('has 150 rows at least, each with a name of its own', () => {
  const names = behaviours.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(150);
});

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

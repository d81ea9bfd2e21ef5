import { afterEach, describe, it } from 'vitest';
import { connectTcp } from '../../src/transports/index.js';
import type { RawClient } from '../support/broker/raw-client.js';
import { worldOf } from '../support/broker/world.js';
import { describeWithMosquitto } from '../support/mosquitto.js';
import { behaviours } from './behaviours.js';

describeWithMosquitto(
  'mosquitto behaves as the table says',
  (mosquitto) => {
    let clients: RawClient[] = [];
    afterEach(() => {
      for (const client of clients) client.drop();
    });

    describe.each([5, 4] as const)('protocol level %i', (version) => {
      for (const [row, { name, versions = [4, 5], differs = {}, run }] of behaviours.entries()) {
        if (!versions.includes(version)) continue;
        const title = differs.mosquitto === undefined ? name : `${name} (not so: ${differs.mosquitto})`;
        const test = differs.mosquitto === undefined ? it : it.fails;
        test(title, async () => {
          clients = [];
          const { port } = mosquitto();
          await run(
            worldOf(version, `v${version}row${row}/`, () => connectTcp({ host: '127.0.0.1', port }), clients),
          );
        });
      }
    });
  },
  { config: ['set_tcp_nodelay true'] },
);

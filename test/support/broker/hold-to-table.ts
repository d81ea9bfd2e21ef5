import { afterEach, describe, it } from 'vitest';
import type { ProtocolVersion } from '../../../src/packets/packet.js';
import { connectTcp } from '../../../src/transports/index.js';
import { differenceOf, type RealBroker } from '../../broker/behaviours/behaviour.js';
import { behaviours } from '../../broker/behaviours/index.js';
import type { RawClient } from './raw-client.js';
import { worldOf } from './world.js';

/** A test for each row and version, on a real broker that listens on the loopback interface; where it differs, the row must fail. */
export function holdToTable(
  broker: RealBroker,
  versions: readonly ProtocolVersion[],
  port: () => number,
  idle?: () => Promise<void>,
): void {
  let clients: RawClient[] = [];
  afterEach(() => {
    for (const client of clients) client.drop();
  });

  describe.each(versions)('protocol level %i', (version) => {
    for (const [row, behaviour] of behaviours.entries()) {
      if (behaviour.versions?.includes(version) === false) continue;
      const difference = differenceOf(behaviour, broker, version);
      const title = difference === undefined ? behaviour.name : `${behaviour.name} (not so: ${difference})`;
      const test = difference === undefined ? it : it.fails;
      test(title, async () => {
        clients = [];
        const connect = () => connectTcp({ host: '127.0.0.1', port: port() });
        // A scope of its own keeps each row apart from what others left in the same broker.
        await behaviour.run(worldOf(version, `v${version}row${row}/`, connect, clients, idle));
      });
    }
  });
}

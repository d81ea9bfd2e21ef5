import { expect, it } from 'vitest';
import { encodePacket } from '../../../src/packets/index.js';
import type { ConnectPacket } from '../../../src/packets/packet.js';
import { isReasonCodeOf, type ReasonCode } from '../../../src/packets/reason-codes.js';
import { FakeWorld } from '../../support/broker/fake-world.js';
import { connectPacket } from '../../support/broker/raw-client.js';

/** The bytes with which the broker answers a CONNECT. */
async function connackBytes(world: FakeWorld, packet: ConnectPacket): Promise<Uint8Array> {
  const transport = await world.broker.endpoint.connect();
  const answer = new Promise<Uint8Array>((resolve) => transport.start(resolve, () => {}));
  transport.write(encodePacket(packet, packet.protocolVersion));
  return await answer.finally(() => transport.close());
}

it.each([5, 4] as const)(
  'CONNACK has no flag but Session Present, level %i [MQTT-3.2.2-1]',
  async (version) => {
    await using world = new FakeWorld({
      authenticate: ({ username }) => (username === 'stranger' ? 0x87 : 0),
    });
    const properties = { sessionExpiryInterval: 100 };
    const keeper = connectPacket(version, { cleanStart: false, ...(version === 5 && { properties }) });
    const flags = [];
    for (const packet of [
      keeper,
      keeper,
      { ...keeper, username: 'stranger' },
      { ...keeper, cleanStart: true },
    ]) {
      flags.push((await connackBytes(world, packet))[2]);
      await world.clock.settle();
    }
    expect(flags).toEqual([0, 1, 0, 0]);
  },
);

it('CONNACK has a listed reason code, whatever the hook says [MQTT-3.2.2-8]', async () => {
  // As from a hook in plain JavaScript: any number.
  let wanted = 0;
  await using world = new FakeWorld({ authenticate: () => wanted as ReasonCode });
  for (wanted = 0; wanted <= 0xff; wanted += 1) {
    const client = await world.open();
    const { reasonCode } = await client.connect();
    expect([wanted, reasonCode]).toEqual([wanted, isReasonCodeOf('connack', wanted) ? wanted : 0x80]);
  }
});

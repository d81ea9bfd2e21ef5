import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  type Packet,
  PacketWriter,
  type ProtocolVersion,
  packetSize,
  type Receiver,
} from '../../src/packets/index.js';
import { connect, packetFor } from '../support/packets/arbitraries.js';
import { decodeAll, randomCuts } from '../support/packets/cuttings.js';

const sides = [
  ['client', 5],
  ['client', 4],
  ['server', 5],
  ['server', 4],
] as const;

/** Some packets as one peer sends them; a client begins with CONNECT. */
function conversation(receiver: Receiver, version: ProtocolVersion): fc.Arbitrary<Packet[]> {
  const packets = fc.array(packetFor(receiver, version), { minLength: 1, maxLength: 6 });
  if (receiver === 'client') return packets;
  return fc.tuple(connect(version), packets).map(([first, rest]) => [first, ...rest]);
}

describe.each(sides)('what a %s of version %i receives', (receiver, version) => {
  const options = { receiver, ...(receiver === 'client' ? { protocolVersion: version } : {}) };

  it('is what was encoded, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        conversation(receiver, version),
        fc.integer(),
        fc.boolean(),
        (packets, seed, reusesChunks) => {
          const bytes = Buffer.concat(packets.map((packet) => encodePacket(packet, version)));
          for (const chunks of [[bytes], randomCuts(bytes, seed)]) {
            const decoded = decodeAll({ ...options, reusesChunks }, chunks);
            expect(decoded.error).toBeUndefined();
            expect(decoded.packets).toStrictEqual(packets);
            expect(decoded.decoder.bufferedBytes).toBe(0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('has the size that packetSize states, and leaves a PacketWriter as the same bytes', () => {
    fc.assert(
      fc.property(conversation(receiver, version), fc.array(fc.boolean()), (packets, flushes) => {
        const bytes = packets.map((packet) => encodePacket(packet, version));
        expect(packets.map((packet) => packetSize(packet, version))).toEqual(
          bytes.map(({ length }) => length),
        );
        const written: Uint8Array[] = [];
        // The slab is used again behind the call: what is kept must be copied.
        const writer = new PacketWriter({
          protocolVersion: version,
          sink: (part) => written.push(Buffer.from(part)),
        });
        for (const [index, packet] of packets.entries()) {
          expect(writer.write(packet)).toBe(bytes[index]?.length);
          if (flushes[index]) writer.flush();
        }
        writer.flush();
        expect(Buffer.concat(written).equals(Buffer.concat(bytes))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe('the empty AUTH', () => {
  it('stands for success without properties, in both directions', () => {
    const packet: Packet = { type: 'auth', reasonCode: 0 };
    expect([...encodePacket(packet, 5)]).toEqual([0xf0, 0]);
    expect(decodeAll({ receiver: 'client' }, [encodePacket(packet, 5)]).packets).toStrictEqual([packet]);
  });
});

// A peer that sends anything at all: the decoder answers with packets, with nothing, or with one ProtocolError, and
// always with the same for every way of cutting the bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodePacket,
  isReasonCodeOf,
  type Packet,
  type PacketDecoderOptions,
  ProtocolError,
} from '../../src/packets/index.js';
import { connect, packetFor } from '../support/packets/arbitraries.js';
import { decodeAll, randomCuts } from '../support/packets/cuttings.js';

const sides = [
  ['client', 5],
  ['client', 4],
  ['server', 5],
  ['server', 4],
] as const;

describe.each(sides)('a %s of version %i', (receiver, version) => {
  // Without a version a server waits for CONNECT, with one it is behind it.
  const behindConnect = { receiver, protocolVersion: version, maximumPacketSize: 100_000 };
  const fromTheStart = receiver === 'server' ? { receiver, maximumPacketSize: 100_000 } : behindConnect;

  function survives(options: PacketDecoderOptions, bytes: Uint8Array, seed: number): void {
    const whole = decodeAll(options, [bytes]);
    if (whole.error !== undefined) {
      expect(whole.error).toBeInstanceOf(ProtocolError);
      const { reasonCode } = whole.error as ProtocolError; // just checked
      // A DISCONNECT can always say it, but for the version of a CONNECT, which a CONNACK refuses.
      expect(isReasonCodeOf('disconnect', reasonCode) || reasonCode === 0x84).toBe(true);
    }
    const cut = decodeAll(options, randomCuts(bytes, seed));
    expect(cut.packets).toStrictEqual(whole.packets);
    expect(String(cut.error)).toBe(String(whole.error));
    for (const packet of whole.packets) {
      // The one packet that is read but never written: a server must be able to answer it with return code 2.
      if (packet.type === 'connect' && packet.clientId === '' && !packet.cleanStart) continue;
      encodePacket(packet, whole.decoder.protocolVersion ?? version);
    }
  }

  it('survives random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer(), (bytes, seed) =>
        survives(fromTheStart, bytes, seed),
      ),
      { numRuns: 400 },
    );
  });

  it('survives random bodies behind a legal header', () => {
    const frame = fc
      .tuple(fc.constantFrom(...legalFirstBytes(receiver)), fc.uint8Array({ maxLength: 60 }))
      .map(([first, body]) => Uint8Array.of(first, body.length, ...body));
    fc.assert(
      fc.property(frame, fc.integer(), fc.boolean(), (bytes, seed, start) =>
        survives(start ? fromTheStart : behindConnect, bytes, seed),
      ),
      { numRuns: 600 },
    );
  });

  it('survives legal packets with some bytes changed, lost or added', () => {
    const first: fc.Arbitrary<Packet[]> =
      receiver === 'server' ? connect(version).map((one) => [one]) : fc.constant([]);
    const mutation = fc.record({
      at: fc.nat(),
      how: fc.constantFrom('change', 'lose', 'add'),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    const mutated = fc
      .tuple(
        first,
        fc.array(packetFor(receiver, version), { maxLength: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
      )
      .map(([head, rest, mutations]) => {
        const bytes = Buffer.concat([...head, ...rest].map((packet) => encodePacket(packet, version)));
        const list = [...bytes];
        for (const { at, how, byte } of mutations) {
          const index = list.length === 0 ? 0 : at % list.length;
          list.splice(index, how === 'add' ? 0 : 1, ...(how === 'lose' ? [] : [byte]));
        }
        return Uint8Array.from(list);
      });
    fc.assert(
      fc.property(mutated, fc.integer(), (bytes, seed) => survives(fromTheStart, bytes, seed)),
      { numRuns: 600 },
    );
  });
});

function legalFirstBytes(receiver: 'client' | 'server'): number[] {
  const both = [0x30, 0x31, 0x32, 0x3a, 0x34, 0x3d, 0x40, 0x50, 0x62, 0x70, 0xe0, 0xf0];
  return [...both, ...(receiver === 'client' ? [0x20, 0x90, 0xb0, 0xd0] : [0x10, 0x82, 0xa2, 0xc0])];
}

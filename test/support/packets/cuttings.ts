import { type Packet, PacketDecoder, type PacketDecoderOptions } from '../../../src/packets/index.js';
import { seededRandom } from '../../../src/time/index.js';

/** A name for each way of cutting the bytes, and the chunks. */
export function cuttings(
  bytes: Uint8Array,
  seeds: readonly number[] = [1, 2, 3],
): Array<[string, Uint8Array[]]> {
  return [
    ['in one segment', [bytes]],
    ['byte by byte', Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))],
    ...seeds.map((seed): [string, Uint8Array[]] => [
      `in random cuts (seed ${seed})`,
      randomCuts(bytes, seed),
    ]),
  ];
}

export function randomCuts(bytes: Uint8Array, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(random() * 12);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** What a decoder makes of the chunks: the packets, then the error that ended it, if one did. */
export function decodeAll(
  options: PacketDecoderOptions,
  chunks: readonly Uint8Array[],
): { packets: Packet[]; error: unknown; errors: number; decoder: PacketDecoder } {
  const decoder = new PacketDecoder(options);
  const packets: Packet[] = [];
  let error: unknown;
  let errors = 0;
  for (const chunk of chunks) {
    try {
      decoder.push(chunk, (packet) => packets.push(packet));
    } catch (thrown) {
      error ??= thrown;
      errors++;
    }
  }
  return { packets, error, errors, decoder };
}

/** Bytes written as hexadecimal; spaces and line ends are for the reader. */
export function hex(text: string): Buffer {
  const digits = text.replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`Not hexadecimal: ${text}`);
  return Buffer.from(digits, 'hex');
}

import type { Random } from '../../time/index.js';

/** The packet with one bit changed, and which one. `at` is the byte; without it, chance chooses. */
export function corrupted(
  bytes: Uint8Array,
  at: number | undefined,
  random: Random,
): { bytes: Uint8Array; byte: number; bit: number } {
  const byte = within(bytes, at ?? Math.floor(random() * bytes.length));
  const bit = Math.floor(random() * 8);
  const changed = new Uint8Array(bytes);
  changed[byte] = (changed[byte] ?? 0) ^ (1 << bit);
  return { bytes: changed, byte, bit };
}

/** The beginning of the packet: `at` bytes of it, or where chance cuts it; never all of it. */
export function beginning(bytes: Uint8Array, at: number | undefined, random: Random): Uint8Array {
  return bytes.slice(0, within(bytes, at ?? 1 + Math.floor(random() * (bytes.length - 1))));
}

function within(bytes: Uint8Array, at: number): number {
  return Math.min(at, bytes.length - 1);
}

// A payload that a handler keeps must not hold on to the whole chunk that it came in.

const slabSize = 8 * 1024;
let slab = new Uint8Array(slabSize);
let used = 0;

/**
 * The payload between two positions: a view where it is at least a quarter of the memory that it would hold on to
 * (`retained` bytes), a copy otherwise. Small copies share slabs, so that each costs no allocation of its own.
 */
export function takePayload(bytes: Buffer, start: number, end: number, retained: number): Uint8Array {
  const length = end - start;
  if (length * 4 >= retained) return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  if (length > slabSize >> 2) {
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(start, end));
    return copy;
  }
  if (used + length > slabSize) {
    slab = new Uint8Array(slabSize);
    used = 0;
  }
  const copy = new Uint8Array(slab.buffer, used, length);
  for (let at = 0; at < length; at++) copy[at] = bytes[start + at] as number; // inside the frame
  used += length;
  return copy;
}

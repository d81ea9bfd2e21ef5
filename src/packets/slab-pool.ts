// Write buffers that all connections share: a connection holds one only between its first write and its flush.

export const smallSlab = 4 * 1024;
export const largeSlab = 64 * 1024;

/** At most this many slabs of each size wait for their next use; the others go to the garbage collector. */
const kept = 16;
const pools = new Map<number, Buffer[]>([
  [smallSlab, []],
  [largeSlab, []],
]);

export function takeSlab(size: typeof smallSlab | typeof largeSlab): Buffer {
  return pools.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
}

export function returnSlab(slab: Buffer): void {
  const pool = pools.get(slab.length);
  if (pool && pool.length < kept) pool.push(slab);
}

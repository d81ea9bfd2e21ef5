import type { Random } from './clock.js';

/** Chance that can be repeated: the same seed gives the same numbers, on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  // A Weyl sequence whose steps are scrambled by two multiply-xorshift rounds, in 32 bits.
  let state = Math.trunc(seed) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = state ^ (state >>> 16);
    bits = Math.imul(bits, 0x85ebca6b);
    bits ^= bits >>> 13;
    bits = Math.imul(bits, 0xc2b2ae35);
    bits ^= bits >>> 16;
    return (bits >>> 0) / 2 ** 32;
  };
}

// Variable byte integers. MQTT 5.0, 1.5.5: seven bits a byte, at most four bytes, the shortest form only.

export const maximumVariableByteInteger = 268_435_455;

/** How many bytes a value takes. */
export function variableByteIntegerSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x200000 ? 3 : 4;
}

/** Writes a value and returns the position behind it. */
export function writeVariableByteInteger(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

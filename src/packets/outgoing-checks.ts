// What a caller may hand in as a string, a number or bytes: each refusal is one sentence, before anything is written.
import { InvalidPacketError } from './errors.js';
import { maximumVariableByteInteger } from './variable-byte-integer.js';

const loneSurrogate = /\p{Surrogate}/u;

export function refuse(sentence: string): never {
  throw new InvalidPacketError(sentence);
}

/** The UTF-8 length of a text that may stand in a packet. 1.5.4 */
export function checkString(value: unknown, what: string): number {
  if (typeof value !== 'string') refuse(`${what} must be a string, not ${describe(value)}.`);
  let seen = 0;
  for (let at = 0; at < value.length; at++) {
    const unit = value.charCodeAt(at);
    if (unit === 0) refuse(`${what} contains U+0000, which MQTT forbids in strings [MQTT-1.5.4-2].`);
    seen |= unit;
  }
  if (seen > 0x7f && loneSurrogate.test(value)) {
    refuse(`${what} contains half of a surrogate pair, which has no UTF-8 form [MQTT-1.5.4-1].`);
  }
  const length = seen > 0x7f ? Buffer.byteLength(value) : value.length;
  if (length > 65_535) refuse(`${what} takes ${length} bytes in UTF-8; MQTT strings have at most 65,535.`);
  return length;
}

/** The length of bytes that stand in a packet with their length in front. 1.5.6 */
export function checkBinary(value: unknown, what: string): number {
  if (!(value instanceof Uint8Array)) {
    // Its type only: what was meant may be a password.
    refuse(`${what} must be a Uint8Array, not ${value === null ? 'null' : `of type ${typeof value}`}.`);
  }
  if (value.length > 65_535) refuse(`${what} has ${value.length} bytes; MQTT allows at most 65,535 there.`);
  return value.length;
}

export function checkInteger(value: unknown, what: string, from: number, to: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return;
  refuse(`${what} must be a whole number from ${from} to ${to}, not ${describe(value)}.`);
}

export function checkBoolean(value: unknown, what: string): void {
  if (typeof value !== 'boolean') refuse(`${what} must be true or false, not ${describe(value)}.`);
}

/** Refuses a packet whose remaining length has no encoding. 2.1.4 */
export function checkRemainingLength(length: number, packet: string): void {
  if (length <= maximumVariableByteInteger) return;
  refuse(
    `The ${packet} has ${length} bytes behind its header; MQTT allows ${maximumVariableByteInteger} (2.1.4).`,
  );
}

export function describe(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`;
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'an array' : `an object (${value.constructor?.name ?? 'without prototype'})`;
}

import { isUtf8 } from 'node:buffer';
import { ProtocolError } from './errors.js';

/**
 * Reads the body of one complete frame from front to back and refuses, with a sentence, whatever the specification
 * calls malformed: fields that run over the end, strings that are no UTF-8 or contain U+0000, long varints.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #packet: string;
  #position: number;
  #end: number;

  /** `packet` is the name in the sentences, as in 'CONNACK'. */
  constructor(bytes: Buffer, start: number, end: number, packet: string) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
    this.#packet = packet;
  }

  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.#end - this.#position;
  }

  byte(what: string): number {
    this.#need(1, what);
    return this.#bytes[this.#position++] as number; // #need has checked the bounds
  }

  uint16(what: string): number {
    this.#need(2, what);
    const value = this.#bytes.readUInt16BE(this.#position);
    this.#position += 2;
    return value;
  }

  uint32(what: string): number {
    this.#need(4, what);
    const value = this.#bytes.readUInt32BE(this.#position);
    this.#position += 4;
    return value;
  }

  variableByteInteger(what: string): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte(what);
      value |= (byte & 0x7f) << shift;
      if (byte > 0x7f) continue;
      if (byte === 0 && shift > 0) this.malformed(`${what} does not use the shortest form [MQTT-1.5.5-1]`);
      return value;
    }
    return this.malformed(`${what} is longer than four bytes (1.5.5)`);
  }

  /** A UTF-8 string with its length in front, checked, as a JavaScript string. */
  string(what: string): string {
    const start = this.#position + 2;
    const ascii = this.skipString(what);
    return this.#bytes.toString(ascii ? 'latin1' : 'utf8', start, this.#position);
  }

  /** Checks a string without making one. Returns whether it is plain ASCII. */
  skipString(what: string): boolean {
    const length = this.uint16(`the length of ${what}`);
    this.#need(length, what);
    const start = this.#position;
    const end = start + length;
    let seen = 0;
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at] as number; // inside the bounds that #need has checked
      if (byte === 0) this.malformed(`${what} contains U+0000 [MQTT-1.5.4-2]`);
      seen |= byte;
    }
    if (seen > 0x7f && !isUtf8(this.#bytes.subarray(start, end))) {
      this.malformed(`${what} is not valid UTF-8 [MQTT-1.5.4-1]`);
    }
    this.#position = end;
    return seen <= 0x7f;
  }

  /** Binary data with its length in front, as a copy that nothing else uses. */
  binary(what: string): Uint8Array {
    const length = this.uint16(`the length of ${what}`);
    this.#need(length, what);
    const start = this.#position;
    this.#position += length;
    return new Uint8Array(this.#bytes.subarray(start, this.#position));
  }

  /** Reads inside the next `length` bytes only: `read` must use up exactly those. */
  section(length: number, what: string, read: () => void): void {
    this.#need(length, what);
    const outer = this.#end;
    this.#end = this.#position + length;
    read();
    this.#end = outer;
  }

  /** Refuses bytes behind the last field. */
  finish(): void {
    if (this.remaining > 0) this.malformed(`${this.remaining} byte(s) follow its last field`);
  }

  malformed(why: string): never {
    throw new ProtocolError(0x81, `${this.#packet} is malformed: ${why}.`);
  }

  protocolError(why: string, reasonCode = 0x82): never {
    throw new ProtocolError(reasonCode, `${this.#packet} breaks the protocol: ${why}.`);
  }

  #need(length: number, what: string): void {
    if (this.#position + length <= this.#end) return;
    this.malformed(`it ends inside ${what}`);
  }
}

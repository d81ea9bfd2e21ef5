/** The beginning of a packet whose end has not come yet. */
export class PartialFrame {
  /** The length of the whole packet; 0 while its header is incomplete. */
  total: number;
  #bytes: Buffer;
  #length: number;

  constructor(bytes: Buffer, start: number, end: number, total: number) {
    this.total = total;
    this.#length = end - start;
    // Memory of its own, not Node's pool: a large payload is handed out as a view on it.
    this.#bytes = Buffer.allocUnsafeSlow(roomFor(this.#length, total));
    bytes.copy(this.#bytes, 0, start, end);
  }

  /** What came so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(roomFor(length, this.total));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
  }
}

/** Grows with the bytes that came, at most to the packet: a header that states 268 MB costs nothing by itself. */
function roomFor(length: number, total: number): number {
  if (total === 0) return 8;
  return Math.min(total, Math.max(4096, length * 2));
}

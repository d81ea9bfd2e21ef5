// HOT PATH. A payload that a handler keeps must neither hold on to the whole chunk that it came in nor change when the
// transport writes into the chunk again.

/** Copies are made in blocks of this size, so that a flood of small messages costs one copy per block, not one each. */
const blockSize = 8 * 1024;

/**
 * Hands out the payloads of one chunk: as views where the payload is at least a quarter of the memory that it holds on
 * to, as copies otherwise. A kept payload pins at most a block, or four times its own size.
 */
export class Payloads {
  #chunk: Buffer | undefined;
  /** The memory that a view on the chunk would hold on to, in bytes. */
  #retained = 0;
  #block: Uint8Array | undefined;
  /** Which part of the chunk the block is a copy of. */
  #blockStart = 0;
  #blockEnd = 0;

  /** `reused`: the chunk's memory is not ours to keep, however large the payload is. */
  begin(chunk: Buffer, reused: boolean): void {
    this.#chunk = chunk;
    this.#retained = reused ? Number.POSITIVE_INFINITY : chunk.buffer.byteLength;
  }

  /** Lets go of the chunk: an idle connection holds no memory. */
  end(): void {
    this.#chunk = undefined;
    this.#block = undefined;
  }

  take(start: number, end: number): Uint8Array {
    if (this.#block && start >= this.#blockStart && end <= this.#blockEnd) {
      return this.#block.subarray(start - this.#blockStart, end - this.#blockStart);
    }
    const chunk = this.#chunk as Buffer; // between begin and end
    const length = end - start;
    // Not chunk.subarray: it would be a Buffer for one transport and none for another.
    if (length * 4 >= this.#retained) return new Uint8Array(chunk.buffer, chunk.byteOffset + start, length);
    if (length > blockSize / 4) return new Uint8Array(chunk.subarray(start, end));
    return this.#startBlock(chunk, start).subarray(0, length);
  }

  #startBlock(chunk: Buffer, start: number): Uint8Array {
    this.#blockStart = start;
    this.#blockEnd = Math.min(start + blockSize, chunk.length);
    this.#block = new Uint8Array(chunk.subarray(start, this.#blockEnd));
    return this.#block;
  }
}

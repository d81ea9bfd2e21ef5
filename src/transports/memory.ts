import type { Transport } from './transport.js';

export interface MemoryTransportOptions {
  /** Cuts what is delivered into the pieces that the receiver sees, in order; one piece a tick unless said otherwise. */
  cut?: (bytes: Uint8Array) => Iterable<Uint8Array>;
  /** Unread bytes from which on `write` returns false. Default 65,536. */
  highWaterMark?: number;
}

/**
 * Two ends of a byte stream inside this process. What one end writes arrives at the other in a microtask, in order, never
 * inside `write`; what is written in one tick arrives together.
 */
export function memoryTransportPair(options: MemoryTransportOptions = {}): [Transport, Transport] {
  const left = new MemoryTransport(options);
  const right = new MemoryTransport(options);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

class MemoryTransport implements Transport {
  readonly kind = 'memory';
  readonly freshChunks = true;
  readonly #cut: ((bytes: Uint8Array) => Iterable<Uint8Array>) | undefined;
  readonly #highWaterMark: number;
  #peer: MemoryTransport | undefined;
  #onBytes: ((chunk: Uint8Array) => void) | undefined;
  #onClose: ((error?: Error) => void) | undefined;
  #onDrain: (() => void) | undefined;

  /** What the peer wrote and this end has not read, in order. */
  #arrived: Uint8Array[] = [];
  #unread = 0;
  #peerWaitsForDrain = false;
  #paused = false;
  #scheduled = false;

  /** Nothing more comes: one of the two ends closed. What arrived before is still read, unless `#deaf`. */
  #ended = false;
  #deaf = false;
  #error: Error | undefined;
  #closed = false;

  constructor(options: MemoryTransportOptions) {
    this.#cut = options.cut;
    this.#highWaterMark = options.highWaterMark ?? 65_536;
  }

  connect(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#onBytes = onBytes;
    this.#onClose = onClose;
    this.#schedule();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return true; // into the void, like a socket whose other side is gone
    return this.#peer!.#arrive(new Uint8Array(bytes)); // a copy; `slice` of a Buffer would be none
  }

  onDrain(callback: () => void): void {
    this.#onDrain = callback;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  close(error?: Error): void {
    if (this.#closed || this.#deaf) return;
    this.#end(error, true);
    this.#peer!.#end(
      error && new Error('The other end of the in-memory connection was cut.'),
      error !== undefined,
    );
  }

  #arrive(bytes: Uint8Array): boolean {
    this.#arrived.push(bytes);
    this.#unread += bytes.length;
    this.#schedule();
    this.#peerWaitsForDrain ||= this.#unread >= this.#highWaterMark;
    return !this.#peerWaitsForDrain;
  }

  #end(error: Error | undefined, atOnce: boolean): void {
    if (atOnce) this.#deaf = true;
    if (!this.#ended) this.#error = error;
    this.#ended = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#onBytes === undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#closed) return;
    const bytes = joined(this.#arrived);
    const pieces = this.#cut ? [...this.#cut(bytes)] : [bytes];
    this.#arrived = [];
    let read = 0;
    while (read < pieces.length && !this.#paused && !this.#deaf) {
      const piece = pieces[read++]!;
      this.#unread -= piece.length;
      if (piece.length > 0) this.#onBytes!(piece);
    }
    if (!this.#deaf) this.#arrived = [...pieces.slice(read), ...this.#arrived];
    if (this.#peerWaitsForDrain && this.#unread < this.#highWaterMark) {
      this.#peerWaitsForDrain = false;
      this.#peer!.#onDrain?.();
    }
    if (this.#deaf || (this.#ended && this.#unread === 0)) {
      this.#closed = true;
      this.#onClose!(this.#error);
    }
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
}

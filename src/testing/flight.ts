import type { Transport } from '../transports/index.js';

/** One direction of one connection. */
interface Direction {
  pending: number;
  /** Whether the end that it leads to reads. What waits for one that may never read is on its way to nobody. */
  isRead: boolean;
  ended: boolean;
}

/** Counts the bytes that were written to in-memory connections and not yet read: at zero, no packet is on its way. */
export class Flight {
  #bytes = 0;
  #waiting: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Resolves as soon as no byte is on its way; at once if none is. */
  landed(): Promise<void> {
    if (this.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The same two ends, counted. */
  watch([left, right]: readonly [Transport, Transport]): [Transport, Transport] {
    const toRight: Direction = { pending: 0, isRead: false, ended: false };
    const toLeft: Direction = { pending: 0, isRead: false, ended: false };
    return [
      new CountedTransport(left, this, toRight, toLeft),
      new CountedTransport(right, this, toLeft, toRight),
    ];
  }

  took(direction: Direction, bytes: number): void {
    if (direction.ended) return;
    direction.pending += bytes;
    if (direction.isRead) this.#bytes += bytes;
  }

  /** From now on somebody reads. */
  reads(direction: Direction): void {
    if (direction.isRead || direction.ended) return;
    direction.isRead = true;
    this.#bytes += direction.pending;
  }

  gave(direction: Direction, bytes: number): void {
    direction.pending -= bytes;
    if (!direction.isRead) return;
    this.#bytes -= bytes;
    if (this.#bytes > 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

class CountedTransport implements Transport {
  readonly #inner: Transport;
  readonly #flight: Flight;
  readonly #out: Direction;
  readonly #in: Direction;
  #started = false;

  constructor(inner: Transport, flight: Flight, out: Direction, incoming: Direction) {
    this.#inner = inner;
    this.#flight = flight;
    this.#out = out;
    this.#in = incoming;
  }

  get kind(): Transport['kind'] {
    return this.#inner.kind;
  }

  get freshChunks(): boolean {
    return this.#inner.freshChunks === true;
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#started = true;
    this.#flight.reads(this.#in);
    this.#inner.start(
      (chunk) => {
        try {
          onBytes(chunk);
        } finally {
          this.#flight.gave(this.#in, chunk.length);
        }
      },
      (error) => {
        this.#end();
        onClose(error);
      },
    );
  }

  write(bytes: Uint8Array): boolean {
    this.#flight.took(this.#out, bytes.length);
    return this.#inner.write(bytes);
  }

  onDrain(callback: () => void): void {
    this.#inner.onDrain(callback);
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  close(error?: Error): void {
    this.#inner.close(error);
    // An end that never read is told of nothing, not even of its own closing.
    if (!this.#started) this.#end();
  }

  /** What is still on its way to this end is lost. */
  #end(): void {
    this.#in.ended = true;
    this.#flight.gave(this.#in, this.#in.pending);
  }
}

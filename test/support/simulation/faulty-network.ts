// In-memory connections that end at any byte, in either direction, and may not come about at all.
import type { Random, VirtualClock } from '../../../src/time/index.js';
import { memoryTransportPair, type Transport } from '../../../src/transports/index.js';

export interface NetworkSettings {
  readonly random: Random;
  readonly clock: VirtualClock;
  /** Connections end after so many bytes at most; about half of them in each direction. */
  readonly lifetime: number;
  /** How often, from 0 to 1, a connection is refused. */
  readonly refusals: number;
}

export class FaultyNetwork {
  readonly #settings: NetworkSettings;
  readonly #open = new Set<FaultyTransport>();
  #accept: (transport: Transport) => void;
  /** From then on nothing goes wrong. */
  #isCalm = false;

  constructor(settings: NetworkSettings, accept: (transport: Transport) => void) {
    this.#settings = settings;
    this.#accept = accept;
  }

  readonly endpoint = {
    connect: async (): Promise<Transport> => {
      const { random, lifetime, refusals } = this.#settings;
      if (!this.#isCalm && random() < refusals) throw new Error('refused by the simulation');
      const [theirs, ours] = memoryTransportPair({ cut: (bytes) => this.#pieces(bytes) });
      const budget = this.#isCalm ? Number.POSITIVE_INFINITY : Math.floor(random() ** 2 * lifetime) + 1;
      const isOutgoing = random() < 0.5;
      const transport = new FaultyTransport(
        theirs,
        isOutgoing ? budget : undefined,
        isOutgoing ? undefined : budget,
      );
      this.#open.add(transport);
      this.#accept(ours);
      return transport;
    },
  };

  /** From now on connections lead elsewhere. */
  lead(accept: (transport: Transport) => void): void {
    this.#accept = accept;
  }

  cutAll(): void {
    for (const transport of this.#open) transport.cut();
    this.#open.clear();
  }

  calm(): void {
    this.#isCalm = true;
    this.cutAll();
  }

  *#pieces(bytes: Uint8Array): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + Math.floor(this.#settings.random() * 200);
      yield bytes.subarray(at, end);
      at = end;
    }
  }
}

/** Ends once it has carried its budget of bytes out, or in: what came before still arrives. */
class FaultyTransport implements Transport {
  readonly kind = 'memory';
  readonly freshChunks = true;
  readonly #inner: Transport;
  #outgoing: number;
  #incoming: number;
  #isOver = false;

  constructor(inner: Transport, outgoing = Number.POSITIVE_INFINITY, incoming = Number.POSITIVE_INFINITY) {
    this.#inner = inner;
    this.#outgoing = outgoing;
    this.#incoming = incoming;
  }

  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void {
    this.#inner.start((chunk) => {
      if (this.#incoming <= 0) return;
      const part = chunk.subarray(0, this.#incoming);
      this.#incoming -= chunk.length;
      onBytes(part);
      if (this.#incoming <= 0) this.cut();
    }, onClose);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    const part = bytes.subarray(0, this.#outgoing);
    this.#outgoing -= bytes.length;
    const goesOn = this.#inner.write(part);
    if (this.#outgoing > 0) return goesOn;
    this.#isOver = true;
    // What was written arrives first, in a microtask.
    queueMicrotask(() => queueMicrotask(() => this.cut()));
    return goesOn;
  }

  cut(): void {
    this.#isOver = true;
    this.#inner.close(new Error('cut by the simulation'));
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
  }
}

import { PacketDecoder, type PacketDecoderOptions } from '../../packets/index.js';
import type { Packet } from '../../packets/packet.js';

/** A piece of a byte stream. Without a packet it is the rest of one that had begun before, or what can't be read: it goes on as it is. */
export type OnFrame = (bytes: Uint8Array, packet: Packet | undefined) => void;

/** Takes a byte stream apart at the borders of its packets, each with its own bytes. */
export class Frames {
  readonly #decoder: PacketDecoder;
  /** Came and belongs to no whole packet yet. */
  #rest: Uint8Array;
  /** Bytes at the beginning of `#rest` that went on before anybody took the stream apart. */
  #gone: number;
  #unreadable = false;

  /** `begun` is the beginning of a packet that has gone on already. */
  constructor(options: Omit<PacketDecoderOptions, 'reusesChunks'>, begun: Uint8Array = new Uint8Array(0)) {
    this.#decoder = new PacketDecoder({ ...options, reusesChunks: true });
    this.#rest = begun;
    this.#gone = begun.length;
    this.#decoder.push(begun, () => undefined);
  }

  push(chunk: Uint8Array, onFrame: OnFrame): void {
    if (this.#unreadable) return void onFrame(new Uint8Array(chunk), undefined);
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: [Uint8Array, Packet | undefined][] = [];
    try {
      this.#decoder.push(chunk, (packet) => frames.push(this.#take(this.#decoder.packetBytes, packet)));
    } catch {
      // Whoever reads the stream finds the same fault in the same bytes: it is for them to say so.
      this.#unreadable = true;
      frames.push(this.#take(this.#rest.length, undefined));
    }
    for (const [bytes, packet] of frames) onFrame(bytes, packet);
  }

  #take(length: number, packet: Packet | undefined): [Uint8Array, Packet | undefined] {
    const bytes = this.#rest.slice(this.#gone, length);
    const isWhole = this.#gone === 0;
    this.#rest = this.#rest.slice(length);
    this.#gone = 0;
    return [new Uint8Array(bytes), isWhole ? packet : undefined];
  }
}

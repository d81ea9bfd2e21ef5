import { measureAck, writeAck } from './ack-fast-path.js';
import { encodePacket } from './encode-packet.js';
import type { AckPacket, Packet, ProtocolVersion, PublishPacket } from './packet.js';
import { measurePublish, writePublishHead } from './publish-fast-path.js';
import { largeSlab, returnSlab, smallSlab, takeSlab } from './slab-pool.js';

export interface PacketWriterOptions {
  protocolVersion: ProtocolVersion;
  /** Gets the bytes, in order; they are valid only until it returns. */
  sink: (bytes: Uint8Array) => void;
}

/** A payload from this size on goes to the sink as it is, without a copy into the slab. */
const passedThrough = largeSlab / 4;

/**
 * Encodes packets one behind the other and hands them to the sink in one call a flush. The owner flushes once a tick;
 * a slab that is full is flushed at once. An illegal packet throws InvalidPacketError and leaves no byte behind.
 */
export class PacketWriter {
  readonly #version: ProtocolVersion;
  readonly #sink: (bytes: Uint8Array) => void;
  #slab: Buffer | undefined;
  #used = 0;
  /** The last flush needed a large slab: the next one probably does too. */
  #busy = false;

  constructor({ protocolVersion, sink }: PacketWriterOptions) {
    this.#version = protocolVersion;
    this.#sink = sink;
  }

  /** Bytes that the next flush hands over. */
  get pendingBytes(): number {
    return this.#used;
  }

  /** Returns the bytes of the packet on the wire. */
  write(packet: Packet): number {
    switch (packet?.type) {
      case 'publish':
        return this.#writePublish(packet);
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return this.#writeAck(packet);
      default: {
        const bytes = encodePacket(packet, this.#version);
        this.#writeBytes(bytes);
        return bytes.length;
      }
    }
  }

  /** Does nothing when nothing waits. */
  flush(): void {
    const slab = this.#slab;
    if (!slab) return;
    const bytes = slab.subarray(0, this.#used);
    this.#busy = this.#used > smallSlab;
    this.#slab = undefined;
    this.#used = 0;
    try {
      this.#sink(bytes);
    } finally {
      returnSlab(slab);
    }
  }

  #writePublish(packet: PublishPacket): number {
    const measure = measurePublish(packet, this.#version);
    const { size } = measure;
    const { payload } = packet;
    const inSlab = payload.length < passedThrough ? size : size - payload.length;
    if (inSlab > largeSlab) {
      this.#writeBytes(encodePacket(packet, this.#version));
      return size;
    }
    const slab = this.#reserve(inSlab);
    const at = writePublishHead(slab, this.#used, packet, this.#version, measure);
    if (inSlab === size) {
      slab.set(payload, at);
      this.#used = at + payload.length;
      return size;
    }
    this.#used = at;
    this.flush();
    this.#sink(payload);
    return size;
  }

  #writeAck(packet: AckPacket): number {
    const size = measureAck(packet, this.#version);
    if (size > largeSlab) this.#writeBytes(encodePacket(packet, this.#version));
    else this.#used = writeAck(this.#reserve(size), this.#used, packet, size);
    return size;
  }

  #writeBytes(bytes: Uint8Array): void {
    if (bytes.length < passedThrough) {
      const slab = this.#reserve(bytes.length);
      slab.set(bytes, this.#used);
      this.#used += bytes.length;
      return;
    }
    this.flush();
    this.#sink(bytes);
  }

  /** A slab with room for `size` more bytes (at most a large one) behind what waits already. */
  #reserve(size: number): Buffer {
    let slab = this.#slab;
    if (slab && this.#used + size <= slab.length) return slab;
    if (slab && (slab.length === largeSlab || this.#used + size > largeSlab)) {
      this.flush();
      slab = undefined;
    }
    const next = takeSlab(this.#busy || this.#used + size > smallSlab ? largeSlab : smallSlab);
    if (slab) {
      slab.copy(next, 0, 0, this.#used);
      returnSlab(slab);
    }
    this.#slab = next;
    return next;
  }
}

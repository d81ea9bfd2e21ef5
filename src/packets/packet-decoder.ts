import { decodeAck } from './ack-fast-path.js';
import { type ControlType, decodeControl } from './control-decoder.js';
import { ProtocolError } from './errors.js';
import { acceptedFirstBytes, packetTypes, type Receiver, refuseFirstByte } from './fixed-header.js';
import type { AckPacket, Packet, ProtocolVersion } from './packet.js';
import { PartialFrame } from './partial-frame.js';
import { Payloads } from './payloads.js';
import { decodePublish } from './publish-fast-path.js';
import { maximumVariableByteInteger } from './variable-byte-integer.js';

export interface PacketDecoderOptions {
  /** Which side reads: decides which packets may come. */
  receiver: Receiver;
  /** 5 by default for a client. A server leaves it out and learns it from CONNECT; one that gives it is behind CONNECT. */
  protocolVersion?: ProtocolVersion;
  /** Bytes of a whole packet, fixed header included. Unlimited (268,435,460) by default. */
  maximumPacketSize?: number;
  /** The transport writes into the chunk again after `push`: every payload is copied. False by default. */
  reusesChunks?: boolean;
}

/**
 * Bytes of a connection in, packets out, the same for every way of cutting the bytes. The size of a packet is checked
 * before its body is buffered; memory grows with the bytes that came, not with the length that a header states.
 *
 * Everything in a packet is checked but one thing: whether a payload that says `payloadFormat: 'utf8'` is UTF-8. That costs
 * a pass over the payload, and 3.3.2.3.2 leaves it to the receiver of the message (reason code 0x99).
 */
export class PacketDecoder {
  readonly #receiver: Receiver;
  readonly #maximumPacketSize: number;
  readonly #reusesChunks: boolean;
  #version: ProtocolVersion | undefined;
  #accepted: Uint8Array;
  #dead = false;
  #pushing = false;
  #packetBytes = 0;
  readonly #payloads = new Payloads();
  #partial: PartialFrame | undefined;
  /** Bytes behind a packet whose `onPacket` threw. */
  #left: Buffer | undefined;

  constructor(options: PacketDecoderOptions) {
    this.#receiver = options.receiver;
    this.#version = options.protocolVersion ?? (options.receiver === 'client' ? 5 : undefined);
    this.#maximumPacketSize = options.maximumPacketSize ?? maximumVariableByteInteger + 5;
    this.#reusesChunks = options.reusesChunks ?? false;
    this.#accepted = acceptedFirstBytes(this.#receiver, this.#version);
  }

  /** Undefined on a server until CONNECT came. */
  get protocolVersion(): ProtocolVersion | undefined {
    return this.#version;
  }

  /** Bytes that wait for the rest of their packet. */
  get bufferedBytes(): number {
    return (this.#partial?.length ?? 0) + (this.#left?.length ?? 0);
  }

  /** A copy of the bytes that wait for the rest of their packet. */
  get buffered(): Uint8Array {
    // Only one of the two is there between two calls of `push`.
    return new Uint8Array(this.#partial?.bytes ?? this.#left ?? []);
  }

  /** Of the packet that `onPacket` was called with last, fixed header included. */
  get packetBytes(): number {
    return this.#packetBytes;
  }

  /** Ends decoding for good: the rest of the chunk and all later ones are ignored. */
  stop(): void {
    this.#dead = true;
    this.#partial = undefined;
    this.#left = undefined;
  }

  /**
   * Calls `onPacket` for each packet that the bytes complete. Throws a ProtocolError once, at the first packet that is
   * not legal; from then on all bytes are ignored. What `onPacket` throws goes through: its packet counts as delivered,
   * the packets behind it come with the next `push`.
   */
  push(chunk: Uint8Array, onPacket: (packet: Packet) => void): void {
    if (this.#dead) return;
    if (this.#pushing) throw new Error('PacketDecoder.push was called from within its own onPacket.');
    this.#pushing = true;
    try {
      this.#push(chunk, onPacket);
    } finally {
      this.#pushing = false;
    }
  }

  #push(chunk: Uint8Array, onPacket: (packet: Packet) => void): void {
    let bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let reused = this.#reusesChunks;
    if (this.#left) {
      bytes = Buffer.concat([this.#left, bytes]);
      reused = false;
      this.#left = undefined;
    }
    const start = this.#partial ? this.#completePartial(this.#partial, bytes, onPacket) : 0;
    if (!this.#dead && start < bytes.length) this.#parse(bytes, start, bytes.length, reused, onPacket);
  }

  /** The loop over all complete frames; what is left at the end is kept. */
  #parse(
    bytes: Buffer,
    start: number,
    end: number,
    reused: boolean,
    onPacket: (packet: Packet) => void,
  ): void {
    let at = start;
    let delivering = false;
    this.#payloads.begin(bytes, reused);
    try {
      while (at < end) {
        const total = this.#frameLength(bytes, at, end);
        if (total === 0 || at + total > end) {
          this.#partial = new PartialFrame(bytes, at, end, total);
          return;
        }
        const packet = this.#decode(bytes, at, at + total);
        at += total;
        this.#packetBytes = total;
        delivering = true;
        onPacket(packet);
        delivering = false;
        if (this.#dead) return;
      }
    } catch (error) {
      if (!delivering) this.stop();
      else if (!this.#dead && at < end) this.#left = Buffer.from(bytes.subarray(at, end));
      throw error;
    } finally {
      this.#payloads.end();
    }
  }

  /**
   * The length of the frame that begins at `at`, 0 while its header is incomplete. Refuses the header as early as its
   * bytes allow, so that the cutting of the bytes makes no difference.
   */
  #frameLength(bytes: Buffer, at: number, end: number): number {
    const first = bytes[at] as number; // at < end
    if (this.#accepted[first] === 0) {
      throw refuseFirstByte(first, this.#receiver, this.#version) as ProtocolError; // the table says there is one
    }
    let remaining = 0;
    for (let size = 1; size <= 4; size++) {
      if (at + size >= end) return 0;
      const byte = bytes[at + size] as number; // inside the bounds, just checked
      remaining += (byte & 0x7f) * 2 ** (7 * (size - 1));
      if (byte > 0x7f) continue;
      if (byte === 0 && size > 1) {
        throw new ProtocolError(0x81, 'A remaining length does not use the shortest form [MQTT-1.5.5-1].');
      }
      const total = 1 + size + remaining;
      if (total > this.#maximumPacketSize) this.#tooLarge(first, total);
      return total;
    }
    throw new ProtocolError(0x81, 'A remaining length is longer than four bytes (2.1.4).');
  }

  #tooLarge(first: number, total: number): never {
    throw new ProtocolError(
      0x95,
      `${packetTypes[first >> 4]?.toUpperCase()} has ${total} bytes; at most ${this.#maximumPacketSize} are accepted.`,
    );
  }

  #decode(bytes: Buffer, start: number, end: number): Packet {
    const first = bytes[start] as number; // the frame is complete
    let body = start + 2;
    while ((bytes[body - 1] as number) > 0x7f) body++;
    const type = packetTypes[first >> 4] as Packet['type']; // #frameLength has refused reserved types
    const version = this.#version ?? 5;
    switch (type) {
      case 'publish':
        return decodePublish(bytes, first, body, end, version, this.#receiver, this.#payloads);
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return decodeAck(bytes, type as AckPacket['type'], body, end, version);
      default:
        return this.#decodeControl(type, bytes, start, body, end, version);
    }
  }

  #decodeControl(
    type: ControlType,
    bytes: Buffer,
    start: number,
    body: number,
    end: number,
    version: ProtocolVersion,
  ): Packet {
    const packet = decodeControl(type, { bytes, start, body, end }, version, this.#receiver);
    if (packet.type === 'connect') {
      this.#version = packet.protocolVersion;
      this.#accepted = acceptedFirstBytes(this.#receiver, this.#version);
    }
    return packet;
  }

  /** Fills the waiting packet from the chunk and, once it is complete, delivers it. Returns how many bytes it took. */
  #completePartial(partial: PartialFrame, bytes: Buffer, onPacket: (packet: Packet) => void): number {
    let at = 0;
    while (partial.total === 0) {
      if (at === bytes.length) return at;
      partial.append(bytes, at, ++at);
      partial.total = this.#headerOf(partial);
    }
    const wanted = Math.min(bytes.length - at, partial.total - partial.length);
    partial.append(bytes, at, at + wanted);
    at += wanted;
    if (partial.length < partial.total) return at;

    this.#partial = undefined;
    try {
      this.#parse(partial.bytes, 0, partial.length, false, onPacket);
    } catch (error) {
      if (!this.#dead && at < bytes.length) this.#left = Buffer.from(bytes.subarray(at));
      throw error;
    }
    return at;
  }

  #headerOf(partial: PartialFrame): number {
    try {
      return this.#frameLength(partial.bytes, 0, partial.length);
    } catch (error) {
      this.stop();
      throw error;
    }
  }
}

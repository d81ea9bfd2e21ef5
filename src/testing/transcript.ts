import type { Packet } from '../packets/packet.js';
import { packetText, word } from './packet-text.js';

/** Payloads up to this many bytes are kept until somebody asks for the text. */
const KEPT_PAYLOAD = 64;
const NO_BYTES = new Uint8Array(0);

/** Something that went over a connection, or that a test did to all of them. */
export interface Line {
  /** The other end; its name may become known later. Undefined where the line is about the broker. */
  readonly who: { readonly clientId: string } | undefined;
  readonly way: 'C→B' | 'B→C';
  /** The packet, without its payload if that is long. */
  readonly packet: Packet | undefined;
  /** Where it is not the packet's own. */
  readonly text: string | undefined;
  /** What a fault did to it. */
  note: string | undefined;
  /** False if a fault kept it from arriving as it was sent. */
  arrived: boolean;
}

/** What went over the connections of a broker, in order; the newest `limit` lines of it. */
export class Transcript {
  readonly #limit: number;
  #lines: Line[] = [];
  #forgotten = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  packet(who: { readonly clientId: string }, way: Line['way'], packet: Packet): Line {
    const long = isLong(packet);
    const kept = long ? withoutPayload(packet) : packet;
    const text = long ? packetText(packet) : undefined;
    return this.#add({ who, way, packet: kept, text, note: undefined, arrived: true });
  }

  closed(who: { readonly clientId: string }, way: Line['way'], note?: string): void {
    this.#add({ who, way, packet: undefined, text: 'closed', note, arrived: true });
  }

  /** Something that happened to the broker as a whole. */
  event(text: string): void {
    this.#add({ who: undefined, way: 'B→C', packet: undefined, text, note: undefined, arrived: true });
  }

  /** The lines that are kept, the oldest first. */
  get lines(): readonly Line[] {
    return this.#lines.slice(-this.#limit);
  }

  /** A line for each packet: client, direction, packet, and in parentheses what a fault did to it. */
  toString(): string {
    const shown = this.lines;
    const missing = this.#forgotten + this.#lines.length - shown.length;
    const texts = shown.map(lineText);
    if (missing > 0) texts.unshift(`(${missing} earlier lines are not kept)`);
    return texts.join('\n');
  }

  #add(line: Line): Line {
    this.#lines.push(line);
    if (this.#lines.length >= 2 * this.#limit) {
      this.#forgotten += this.#lines.length - this.#limit;
      this.#lines = this.#lines.slice(-this.#limit);
    }
    return line;
  }
}

function lineText({ who, way, packet, text, note }: Line): string {
  const what = text ?? (packet === undefined ? '' : packetText(packet));
  if (who === undefined) return `--- ${what}`;
  return `${word(who.clientId)} ${way} ${what}${note === undefined ? '' : ` (${note})`}`;
}

/** Long payloads, a will's too, are put into words at once, so that their bytes can go. */
function isLong(packet: Packet): boolean {
  const payload =
    packet.type === 'publish' ? packet.payload : packet.type === 'connect' ? packet.will?.payload : undefined;
  return payload !== undefined && payload.length > KEPT_PAYLOAD;
}

function withoutPayload(packet: Packet): Packet {
  if (packet.type === 'publish') return { ...packet, payload: NO_BYTES };
  if (packet.type !== 'connect' || packet.will === undefined) return packet;
  return { ...packet, will: { ...packet.will, payload: NO_BYTES } };
}

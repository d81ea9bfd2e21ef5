import type { Connection } from '../broker/index.js';
import type { Packet } from '../packets/packet.js';
import { packetText, word } from './packet-text.js';

/** Payloads up to this many bytes are kept until somebody asks for the text. */
const KEPT_PAYLOAD = 64;

interface Line {
  readonly connection: Connection;
  readonly way: 'C→B' | 'B→C';
  readonly what: Packet | string;
}

/** What went over the connections of a broker, in order; the newest `limit` lines of it. */
export class Transcript {
  readonly #limit: number;
  #lines: Line[] = [];
  #forgotten = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(connection: Connection, way: Line['way'], what: Packet | 'closed'): void {
    this.#lines.push({ connection, way, what: what === 'closed' ? what : kept(what) });
    if (this.#lines.length < 2 * this.#limit) return;
    this.#forgotten += this.#lines.length - this.#limit;
    this.#lines = this.#lines.slice(-this.#limit);
  }

  /** A line for each packet: client, direction, packet. */
  toString(): string {
    const shown = this.#lines.slice(-this.#limit);
    const missing = this.#forgotten + this.#lines.length - shown.length;
    const lines = shown.map(({ connection, way, what }) => {
      const text = typeof what === 'string' ? what : packetText(what);
      return `${word(connection.clientId)} ${way} ${text}`;
    });
    if (missing > 0) lines.unshift(`(${missing} earlier lines are not kept)`);
    return lines.join('\n');
  }
}

/** What is kept of a packet: long payloads, a will's too, are put into words at once, so that their bytes can go. */
function kept(packet: Packet): Packet | string {
  const payload =
    packet.type === 'publish' ? packet.payload : packet.type === 'connect' ? packet.will?.payload : undefined;
  return payload !== undefined && payload.length > KEPT_PAYLOAD ? packetText(packet) : packet;
}

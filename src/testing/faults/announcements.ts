import type { Packet } from '../../packets/packet.js';
import type { Line } from '../transcript.js';

/** What the broker has put into the transcript and not written yet: the bytes of an event come at its end. */
export class Announcements {
  readonly #lines: Line[] = [];

  add(line: Line): void {
    this.#lines.push(line);
  }

  /** The line of the packet whose bytes come now. What was written before the first fault was scripted has none. */
  take(packet: Packet): Line | undefined {
    const line = this.#lines[0];
    if (line?.packet === undefined || !isSame(line.packet, packet)) return undefined;
    return this.#lines.shift();
  }
}

function isSame(one: Packet, other: Packet): boolean {
  if (one.type !== other.type) return false;
  if (one.type === 'publish' && other.type === 'publish' && one.topic !== other.topic) return false;
  return !('packetId' in one) || !('packetId' in other) || one.packetId === other.packetId;
}

import type { Packet, ProtocolVersion } from '../../packets/packet.js';
import { type PacketFault } from './fault.js';
import type { SeenPacket } from './packet-match.js';
import { refusing } from './refusal.js';
import { Subjects } from './subjects.js';

const NONE: readonly PacketFault[] = [];

/** The faults that a test scripted, in its order. */
export class Script {
  readonly #subjects = new Map<string, Subjects>();
  readonly #faults: PacketFault[] = [];
  #struck = 0;

  add(fault: PacketFault): void {
    this.#faults.push(fault);
  }

  remove(fault: PacketFault): void {
    const index = this.#faults.indexOf(fault);
    if (index >= 0) this.#faults.splice(index, 1);
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** Packets that any fault ever struck. */
  get struck(): number {
    return this.#struck;
  }

  /** The faults that strike this packet. To be asked once for each packet, in order. */
  judge(
    packet: Packet,
    from: SeenPacket['from'],
    clientId: string,
    version: ProtocolVersion,
  ): readonly PacketFault[] {
    const seen = { packet, from, clientId, topics: this.#subjectsOf(clientId).topicsOf(packet, from) };
    if (this.#faults.length === 0) return NONE;
    const struck = this.#faults.filter(
      (fault) => canStrike(fault, packet, from, version) && fault.strikes(seen),
    );
    if (struck.length > 0) this.#struck += 1;
    return struck;
  }

  #subjectsOf(clientId: string): Subjects {
    const known = this.#subjects.get(clientId);
    if (known !== undefined) return known;
    const subjects = new Subjects();
    this.#subjects.set(clientId, subjects);
    return subjects;
  }
}

/** A packet that can't be refused is not one of those that a refusal is for. */
function canStrike(
  { effect }: PacketFault,
  packet: Packet,
  from: SeenPacket['from'],
  version: ProtocolVersion,
): boolean {
  if (effect.does !== 'refuse') return true;
  return from === 'client' && refusing(packet, effect, version) !== undefined;
}

import type { Line } from './transcript.js';

/** What a client and the broker say to each other about the client's publish: none of it comes again on the same connection. */
const EXCHANGE = {
  'C→B': new Set<string>(['publish', 'pubrel']),
  'B→C': new Set<string>(['puback', 'pubrec', 'pubcomp']),
};

/**
 * The packet identifiers of a client's publishes that are not acknowledged on its connection any more, because a fault took a packet of
 * theirs. As far back as lines are kept.
 */
export function unansweredIn(lines: readonly Line[], clientId: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (let index = lines.length - 1; index >= 0; index -= 1) {
    const { who, way, packet, arrived } = lines[index] as Line; // the index is within
    if (packet === undefined || who?.clientId !== clientId) continue;
    if (packet.type === 'connect') break;
    if (arrived || !EXCHANGE[way].has(packet.type)) continue;
    if ('packetId' in packet && packet.packetId !== undefined) found.add(packet.packetId);
  }
  return found;
}

import type { Packet, ProtocolVersion } from '../../packets/packet.js';
import type { Line } from '../transcript.js';
import type { Network } from './network.js';
import { refusing } from './refusal.js';
import type { Passage } from './treat.js';
import type { Wire } from './wire.js';

/** The way of a client's packet to the broker. */
export function incoming(
  wire: Wire,
  network: Network,
  frame: Uint8Array,
  packet: Packet,
  version: ProtocolVersion,
): Passage {
  /** The broker does not see what was sent, so it can't put it into the transcript. */
  const tell = (note: string | undefined) => {
    const line = network.transcript.packet(wire, 'C→B', packet);
    line.note = note;
    line.arrived = false;
  };
  return {
    through: (note) => wire.hand(frame, note),
    again: (note) => wire.hand(frame, note),
    instead: (bytes, note) => {
      tell(note);
      if (bytes !== undefined) wire.hand(bytes);
    },
    refuse: (refusal, note) => {
      tell(note);
      const answer = refusing(packet, refusal, version);
      if (answer !== undefined)
        wire.answer(answer, version, packet.type === 'connect' ? 'then end' : 'go on');
    },
    end: (how, disconnection) => wire.end(how, disconnection),
    slowDown: ({ reader, ms }) => wire.slowDown(reader, ms),
  };
}

/** The way of a packet of the broker to a client. `line` is what the transcript says of it; undefined if that is not known. */
export function outgoing(
  wire: Wire,
  network: Network,
  frame: Uint8Array,
  packet: Packet,
  line: Line | undefined,
): Passage {
  const tell = (note: string | undefined, arrived: boolean) => {
    if (line !== undefined) Object.assign(line, { note, arrived });
  };
  return {
    through: (note) => {
      tell(note, true);
      wire.send(frame);
    },
    again: (note) => {
      network.transcript.packet(wire, 'B→C', packet).note = note;
      network.duplicated(wire.clientId, packet);
      wire.send(frame);
    },
    instead: (bytes, note) => {
      tell(note, false);
      if (bytes !== undefined) wire.send(bytes);
    },
    // The call that scripts a refusal says that no packet of the broker's own can be refused.
    refuse: () => undefined,
    end: (how, disconnection) => wire.end(how, disconnection),
    slowDown: ({ reader, ms }) => wire.slowDown(reader, ms),
  };
}

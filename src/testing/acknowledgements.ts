import type { QoS } from '../packets/packet.js';
import { Subjects } from './faults/subjects.js';
import type { Line } from './transcript.js';

/** What a client said to a message that the broker delivered to it. */
export interface Acknowledgement {
  readonly clientId: string;
  readonly topic: string;
  readonly qos: QoS;
  readonly packet: 'puback' | 'pubrec';
  /** Below 0x80 it took the message. 0 on MQTT 3.1.1. */
  readonly reasonCode: number;
  readonly reasonString?: string;
}

/** The acknowledgements that reached the broker, in order; those of messages whose PUBLISH is not kept any more are left out. */
export function acknowledgementsIn(lines: readonly Line[]): Acknowledgement[] {
  const sent = new Map<string, { topic: string; qos: QoS }>();
  // An alias says the topic only to who saw the packet that set it.
  const subjects = new Map<string, Subjects>();
  const found: Acknowledgement[] = [];
  for (const { who, way, packet, arrived } of lines) {
    if (who === undefined || packet === undefined) continue;
    const { clientId } = who;
    if (way === 'B→C') {
      if (packet.type !== 'publish') continue;
      const [topic = ''] = subjectsOf(subjects, clientId).topicsOf(packet, 'broker');
      if (packet.packetId !== undefined)
        sent.set(`${packet.packetId} ${clientId}`, { topic, qos: packet.qos });
      continue;
    }
    if (packet.type === 'connect') subjects.delete(clientId); // aliases end with the connection
    if (!arrived || (packet.type !== 'puback' && packet.type !== 'pubrec')) continue;
    const message = sent.get(`${packet.packetId} ${clientId}`);
    if (message === undefined) continue;
    const reasonString = packet.properties?.reasonString;
    found.push({
      clientId,
      ...message,
      packet: packet.type,
      reasonCode: packet.reasonCode,
      ...(reasonString !== undefined && { reasonString }),
    });
  }
  return found;
}

function subjectsOf(all: Map<string, Subjects>, clientId: string): Subjects {
  const known = all.get(clientId) ?? new Subjects();
  all.set(clientId, known);
  return known;
}

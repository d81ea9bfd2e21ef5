import type { Packet, PacketType } from '../../packets/packet.js';
import { matches, validateTopicFilter } from '../../topics/index.js';
import { ImpossibleFaultError } from './impossible-fault.js';

/** Which packets a fault is for: those that fit everything that is said. */
export interface PacketMatch {
  /** The type of the packet. */
  readonly cmd: PacketType;
  /** Who sends it. Default: either, where both can. */
  readonly from?: 'client' | 'broker';
  /** Of the client on whose connection it is. Default: any. */
  readonly clientId?: string;
  /**
   * A topic or filter: of the message that a PUBLISH carries or that an acknowledgement is for, or of a SUBSCRIBE or UNSUBSCRIBE and its
   * answer. Default: any.
   */
  readonly topic?: string;
  /** Only the nth that fits, counted from 1 since the fault was scripted. Default: each. */
  readonly nth?: number;
}

/** A packet on its way, with what it does not say itself. */
export interface SeenPacket {
  readonly packet: Packet;
  readonly from: 'client' | 'broker';
  readonly clientId: string;
  /** Of an acknowledgement, those of the packet that it acknowledges. */
  readonly topics: readonly string[];
}

/** Who may send a packet. MQTT 5.0, 2.1.2. */
const senders: Readonly<Record<PacketType, 'client' | 'broker' | 'both'>> = {
  connect: 'client',
  connack: 'broker',
  publish: 'both',
  puback: 'both',
  pubrec: 'both',
  pubrel: 'both',
  pubcomp: 'both',
  subscribe: 'client',
  suback: 'broker',
  unsubscribe: 'client',
  unsuback: 'broker',
  pingreq: 'client',
  pingresp: 'broker',
  disconnect: 'both',
  auth: 'both',
};
const withoutTopic = new Set<PacketType>(['connect', 'connack', 'pingreq', 'pingresp', 'disconnect', 'auth']);

/** @throws ImpossibleFaultError if no packet can ever fit. */
export function checkMatch(what: string, { cmd, from, topic, nth }: PacketMatch): void {
  const refuse = (why: string): never => {
    throw new ImpossibleFaultError(`${what}: ${why}.`);
  };
  if (!Object.hasOwn(senders, cmd))
    refuse(`"${cmd}" is no packet. Write one of ${Object.keys(senders).join(', ')}`);
  const sender = senders[cmd];
  if (from !== undefined && sender !== 'both' && from !== sender)
    refuse(`${cmd.toUpperCase()} comes from the ${sender} only. Leave { from } out`);
  if (topic !== undefined && withoutTopic.has(cmd))
    refuse(`${cmd.toUpperCase()} has no topic. Leave { topic } out`);
  const invalid = topic === undefined ? undefined : validateTopicFilter(topic);
  if (invalid !== undefined) refuse(`{ topic: ${JSON.stringify(topic)} } is no topic filter`);
  if (nth !== undefined && !(Number.isSafeInteger(nth) && nth >= 1))
    refuse(`{ nth: ${nth} } counts from 1. Give a whole number from 1`);
}

/** Whether the packet fits, whichever one it is of them. */
export function fits(match: PacketMatch, { packet, from, clientId, topics }: SeenPacket): boolean {
  if (packet.type !== match.cmd) return false;
  if (match.from !== undefined && match.from !== from) return false;
  if (match.clientId !== undefined && match.clientId !== clientId) return false;
  const { topic } = match;
  return topic === undefined || topics.some((each) => each === topic || matches(topic, each));
}

/** `{ cmd: 'puback', nth: 1 }`, as the test wrote it. */
export function matchText(match: PacketMatch): string {
  const { cmd, from, clientId, topic, nth } = match;
  const parts = Object.entries({ cmd, from, clientId, topic, nth }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${typeof value === 'string' ? `'${value}'` : value}`],
  );
  return `{ ${parts.join(', ')} }`;
}

import { RETURN_CODES } from '../../broker/state/connack.js';
import type { Packet, ProtocolVersion } from '../../packets/packet.js';
import { isReasonCodeOf, type ReasonCode, reasonCodeName } from '../../packets/reason-codes.js';
import { ImpossibleFaultError } from './impossible-fault.js';
import type { PacketMatch } from './packet-match.js';

/** What a broker can say no to. */
export interface RefusableMatch extends PacketMatch {
  readonly cmd: 'connect' | 'subscribe' | 'unsubscribe' | 'publish';
  /** Who asks is the client. */
  readonly from?: 'client';
}

export interface Refusal {
  readonly reasonCode: ReasonCode;
  readonly reasonString: string | undefined;
}

const answers = {
  connect: 'connack',
  subscribe: 'suback',
  unsubscribe: 'unsuback',
  publish: 'puback',
} as const;

/**
 * `version` is that of a broker that speaks only one.
 * @throws ImpossibleFaultError if no answer to the packet can carry the code.
 */
export function checkRefusal(
  what: string,
  { cmd, from }: PacketMatch,
  reasonCode: ReasonCode,
  version: ProtocolVersion | undefined,
): void {
  const refuse = (why: string): never => {
    throw new ImpossibleFaultError(`${what}: ${why}.`);
  };
  // A caller without types may name any packet.
  const answer = (answers as Partial<Record<string, (typeof answers)[keyof typeof answers]>>)[cmd];
  if (answer === undefined || (from as string | undefined) === 'broker')
    refuse(
      `the broker answers CONNECT, SUBSCRIBE, UNSUBSCRIBE and PUBLISH of clients, so it can refuse no ${cmd.toUpperCase()}${from ? ` of the ${from}` : ''}. Lose it, or disconnect`,
    );
  if (reasonCode < 0x80 || (answer !== undefined && !isReasonCodeOf(answer, reasonCode)))
    refuse(
      `${answer?.toUpperCase()} can't refuse with ${hex(reasonCode)} (${reasonCodeName(reasonCode)}). MQTT 5.0, 2.4 lists the codes of each packet`,
    );
  if (version !== 4) return;
  if (cmd === 'publish' || cmd === 'unsubscribe')
    refuse(
      `the broker speaks MQTT 3.1.1 only, where nothing can say no to ${cmd.toUpperCase()}. Disconnect instead`,
    );
  if (cmd === 'connect' && !RETURN_CODES.has(reasonCode))
    refuse(
      `the broker speaks MQTT 3.1.1 only, which has no return code for ${hex(reasonCode)}. It has one for ${[...RETURN_CODES.keys()].map(hex).join(', ')}`,
    );
}

/** The answer that refuses the packet, in the words of its version; undefined where nothing can say no: QoS 0, most of MQTT 3.1.1. */
export function refusing(
  packet: Packet,
  { reasonCode, reasonString }: Refusal,
  version: ProtocolVersion,
): Packet | undefined {
  const properties = version === 5 && reasonString !== undefined ? { properties: { reasonString } } : {};
  switch (packet.type) {
    case 'connect': {
      const code = version === 5 ? reasonCode : RETURN_CODES.get(reasonCode);
      return code === undefined
        ? undefined
        : { type: 'connack', sessionPresent: false, reasonCode: code, ...properties };
    }
    case 'subscribe': {
      const reasonCodes = packet.subscriptions.map(() => (version === 5 ? reasonCode : 0x80));
      return { type: 'suback', packetId: packet.packetId, reasonCodes, ...properties };
    }
    case 'unsubscribe': {
      if (version === 4) return undefined;
      const reasonCodes = packet.filters.map(() => reasonCode);
      return { type: 'unsuback', packetId: packet.packetId, reasonCodes, ...properties };
    }
    case 'publish': {
      const { packetId, qos } = packet;
      if (version === 4 || packetId === undefined) return undefined;
      return { type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode, ...properties };
    }
    default:
      return undefined;
  }
}

function hex(code: number): string {
  return `0x${code.toString(16).padStart(2, '0')}`;
}

import type { PacketType } from './packet.js';

/** A reason code of MQTT 5.0, 2.4: below 0x80 success, from 0x80 on a failure. */
export type ReasonCode = number;

/** What a client should do about a refused or ended connection. */
export type NextStep = 'retry' | 'redirect' | 'stop';

export interface ReasonCodeEntry {
  readonly code: ReasonCode;
  readonly name: string;
  /** The packets that may carry the code. */
  readonly packets: readonly PacketType[];
  /** In DISCONNECT and AUTH only one side may use some codes; absent where both may. 3.14.2.1, 3.15.2.1. */
  readonly sender?: Readonly<Partial<Record<'disconnect' | 'auth', 'client' | 'server'>>>;
  /** After this code in a CONNACK; absent for success and for codes that a CONNACK can't carry. */
  readonly afterConnack?: NextStep;
  /** After this code in a DISCONNECT of the server. */
  readonly afterDisconnect?: NextStep;
}

const acks = ['puback', 'pubrec'] as const;
const subscriptionAcks = ['suback', 'unsuback'] as const;
const connection = ['connack', 'disconnect'] as const;
const server = { disconnect: 'server' } as const;

/**
 * Every reason code of MQTT 5.0, 2.4. 'stop' stands where the same connection would fail the same way again, or where
 * coming back does harm: 0x8E (taken over) would make two clients with one identifier fight.
 */
export const reasonCodes: readonly ReasonCodeEntry[] = [
  {
    code: 0x00,
    name: 'Success',
    packets: ['connack', 'puback', 'pubrec', 'pubrel', 'pubcomp', 'suback', 'unsuback', 'disconnect', 'auth'],
    sender: { auth: 'server' },
    afterDisconnect: 'retry',
  },
  { code: 0x01, name: 'Granted QoS 1', packets: ['suback'] },
  { code: 0x02, name: 'Granted QoS 2', packets: ['suback'] },
  {
    code: 0x04,
    name: 'Disconnect with Will Message',
    packets: ['disconnect'],
    sender: { disconnect: 'client' },
  },
  { code: 0x10, name: 'No matching subscribers', packets: acks },
  { code: 0x11, name: 'No subscription existed', packets: ['unsuback'] },
  { code: 0x18, name: 'Continue authentication', packets: ['auth'] },
  { code: 0x19, name: 'Re-authenticate', packets: ['auth'], sender: { auth: 'client' } },
  {
    code: 0x80,
    name: 'Unspecified error',
    packets: [...connection, ...acks, ...subscriptionAcks],
    afterConnack: 'retry',
    afterDisconnect: 'retry',
  },
  {
    code: 0x81,
    name: 'Malformed Packet',
    packets: connection,
    afterConnack: 'stop',
    afterDisconnect: 'retry',
  },
  { code: 0x82, name: 'Protocol Error', packets: connection, afterConnack: 'stop', afterDisconnect: 'retry' },
  {
    code: 0x83,
    name: 'Implementation specific error',
    packets: [...connection, ...acks, ...subscriptionAcks],
    afterConnack: 'retry',
    afterDisconnect: 'retry',
  },
  { code: 0x84, name: 'Unsupported Protocol Version', packets: ['connack'], afterConnack: 'stop' },
  { code: 0x85, name: 'Client Identifier not valid', packets: ['connack'], afterConnack: 'stop' },
  { code: 0x86, name: 'Bad User Name or Password', packets: ['connack'], afterConnack: 'stop' },
  {
    code: 0x87,
    name: 'Not authorized',
    packets: [...connection, ...acks, ...subscriptionAcks],
    sender: server,
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  { code: 0x88, name: 'Server unavailable', packets: ['connack'], afterConnack: 'retry' },
  {
    code: 0x89,
    name: 'Server busy',
    packets: connection,
    sender: server,
    afterConnack: 'retry',
    afterDisconnect: 'retry',
  },
  { code: 0x8a, name: 'Banned', packets: ['connack'], afterConnack: 'stop' },
  {
    code: 0x8b,
    name: 'Server shutting down',
    packets: ['disconnect'],
    sender: server,
    afterDisconnect: 'retry',
  },
  // 3.14.2.1 does not repeat this one, 2.4 lists it for DISCONNECT too: we take and send it.
  {
    code: 0x8c,
    name: 'Bad authentication method',
    packets: connection,
    sender: server,
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  {
    code: 0x8d,
    name: 'Keep Alive timeout',
    packets: ['disconnect'],
    sender: server,
    afterDisconnect: 'retry',
  },
  {
    code: 0x8e,
    name: 'Session taken over',
    packets: ['disconnect'],
    sender: server,
    afterDisconnect: 'stop',
  },
  {
    code: 0x8f,
    name: 'Topic Filter invalid',
    packets: [...subscriptionAcks, 'disconnect'],
    sender: server,
    afterDisconnect: 'stop',
  },
  {
    code: 0x90,
    name: 'Topic Name invalid',
    packets: [...connection, ...acks],
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  { code: 0x91, name: 'Packet Identifier in use', packets: [...acks, ...subscriptionAcks] },
  { code: 0x92, name: 'Packet Identifier not found', packets: ['pubrel', 'pubcomp'] },
  { code: 0x93, name: 'Receive Maximum exceeded', packets: ['disconnect'], afterDisconnect: 'retry' },
  { code: 0x94, name: 'Topic Alias invalid', packets: ['disconnect'], afterDisconnect: 'retry' },
  {
    code: 0x95,
    name: 'Packet too large',
    packets: connection,
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  { code: 0x96, name: 'Message rate too high', packets: ['disconnect'], afterDisconnect: 'retry' },
  {
    code: 0x97,
    name: 'Quota exceeded',
    packets: [...connection, ...acks, 'suback'],
    afterConnack: 'retry',
    afterDisconnect: 'retry',
  },
  { code: 0x98, name: 'Administrative action', packets: ['disconnect'], afterDisconnect: 'retry' },
  {
    code: 0x99,
    name: 'Payload format invalid',
    packets: [...connection, ...acks],
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  {
    code: 0x9a,
    name: 'Retain not supported',
    packets: connection,
    sender: server,
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  {
    code: 0x9b,
    name: 'QoS not supported',
    packets: connection,
    sender: server,
    afterConnack: 'stop',
    afterDisconnect: 'stop',
  },
  {
    code: 0x9c,
    name: 'Use another server',
    packets: connection,
    sender: server,
    afterConnack: 'redirect',
    afterDisconnect: 'redirect',
  },
  {
    code: 0x9d,
    name: 'Server moved',
    packets: connection,
    sender: server,
    afterConnack: 'redirect',
    afterDisconnect: 'redirect',
  },
  {
    code: 0x9e,
    name: 'Shared Subscriptions not supported',
    packets: ['suback', 'disconnect'],
    sender: server,
    afterDisconnect: 'stop',
  },
  {
    code: 0x9f,
    name: 'Connection rate exceeded',
    packets: connection,
    sender: server,
    afterConnack: 'retry',
    afterDisconnect: 'retry',
  },
  {
    code: 0xa0,
    name: 'Maximum connect time',
    packets: ['disconnect'],
    sender: server,
    afterDisconnect: 'retry',
  },
  {
    code: 0xa1,
    name: 'Subscription Identifiers not supported',
    packets: ['suback', 'disconnect'],
    sender: server,
    afterDisconnect: 'stop',
  },
  {
    code: 0xa2,
    name: 'Wildcard Subscriptions not supported',
    packets: ['suback', 'disconnect'],
    sender: server,
    afterDisconnect: 'stop',
  },
];

const byCode = new Map(reasonCodes.map((entry) => [entry.code, entry]));

/**
 * The name that the specification gives to a code; 0 has another one in DISCONNECT and SUBACK. A code that does not
 * exist gets its number.
 */
export function reasonCodeName(code: ReasonCode, packet?: PacketType): string {
  if (code === 0 && packet === 'disconnect') return 'Normal disconnection';
  if (code === 0 && packet === 'suback') return 'Granted QoS 0';
  return byCode.get(code)?.name ?? `Unknown reason code 0x${code.toString(16).padStart(2, '0')}`;
}

/** Whether a packet of MQTT 5 may carry the code; with `sender`, whether that side may send it. */
export function isReasonCodeOf(packet: PacketType, code: ReasonCode, sender?: 'client' | 'server'): boolean {
  const entry = byCode.get(code);
  if (!entry?.packets.includes(packet)) return false;
  if (sender === undefined || (packet !== 'disconnect' && packet !== 'auth')) return true;
  const only = entry.sender?.[packet];
  return only === undefined || only === sender;
}

/** What a client should do after a CONNACK with a failure code, or after a DISCONNECT of the server. MQTT 5. */
export function nextStepAfter(packet: 'connack' | 'disconnect', code: ReasonCode): NextStep {
  const entry = byCode.get(code);
  return (packet === 'connack' ? entry?.afterConnack : entry?.afterDisconnect) ?? 'retry';
}

export interface ReturnCodeEntry {
  readonly code: number;
  readonly name: string;
  readonly afterConnack?: NextStep;
}

/** The return codes that a CONNACK of MQTT 3.1.1 may carry; 3.2.2.3 of that version. */
export const returnCodes: readonly ReturnCodeEntry[] = [
  { code: 0, name: 'Connection Accepted' },
  { code: 1, name: 'Unacceptable protocol version', afterConnack: 'stop' },
  { code: 2, name: 'Identifier rejected', afterConnack: 'stop' },
  { code: 3, name: 'Server unavailable', afterConnack: 'retry' },
  { code: 4, name: 'Bad user name or password', afterConnack: 'stop' },
  { code: 5, name: 'Not authorized', afterConnack: 'stop' },
];

/** The name of a return code of a MQTT 3.1.1 CONNACK. */
export function returnCodeName(code: number): string {
  return returnCodes[code]?.name ?? `Unknown return code ${code}`;
}

/** What a client should do after a MQTT 3.1.1 CONNACK with this return code. */
export function nextStepAfterReturnCode(code: number): NextStep {
  return returnCodes[code]?.afterConnack ?? 'retry';
}

// The first byte of a packet: which type it names, who may receive it, which flags it must have. MQTT 5.0, 2.1.
import { ProtocolError } from './errors.js';
import type { PacketType, ProtocolVersion } from './packet.js';

export type Receiver = 'client' | 'server';

/** Index is the number on the wire; 0 is reserved. */
export const packetTypes: readonly (PacketType | undefined)[] = [
  undefined,
  'connect',
  'connack',
  'publish',
  'puback',
  'pubrec',
  'pubrel',
  'pubcomp',
  'subscribe',
  'suback',
  'unsubscribe',
  'unsuback',
  'pingreq',
  'pingresp',
  'disconnect',
  'auth',
];

const both: readonly PacketType[] = ['publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'];
const received: Record<Receiver, Record<ProtocolVersion, readonly PacketType[]>> = {
  client: {
    4: [...both, 'connack', 'suback', 'unsuback', 'pingresp'],
    5: [...both, 'connack', 'suback', 'unsuback', 'pingresp', 'disconnect', 'auth'],
  },
  server: {
    4: [...both, 'subscribe', 'unsubscribe', 'pingreq', 'disconnect'],
    5: [...both, 'subscribe', 'unsubscribe', 'pingreq', 'disconnect', 'auth'],
  },
};

/** What a decoder expects: `undefined` is a server that has not seen its CONNECT yet. */
export type Expectation = ProtocolVersion | undefined;

/** 1 for each first byte that is fine here; the hot loop looks a byte up instead of deciding. */
export function acceptedFirstBytes(receiver: Receiver, version: Expectation): Uint8Array {
  return tables[receiver][version ?? 0];
}

function buildTable(receiver: Receiver, version: Expectation): Uint8Array {
  const table = new Uint8Array(256);
  for (let first = 0; first < 256; first++) table[first] = refuseFirstByte(first, receiver, version) ? 0 : 1;
  return table;
}

/** Why a first byte is refused, or undefined if it is not. */
export function refuseFirstByte(
  first: number,
  receiver: Receiver,
  version: Expectation,
): ProtocolError | undefined {
  const type = packetTypes[first >> 4];
  const flags = first & 0x0f;
  if (!type || (type === 'auth' && version === 4)) {
    return new ProtocolError(0x81, `Packet type ${first >> 4} is reserved in this version of MQTT (2.1.2).`);
  }
  const name = type.toUpperCase();
  if (type === 'publish' ? (flags & 0x06) === 0x06 : flags !== requiredFlags(type)) {
    const why =
      type === 'publish'
        ? 'both QoS bits are set (3.3.1.2)'
        : `its flags are ${flags}, they must be ${requiredFlags(type)} (2.1.3)`;
    return new ProtocolError(0x81, `${name} is malformed: ${why}.`);
  }
  if (type === 'publish' && (flags & 0x0e) === 0x08) {
    return new ProtocolError(0x81, 'PUBLISH is malformed: DUP is set at QoS 0 [MQTT-3.3.1-2].');
  }
  if (receiver === 'server' && version === undefined) {
    if (type === 'connect') return undefined;
    return new ProtocolError(
      0x82,
      `The first packet of a client must be CONNECT, not ${name} [MQTT-3.1.0-1].`,
    );
  }
  if (received[receiver][version ?? 5].includes(type)) return undefined;
  if (type === 'connect' && receiver === 'server') {
    return new ProtocolError(0x82, 'A second CONNECT came on the same connection [MQTT-3.1.0-2].');
  }
  const peer = receiver === 'client' ? 'server' : 'client';
  return new ProtocolError(0x82, `A ${peer} must not send ${name}.`);
}

export function requiredFlags(type: PacketType): number {
  return type === 'pubrel' || type === 'subscribe' || type === 'unsubscribe' ? 2 : 0;
}

const tables = {
  client: { 0: buildTable('client', 5), 4: buildTable('client', 4), 5: buildTable('client', 5) },
  server: { 0: buildTable('server', undefined), 4: buildTable('server', 4), 5: buildTable('server', 5) },
};

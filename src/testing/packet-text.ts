import type { Packet, PublishPacket, SubscriptionRequest } from '../packets/packet.js';

const LONGEST_PAYLOAD = 64;

/** One packet in one line that stays the same from run to run: `PUBACK id=1 rc=0x00`. */
export function packetText(packet: Packet): string {
  const name = packet.type.toUpperCase();
  return [name, ...fields(packet)].filter((field) => field !== undefined).join(' ');
}

/** Names and topics as they are, in quotes where they are empty or hold spaces or control characters. */
export function word(text: string): string {
  return /^[^\s"\p{C}]+$/u.test(text) ? text : JSON.stringify(text);
}

type Field = string | undefined;

function fields(packet: Packet): Field[] {
  switch (packet.type) {
    case 'connect': {
      const { properties = {}, will } = packet;
      return [
        `v=${packet.protocolVersion}`,
        `clean=${Number(packet.cleanStart)}`,
        `keepAlive=${packet.keepAlive}`,
        field('expiry', properties.sessionExpiryInterval),
        field('receiveMaximum', properties.receiveMaximum),
        field('maximumPacketSize', properties.maximumPacketSize),
        field('topicAliasMaximum', properties.topicAliasMaximum),
        properties.authenticationMethod && `method=${word(properties.authenticationMethod)}`,
        packet.username === undefined ? undefined : `user=${word(packet.username)}`,
        will && `will=${word(will.topic)} willQoS=${will.qos}${will.retain ? ' willRetain' : ''}`,
        field('willDelay', will?.properties?.willDelayInterval),
      ];
    }
    case 'connack': {
      const { properties = {} } = packet;
      return [
        code(packet.reasonCode),
        `present=${Number(packet.sessionPresent)}`,
        properties.assignedClientIdentifier && `assigned=${word(properties.assignedClientIdentifier)}`,
        field('expiry', properties.sessionExpiryInterval),
        field('receiveMaximum', properties.receiveMaximum),
        field('maximumQoS', properties.maximumQoS),
        field('keepAlive', properties.serverKeepAlive),
        reason(properties.reasonString),
      ];
    }
    case 'publish':
      return publishFields(packet);
    case 'subscribe':
      return [
        `id=${packet.packetId}`,
        packet.subscriptions.map(subscriptionText).join(', '),
        field('sub', packet.properties?.subscriptionIdentifier),
      ];
    case 'suback':
    case 'unsuback':
      return [
        `id=${packet.packetId}`,
        packet.reasonCodes.length === 0 ? undefined : `rc=${packet.reasonCodes.map(hex).join(',')}`,
        reason(packet.properties?.reasonString),
      ];
    case 'unsubscribe':
      return [`id=${packet.packetId}`, packet.filters.map(word).join(', ')];
    case 'pingreq':
    case 'pingresp':
      return [];
    case 'disconnect':
      return [
        code(packet.reasonCode),
        field('expiry', packet.properties?.sessionExpiryInterval),
        reason(packet.properties?.reasonString),
      ];
    case 'auth':
      return [
        code(packet.reasonCode),
        packet.properties?.authenticationMethod && `method=${word(packet.properties.authenticationMethod)}`,
        reason(packet.properties?.reasonString),
      ];
    default:
      return [`id=${packet.packetId}`, code(packet.reasonCode), reason(packet.properties?.reasonString)];
  }
}

function publishFields(packet: PublishPacket): Field[] {
  const { properties = {} } = packet;
  return [
    `q${packet.qos}`,
    field('id', packet.packetId),
    word(packet.topic),
    packet.retain ? 'retain' : undefined,
    packet.duplicate ? 'dup' : undefined,
    properties.subscriptionIdentifiers && `sub=${properties.subscriptionIdentifiers.join(',')}`,
    field('alias', properties.topicAlias),
    field('expiry', properties.messageExpiryInterval),
    properties.contentType && `type=${word(properties.contentType)}`,
    properties.responseTopic && `response=${word(properties.responseTopic)}`,
    properties.correlationData && `correlation=${Buffer.from(properties.correlationData).toString('hex')}`,
    ...(properties.userProperties ?? []).map(([name, value]) => `${word(name)}:${word(value)}`),
    payloadText(packet.payload),
  ];
}

/** Short text as it is, anything else by its length. */
function payloadText(payload: Uint8Array): string {
  const text = new TextDecoder().decode(payload);
  const isText = payload.length <= LONGEST_PAYLOAD && !/[\u{FFFD}\p{C}]/u.test(text);
  return isText ? JSON.stringify(text) : `<${payload.length} bytes>`;
}

function subscriptionText(subscription: SubscriptionRequest): string {
  const { filter, maximumQoS, noLocal, retainAsPublished, retainHandling } = subscription;
  const options = [
    word(filter),
    `q${maximumQoS}`,
    noLocal ? 'noLocal' : undefined,
    retainAsPublished ? 'asPublished' : undefined,
    retainHandling === 'send' ? undefined : `retained=${retainHandling}`,
  ];
  return options.filter((option) => option !== undefined).join(' ');
}

function field(name: string, value: number | undefined): Field {
  return value === undefined ? undefined : `${name}=${value}`;
}

function code(reasonCode: number): string {
  return `rc=${hex(reasonCode)}`;
}

function hex(reasonCode: number): string {
  return `0x${reasonCode.toString(16).padStart(2, '0')}`;
}

function reason(text: string | undefined): Field {
  return text === undefined ? undefined : `reason=${JSON.stringify(text)}`;
}

// What the server announced that it cannot do is refused here, before anything is sent or an identifier taken.

import { packetSize } from '../packets/encode-packet.js';
import { InvalidPacketError, LimitError } from '../packets/errors.js';
import type {
  AckProperties,
  AuthPacket,
  Packet,
  PublishPacket,
  SubscribePacket,
  UnsubscribePacket,
} from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { LedgerEntry } from './acknowledgements.js';
import type { ServerLimits } from './server-limits.js';

export function checkPublish(packet: PublishPacket, limits: ServerLimits, protocolVersion: 4 | 5): void {
  if (packet.qos > limits.maximumQoS) {
    throw new LimitError(
      'qos',
      `The server takes QoS ${limits.maximumQoS} at most, so the message for "${packet.topic}" with QoS ${packet.qos} was not sent.`,
    );
  }
  if (packet.retain && !limits.retain) {
    throw new LimitError(
      'retain',
      `The server keeps no retained messages, so the one for "${packet.topic}" was not sent: publish it without retain.`,
    );
  }
  if (limits.maximumPacketSize === Number.POSITIVE_INFINITY) return;
  // A character has at most three bytes in UTF-8, and a publish without properties 16 bytes beside topic and payload.
  const atMost = packet.topic.length * 3 + packet.payload.length + 16;
  if (packet.properties || atMost > limits.maximumPacketSize) checkSize(packet, limits, protocolVersion);
}

/** What the server has against a publish that was asked for before its limits were known. */
export function misfit(
  packet: PublishPacket,
  limits: ServerLimits,
  protocolVersion: 4 | 5,
): LimitError | undefined {
  try {
    checkPublish(packet, limits, protocolVersion);
    return undefined;
  } catch (error) {
    return error as LimitError; // that it is legal was checked before
  }
}

export function checkSubscribe(packet: SubscribePacket, limits: ServerLimits, protocolVersion: 4 | 5): void {
  for (const { filter, noLocal } of packet.subscriptions) {
    const shared = filter.startsWith('$share/');
    if (shared && !limits.shared) {
      throw new LimitError('shared', `The server has no shared subscriptions, so "${filter}" was not sent.`);
    }
    if (shared && noLocal) {
      throw new InvalidPacketError(
        `"${filter}" is a shared subscription, which cannot have noLocal [MQTT-3.8.3-4]: leave it out.`,
      );
    }
    if (!limits.wildcards && /[+#]/.test(filter)) {
      throw new LimitError(
        'wildcard',
        `The server has no wildcard subscriptions, so "${filter}" was not sent.`,
      );
    }
  }
  if (packet.properties?.subscriptionIdentifier !== undefined && !limits.subscriptionIdentifiers) {
    throw new LimitError(
      'subscription-id',
      'The server has no subscription identifiers, so the subscription was not sent: leave `id` out.',
    );
  }
  checkSize(packet, limits, protocolVersion);
}

export function checkSize(
  packet: PublishPacket | SubscribePacket | UnsubscribePacket | AuthPacket,
  limits: ServerLimits,
  protocolVersion: 4 | 5,
): void {
  if (limits.maximumPacketSize === Number.POSITIVE_INFINITY) return;
  const length = checkLegal(packet, protocolVersion);
  if (length <= limits.maximumPacketSize) return;
  throw new LimitError(
    'packet-size',
    `The server takes packets of ${limits.maximumPacketSize} bytes at most, so the ${packet.type.toUpperCase()} of ${length} bytes was not sent.`,
  );
}

/** Throws an InvalidPacketError for what is not legal MQTT; returns the bytes of the packet. */
export function checkLegal(
  packet: PublishPacket | SubscribePacket | UnsubscribePacket | AuthPacket,
  protocolVersion: 4 | 5,
): number {
  const hasNone = packet.type === 'auth' || (packet.type === 'publish' && packet.qos === 0);
  // The identifier is not known yet, and of no influence.
  return packetSize(hasNone ? packet : { ...packet, packetId: 1 }, protocolVersion);
}

/** Throws an InvalidPacketError if the acknowledgement of a message may not say this. */
export function checkAck(
  entry: LedgerEntry,
  reasonCode: ReasonCode,
  properties: AckProperties | undefined,
): void {
  if (reasonCode === 0 && !properties) return;
  const type = entry.qos === 1 ? 'puback' : 'pubrec';
  packetSize({ type, packetId: entry.packetId, reasonCode, ...(properties && { properties }) }, 5);
}

/** Whether the packet would be too big for the server: then its reason string and user properties stay away [MQTT-3.4.2-2]. */
export function isTooBig(packet: Packet, limits: ServerLimits, protocolVersion: 4 | 5): boolean {
  return (
    limits.maximumPacketSize !== Number.POSITIVE_INFINITY &&
    packetSize(packet, protocolVersion) > limits.maximumPacketSize
  );
}

import type { PublishProperties, QoS } from '../../packets/packet.js';
import type { Trace } from './copy.js';

/** An application message that the broker has taken over: one object, however many sessions get it. */
export interface Message {
  readonly topic: string;
  /** The broker's own bytes: never a view of a buffer that a transport reuses. Only `ownPayload` replaces it, by the same bytes. */
  payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PublishProperties | undefined;
  /** Client identifier of who published it; undefined for the broker's host. */
  readonly publisher: string | undefined;
  /** Milliseconds on the broker's clock. */
  readonly receivedAt: number;
  /** Whether its copies say from the first time on that they may have been sent before. Of the host's own messages only. */
  readonly duplicate?: boolean;
  /** Who follows the copies of this message; undefined for almost all. */
  readonly trace: Trace | undefined;
}

/** What a user property costs beside its characters: on the wire it may be five bytes, in memory it is a list and two strings. */
const USER_PROPERTY = 64;

/** What a message costs while it waits, in bytes: payload, topic and properties, a character of text for one. */
export function messageSize({ payload, topic, properties }: Message): number {
  const size = payload.length + topic.length;
  return properties === undefined ? size : size + propertiesSize(properties);
}

function propertiesSize(properties: PublishProperties): number {
  const { contentType = '', responseTopic = '', correlationData, userProperties = [] } = properties;
  let size = contentType.length + responseTopic.length + (correlationData?.length ?? 0);
  for (const [name, value] of userProperties) size += USER_PROPERTY + name.length + value.length;
  return size;
}

/** What is left of a message's expiry interval, in whole seconds; 0 or less if it is over. */
export function secondsLeft(message: Message, interval: number, now: number): number {
  return interval - Math.floor((now - message.receivedAt) / 1000);
}

/** When its expiry interval runs out; Infinity if it has none. */
export function expiresAt(message: Message): number {
  const interval = message.properties?.messageExpiryInterval;
  return interval === undefined ? Number.POSITIVE_INFINITY : message.receivedAt + interval * 1000;
}

export function isExpired(message: Message, now: number): boolean {
  return now >= expiresAt(message);
}

/**
 * For a message that stays: its payload must not hold on to a larger buffer that it came in, such as everything that was read at once. On the
 * message itself, so that all sessions in which it waits share the copy.
 */
export function ownPayload(message: Message): void {
  const { payload } = message;
  if (payload.length * 4 < payload.buffer.byteLength) message.payload = new Uint8Array(payload);
}

import type { AckPacket, PublishPacket, QoS } from '../../packets/packet.js';
import { isExpired, type Message, messageSize, secondsLeft } from './message.js';
import type { SharedGroup } from './shared-group.js';

/** How the way of a copy ended. */
export type CopyEnd =
  /** At QoS 0: it was written. */
  | 'sent'
  /** PUBACK, PUBCOMP or a refusing PUBREC came back. */
  | 'acknowledged'
  /** The session ended before the acknowledgement. */
  | 'session-ended'
  /** The session's queue was full. */
  | 'queue-full'
  /** At QoS 0: nobody was connected. */
  | 'offline'
  /** Larger than the client's maximum packet size [MQTT-3.1.2-25]. */
  | 'too-large'
  /** Its message expiry interval ran out before it was sent [MQTT-3.3.2-5]. */
  | 'expired'
  /** It belonged to a shared group and went to another member, as a copy of its own. */
  | 'reassigned';

/** Follows one message to every session that gets it. */
export interface Trace {
  copied(copy: Copy): void;
  /** Called each time that the PUBLISH is written: more than once if it is sent again. */
  sent(copy: Copy): void;
  /** PUBACK, PUBREC and PUBCOMP, as they come back. */
  acknowledged(copy: Copy, packet: AckPacket): void;
  ended(copy: Copy, how: CopyEnd): void;
}

/** One message on its way to one session. */
export interface Copy {
  readonly message: Message;
  readonly clientId: string;
  readonly qos: QoS;
  /** As the receiver sees it: retain-as-published and retained messages at SUBSCRIBE. */
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** The shared group that it came through. */
  readonly group: SharedGroup | undefined;
  /** 0 until it is sent at QoS 1 or 2. */
  packetId: number;
  /** 'released' is the second half of QoS 2: PUBREL is sent, the PUBLISH never again [MQTT-4.3.3-6]. */
  phase: 'waiting' | 'sent' | 'released' | 'ended';
  /** Whether it was written to the connection of the moment: a resumed session starts with false. */
  onThisConnection: boolean;
}

/** What the copy costs while it waits, in bytes: a client with many overlapping subscriptions makes its identifiers the most of it. */
export function copySize({ message, subscriptionIdentifiers }: Copy): number {
  return messageSize(message) + 8 * (subscriptionIdentifiers?.length ?? 0);
}

export function endCopy(copy: Copy, how: CopyEnd): void {
  copy.phase = 'ended';
  copy.message.trace?.ended(copy, how);
}

/** How the way of an unfinished copy ends with its session. */
export function fateOf(copy: Copy, now: number): 'expired' | 'reassigned' | 'session-ended' {
  const hasHeir = copy.group !== undefined && !copy.group.isEmpty;
  if (hasHeir && isMovable(copy, now)) return 'reassigned';
  return copy.phase === 'waiting' && isExpired(copy.message, now) ? 'expired' : 'session-ended';
}

/** Whether another member of its group may have the copy in place of this one. MQTT 5.0, 4.8.2. */
export function isMovable(copy: Copy, now: number): boolean {
  return (copy.qos < 2 || copy.phase === 'waiting') && !isExpired(copy.message, now);
}

/** The PUBLISH for a copy; on MQTT 3.1.1 without properties. */
export function publishPacket(
  copy: Copy,
  duplicate: boolean,
  withProperties: boolean,
  now: number,
): PublishPacket {
  const { message } = copy;
  const packet: PublishPacket = {
    type: 'publish',
    topic: message.topic,
    payload: message.payload,
    qos: copy.qos,
    retain: copy.retain,
    duplicate: duplicate || (message.duplicate === true && copy.qos > 0), // [MQTT-3.3.1-2]
  };
  if (copy.qos > 0) packet.packetId = copy.packetId;
  if (!withProperties || (message.properties === undefined && copy.subscriptionIdentifiers === undefined))
    return packet;
  const properties: NonNullable<PublishPacket['properties']> = { ...message.properties };
  const interval = message.properties?.messageExpiryInterval;
  // A copy that was sent once no longer expires [MQTT-4.3.3-7]: then the interval stays at its last second.
  if (interval !== undefined) {
    properties.messageExpiryInterval = Math.max(secondsLeft(message, interval, now), Math.min(interval, 1));
  }
  if (copy.subscriptionIdentifiers !== undefined)
    properties.subscriptionIdentifiers = copy.subscriptionIdentifiers;
  packet.properties = properties;
  return packet;
}

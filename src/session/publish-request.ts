import type { AckPacket, PublishPacket } from '../packets/packet.js';
import type { Request } from './effects.js';
import { MessageExpiredError } from './errors.js';

/** A publish that somebody waits for. Its answer: the PUBACK; at PUBCOMP the PUBREC, which is the one that tells; nothing for QoS 0. */
export interface PublishRequest extends Request<AckPacket | undefined> {
  /** Gets its packet identifier when it leaves, and DUP when it leaves again. Kept as it is until it is acknowledged. */
  readonly packet: PublishPacket;
  /** When its message expiry interval is over, as long as it has not left: then it never does. */
  readonly expiresAt?: number | undefined;
  /** It left more than once. */
  wasResent: boolean;
}

/**
 * Before it leaves for the first time: the time that it waited is taken off its message expiry interval, once. Throws a MessageExpiredError if
 * nothing is left.
 */
export function age({ packet, expiresAt, wasResent }: PublishRequest, now: number): void {
  if (expiresAt === undefined || wasResent) return;
  const left = Math.ceil((expiresAt - now) / 1_000);
  if (left <= 0) {
    throw new MessageExpiredError(
      `The message for "${packet.topic}" expired while it waited to be sent. Nothing of it was sent.`,
    );
  }
  packet.properties = { ...packet.properties, messageExpiryInterval: left };
}

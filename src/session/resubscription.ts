import type { SubackPacket, SubscribePacket } from '../packets/packet.js';
import { reasonCodeName } from '../packets/reason-codes.js';
import { NegativeAckError, SessionLostError } from './errors.js';
import type { SubscribeRequest } from './subscriptions.js';

/** A SUBSCRIBE that nobody asked for: the session makes its subscriptions again. */
export class Resubscription implements SubscribeRequest {
  readonly packet: SubscribePacket;
  readonly #failed: (filter: string, error: Error) => void;

  constructor(packet: SubscribePacket, failed: (filter: string, error: Error) => void) {
    this.packet = packet;
    this.#failed = failed;
  }

  settle(outcome: SubackPacket | Error): void {
    for (const [index, { filter }] of this.packet.subscriptions.entries()) {
      const error = outcome instanceof Error ? outcome : refusedAgain(outcome, index, filter);
      if (error) this.#failed(filter, error);
    }
  }
}

export function notMadeAgain(filter: string): SessionLostError {
  return new SessionLostError(
    false,
    `The server came back without the session, and so without the subscription "${filter}", which resubscribe: 'never' does not make again: its messages come no more.`,
  );
}

function refusedAgain(answer: SubackPacket, index: number, filter: string): NegativeAckError | undefined {
  const reasonCode = answer.reasonCodes[index]!; // the count was checked
  if (reasonCode < 0x80) return undefined;
  return new NegativeAckError(
    'suback',
    [reasonCode],
    answer.properties?.reasonString,
    `The server does not have the session that it had, and refused to subscribe "${filter}" again (${reasonCodeName(reasonCode, 'suback')}): its messages come no more.`,
  );
}

import { LimitError } from '../packets/errors.js';
import type { AckPacket, AckProperties } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { Effects } from './effects.js';
import { isTooBig } from './limit-checks.js';
import type { ServerLimits } from './server-limits.js';

export interface AckToSend {
  type: 'puback' | 'pubrec' | 'pubcomp' | 'pubrel';
  packetId: number;
  reasonCode: ReasonCode;
  properties?: AckProperties;
}

/** A server cannot be owed more at once: an answer for each of its identifiers, and a PUBREL for each of ours. */
const mostUnread = 2 * 65_535;

/** Sends acknowledgements, in the form that the server understands, and counts those that it does not read. */
export class AckSender {
  readonly #protocolVersion: 4 | 5;
  readonly #effects: Effects;
  readonly #limits: () => ServerLimits | undefined;
  #writable = true;
  /** How many were written since the socket took no more. */
  #unread = 0;

  /** `limits` are undefined while nothing may be sent. */
  constructor(protocolVersion: 4 | 5, effects: Effects, limits: () => ServerLimits | undefined) {
    this.#protocolVersion = protocolVersion;
    this.#effects = effects;
    this.#limits = limits;
  }

  writable(writable: boolean): void {
    this.#writable = writable;
    if (writable) this.#unread = 0;
  }

  /** Throws a LimitError: the server uses identifiers again whose answers it has not read, so the answers would pile up without end. */
  checkUnread(): void {
    if (this.#unread <= mostUnread) return;
    throw new LimitError(
      'queue',
      `The server goes on sending, but does not read: more than ${mostUnread} acknowledgements wait for it.`,
    );
  }

  send(ack: AckToSend): void {
    const limits = this.#limits();
    if (!limits) return;
    if (!this.#writable) this.#unread++;
    // The four types differ in nothing but their name; the compiler wants one of them.
    const packet = ack as AckPacket;
    if (this.#protocolVersion === 4) {
      this.#effects.send({ type: packet.type, packetId: packet.packetId, reasonCode: 0 });
      return;
    }
    if (packet.properties && isTooBig(packet, limits, 5)) delete packet.properties;
    this.#effects.send(packet);
  }
}

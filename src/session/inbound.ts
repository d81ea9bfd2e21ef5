import { ProtocolError } from '../packets/errors.js';
import type { AckProperties, PublishPacket, PubrelPacket } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { AckToSend } from './ack-sender.js';
import { Acknowledgements, type AckOrder, LedgerEntry } from './acknowledgements.js';
import type { Effects } from './effects.js';
import { InboundAliases } from './topic-aliases.js';

export interface InboundSettings {
  readonly protocolVersion: 4 | 5;
  readonly receiveMaximum: number;
  /** Whether the caller stops reading at the receive maximum, so that a server which sends more is not at fault. */
  readonly pausesWhenFull: boolean;
  readonly ackOrder: AckOrder;
  /** How many topic aliases the server may use. */
  readonly topicAliasMaximum: number;
}

/** Messages from the server: what is delivered, what is a repetition, and what is acknowledged when. */
export class Inbound {
  readonly #settings: InboundSettings;
  readonly #effects: Effects;
  readonly #sendAck: (packet: AckToSend) => void;
  /** Identifiers that the server has in use: until PUBACK, until PUBCOMP, or until a PUBREC that refuses. */
  readonly #open = new Map<number, LedgerEntry>();
  readonly #qos1: Acknowledgements;
  readonly #qos2: Acknowledgements;
  readonly #leave = (entry: LedgerEntry) => this.#acknowledge(entry);
  readonly #aliases: InboundAliases;
  #ignored = 0;

  constructor(settings: InboundSettings, effects: Effects, sendAck: (packet: AckToSend) => void) {
    this.#settings = settings;
    this.#aliases = new InboundAliases(settings.topicAliasMaximum);
    this.#qos1 = new Acknowledgements(settings.ackOrder);
    this.#qos2 = new Acknowledgements(settings.ackOrder);
    this.#effects = effects;
    this.#sendAck = sendAck;
  }

  get unacknowledged(): number {
    return this.#qos1.length + this.#qos2.length;
  }

  /** When the oldest unacknowledged message came. */
  get oldestAt(): number | undefined {
    const [first, second] = [this.#qos1.oldest?.at, this.#qos2.oldest?.at];
    if (first === undefined || second === undefined) return first ?? second;
    return Math.min(first, second);
  }

  /** Repetitions that were not delivered again. */
  get ignored(): number {
    return this.#ignored;
  }

  publish(packet: PublishPacket, connectionId: number, now: number): void {
    const alias = packet.properties?.topicAlias;
    if (alias !== undefined) this.#aliases.resolve(packet, alias);
    if (packet.qos === 0) {
      this.#effects.deliver(packet, undefined);
      return;
    }
    const packetId = packet.packetId!; // the decoder lets no QoS 1 or 2 through without one
    const open = this.#open.get(packetId);
    if (open) {
      this.#repeated(packet, open);
      return;
    }
    if (this.#open.size >= this.#settings.receiveMaximum && !this.#settings.pausesWhenFull) {
      throw new ProtocolError(
        0x93,
        `The server sent more than the ${this.#settings.receiveMaximum} unacknowledged messages that the receive maximum allows. Such a server can be borne with receiveMaximumExceeded: 'pause'.`,
      );
    }
    const entry = new LedgerEntry(packetId, packet.qos, connectionId, now);
    this.#open.set(packetId, entry);
    (packet.qos === 1 ? this.#qos1 : this.#qos2).add(entry);
    this.#effects.deliver(packet, entry);
  }

  pubrel(packet: PubrelPacket): void {
    const open = this.#open.get(packet.packetId);
    if (!open) {
      // The server can't know what this client forgot: it ends the exchange, it is no error. MQTT 5.0, 4.3.3.
      this.#sendAck({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0x92 });
      return;
    }
    if (open.qos === 1 || open.state !== 'sent') {
      throw new ProtocolError(
        0x82,
        `The server sent PUBREL ${packet.packetId} before it got a PUBREC for it.`,
      );
    }
    this.#open.delete(packet.packetId);
    this.#sendAck({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 });
  }

  /** The application took the message over (a code below 0x80) or refuses it. The entry is pending. */
  settle(entry: LedgerEntry, reasonCode: ReasonCode, properties: AckProperties | undefined): void {
    const queue = entry.qos === 1 ? this.#qos1 : this.#qos2;
    queue.settle(entry, reasonCode, properties, this.#leave);
  }

  /** What was not acknowledged is stale; what got its PUBREC is remembered, for the server will ask again. */
  lost(): void {
    this.#aliases.clear();
    for (const [packetId, entry] of this.#open) if (entry.state !== 'sent') this.#open.delete(packetId);
    this.#qos1.abandon((entry) => this.#effects.acknowledged(entry));
    this.#qos2.abandon((entry) => this.#effects.acknowledged(entry));
  }

  /** The server has no session: identifiers of the old one mean nothing. */
  forget(): void {
    this.#open.clear();
  }

  #repeated(packet: PublishPacket, open: LedgerEntry): void {
    if (open.qos !== packet.qos) {
      throw new ProtocolError(
        0x82,
        `The server sent packet identifier ${open.packetId} with QoS ${packet.qos} while it is in use for a message with QoS ${open.qos}.`,
      );
    }
    if (packet.qos === 1 && !packet.duplicate) {
      throw new ProtocolError(
        0x82,
        `The server sent a new message with packet identifier ${open.packetId} before the old one was acknowledged.`,
      );
    }
    this.#ignored++;
    if (open.state === 'sent') this.#sendAck({ type: 'pubrec', packetId: open.packetId, reasonCode: 0 });
  }

  #acknowledge(entry: LedgerEntry): void {
    // On MQTT 3.1.1 a PUBREC cannot refuse: the server goes on with PUBREL, and may repeat the message until then.
    const isRefused = entry.reasonCode >= 0x80 && this.#settings.protocolVersion === 5;
    if (entry.qos === 1 || isRefused) this.#open.delete(entry.packetId);
    const packet: AckToSend = {
      type: entry.qos === 1 ? 'puback' : 'pubrec',
      packetId: entry.packetId,
      reasonCode: entry.reasonCode,
    };
    if (entry.properties) packet.properties = entry.properties;
    this.#sendAck(packet);
    this.#effects.acknowledged(entry);
  }
}

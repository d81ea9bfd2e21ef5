import type { AckProperties, PublishPacket, PubrelPacket } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { AckToSend } from './ack-sender.js';
import { Acknowledgements, LedgerEntry } from './acknowledgements.js';
import type { Effects } from './effects.js';
import {
  notAcknowledgedYet,
  notForgotten,
  notSettled,
  qosChanged,
  releasedTooEarly,
  windowExceeded,
} from './inbound-errors.js';
import type { SessionSettings } from './settings.js';
import type { Storage } from './storage.js';
import { InboundAliases } from './topic-aliases.js';

export type InboundSettings = Pick<
  SessionSettings,
  'protocolVersion' | 'receiveMaximum' | 'pausesWhenFull' | 'ackOrder' | 'topicAliasMaximum'
>;

/** Messages from the server: what is delivered, what is a repetition, and what is acknowledged when. */
export class Inbound {
  readonly #settings: InboundSettings;
  readonly #effects: Effects;
  readonly #storage: Storage;
  readonly #sendAck: (packet: AckToSend) => void;
  /**
   * Identifiers that the server has in use: until PUBACK, until PUBCOMP, or until a PUBREC that refuses. Those of QoS 2 outlive the connection with
   * the session.
   */
  readonly #open = new Map<number, LedgerEntry>();
  readonly #qos1: Acknowledgements;
  readonly #qos2: Acknowledgements;
  readonly #leave = (entry: LedgerEntry) => this.#acknowledge(entry);
  readonly #aliases: InboundAliases;
  #connectionId = 0;
  /** Of the open ones, those that the server counts on this connection. */
  #live = 0;
  /** Not settled, and the server has not sent them again on this connection. */
  #owned = 0;
  #ignored = 0;
  /** Some of the open ones are doubtful. */
  #hasDoubts = false;

  constructor(
    settings: InboundSettings,
    effects: Effects,
    storage: Storage,
    sendAck: (packet: AckToSend) => void,
  ) {
    this.#settings = settings;
    this.#aliases = new InboundAliases(settings.topicAliasMaximum);
    this.#qos1 = new Acknowledgements(settings.ackOrder);
    this.#qos2 = new Acknowledgements(settings.ackOrder);
    this.#effects = effects;
    this.#storage = storage;
    this.#sendAck = sendAck;
  }

  get unacknowledged(): number {
    return this.#qos1.length + this.#qos2.length + this.#owned;
  }

  /** The oldest message that is not acknowledged. */
  get oldest(): LedgerEntry | undefined {
    let oldest = this.#qos1.oldest;
    const candidates = this.#owned > 0 ? [...this.#open.values()].filter(isPending) : [this.#qos2.oldest];
    for (const each of candidates) {
      if (each && (oldest === undefined || each.at < oldest.at)) oldest = each;
    }
    return oldest;
  }

  /** Repetitions that were not delivered again. */
  get ignored(): number {
    return this.#ignored;
  }

  /** QoS 2 messages that an earlier process took over: they are not delivered again. */
  restore(packetIds: readonly number[]): void {
    for (const packetId of packetIds) {
      const entry = new LedgerEntry(packetId, 2, 0, 0);
      entry.state = 'sent';
      entry.isLive = false;
      this.#open.set(packetId, entry);
    }
  }

  publish(packet: PublishPacket, connectionId: number, now: number): void {
    const alias = packet.properties?.topicAlias;
    if (alias !== undefined) this.#aliases.resolve(packet, alias);
    if (packet.qos === 0) {
      this.#effects.deliver(packet, undefined);
      return;
    }
    if (this.#hasDoubts && !packet.duplicate) this.#endDoubts();
    const packetId = packet.packetId!; // the decoder lets no QoS 1 or 2 through without one
    const open = this.#open.get(packetId);
    if (open?.isLive) {
      this.#repeated(packet, open);
      return;
    }
    if (open?.qos === packet.qos) {
      this.#sentAgain(open);
      return;
    }
    this.#checkWindow();
    if (open) this.#supersede(open);
    const entry = new LedgerEntry(packetId, packet.qos, connectionId, now, packet.topic);
    this.#connectionId = connectionId;
    this.#open.set(packetId, entry);
    this.#live++;
    (packet.qos === 1 ? this.#qos1 : this.#qos2).add(entry);
    this.#effects.deliver(packet, entry);
  }

  pubrel(packet: PubrelPacket, connectionId: number): void {
    const { packetId } = packet;
    const open = this.#open.get(packetId);
    if (!open) {
      // The server can't know what this client forgot: it ends the exchange, it is no error. MQTT 5.0, 4.3.3.
      this.#sendAck({ type: 'pubcomp', packetId, reasonCode: 0x92 });
      return;
    }
    if (open.qos === 1 || open.state !== 'sent') {
      throw releasedTooEarly(packet);
    }
    this.#connectionId = connectionId;
    open.isDoubtful = false; // the server knows it
    if (!this.#storage.isDurable) {
      this.#complete(open);
      return;
    }
    // Forgotten first: were it the other way round, the server might use the identifier again for a message that we then took for a repetition.
    this.#storage.write({ delete: 'inbound', packetId }, (failure) => {
      if (this.#open.get(packetId) !== open || this.#connectionId !== connectionId) return;
      if (failure) this.#effects.storeFailed(notForgotten(packetId, failure));
      else this.#complete(open);
    });
  }

  /** The application took the message over (a code below 0x80) or refuses it. The entry is pending. */
  settle(entry: LedgerEntry, reasonCode: ReasonCode, properties: AckProperties | undefined): void {
    entry.reasonCode = reasonCode;
    entry.properties = properties;
    entry.state = 'queued';
    entry.failure = undefined;
    if (!entry.isLive) this.#owned--;
    if (!this.#storage.isDurable || entry.qos === 1 || this.#isForgottenAtOnce(entry)) {
      this.#flush(entry);
      return;
    }
    this.#store(entry);
  }

  /** Nobody will settle a message that is pending: the server shall deliver it again, and does so on the next connection. */
  giveUp(entry: LedgerEntry): void {
    if (entry.state !== 'pending') return;
    entry.isGivenUp = true;
    if (!entry.isLive) this.#drop(entry);
  }

  /** QoS 1 that was not acknowledged is stale. QoS 2 belongs to the session, which may go on. */
  lost(): void {
    this.#aliases.clear();
    this.#live = this.#owned = 0;
    for (const [packetId, entry] of this.#open) {
      entry.isLive = false;
      if (entry.qos === 1) {
        this.#open.delete(packetId);
        continue;
      }
      if (!isPending(entry)) continue;
      this.#owned++;
      if (entry.isGivenUp) this.#drop(entry);
    }
    this.#connectionId = 0;
    this.#qos2.clear();
    for (const entry of this.#qos1.clear()) this.#outdate(entry);
  }

  /** The server goes on with a session, which may have begun without our knowing: identifiers of the old one may come to mean other messages. */
  doubt(): void {
    for (const entry of this.#open.values()) entry.isDoubtful = this.#hasDoubts = true;
  }

  /** The server has no session, or no connection follows: identifiers of the old one mean nothing. */
  forget(): void {
    const entries = [...this.#open.values()];
    this.#open.clear();
    this.#owned = 0;
    for (const entry of entries) this.#outdate(entry);
  }

  #checkWindow(): void {
    if (this.#live < this.#settings.receiveMaximum || this.#settings.pausesWhenFull) return;
    throw windowExceeded(this.#settings.receiveMaximum);
  }

  #repeated(packet: PublishPacket, open: LedgerEntry): void {
    if (open.qos !== packet.qos) throw qosChanged(packet, open);
    if (packet.qos === 1 && !packet.duplicate) throw notAcknowledgedYet(open);
    this.#ignored++;
    if (open.state === 'sent') this.#sendAck({ type: 'pubrec', packetId: open.packetId, reasonCode: 0 });
  }

  /** A QoS 2 message of an earlier connection comes again: it was delivered, its acknowledgement leaves on this connection. */
  #sentAgain(entry: LedgerEntry): void {
    this.#checkWindow();
    this.#ignored++;
    this.#live++;
    entry.isLive = true;
    entry.isDoubtful = false;
    if (entry.state === 'sent') {
      this.#sendAck({ type: 'pubrec', packetId: entry.packetId, reasonCode: 0 });
      return;
    }
    if (isPending(entry)) this.#owned--;
    this.#qos2.add(entry);
    if (entry.failure) this.#store(entry);
    else this.#flush(entry);
  }

  /** The server gave up a message of an earlier connection: its identifier stands for another one. */
  #supersede(entry: LedgerEntry): void {
    this.#outdate(entry);
    this.#storage.keep({ delete: 'inbound', packetId: entry.packetId });
  }

  /**
   * A new message: what the server had not finished it has sent again before [MQTT-4.4.0-1], so what it did not mention is not of this session. A PUBREL that comes
   * after all is answered with 0x92, which does no harm.
   */
  #endDoubts(): void {
    this.#hasDoubts = false;
    for (const [packetId, entry] of this.#open) {
      if (!entry.isDoubtful || entry.isLive) continue;
      this.#supersede(entry);
      this.#open.delete(packetId);
    }
  }

  #flush(entry: LedgerEntry): void {
    if (entry.isLive) (entry.qos === 1 ? this.#qos1 : this.#qos2).flush(entry, this.#leave);
  }

  #store(entry: LedgerEntry): void {
    const { packetId } = entry;
    entry.isStored = false;
    entry.failure = undefined;
    this.#storage.write({ put: 'inbound', packetId }, (failure) => {
      if (entry.state !== 'queued') return; // its session is gone
      if (failure) {
        this.#notStored(entry, notSettled(entry, failure));
        return;
      }
      entry.isStored = true;
      this.#flush(entry);
    });
  }

  #notStored(entry: LedgerEntry, failure: Error): void {
    entry.failure = failure;
    if (!entry.listener) {
      // Nobody is there to settle it again: it stays settled, and is stored when the server sends it again.
      this.#effects.storeFailed(failure);
      return;
    }
    entry.state = 'pending';
    if (!entry.isLive) this.#owned++;
    this.#effects.acknowledged(entry);
    entry.failure = undefined;
  }

  #drop(entry: LedgerEntry): void {
    this.#outdate(entry);
    this.#open.delete(entry.packetId);
  }

  #outdate(entry: LedgerEntry): void {
    const { state } = entry;
    if (state === 'pending' && entry.qos === 2 && this.#open.get(entry.packetId) === entry) this.#owned--;
    if (state === 'sent') return;
    entry.state = 'stale';
    entry.failure = undefined;
    if (state === 'queued' || entry.listener) this.#effects.acknowledged(entry);
  }

  #complete(entry: LedgerEntry): void {
    this.#close(entry);
    this.#sendAck({ type: 'pubcomp', packetId: entry.packetId, reasonCode: 0 });
  }

  #close(entry: LedgerEntry): void {
    this.#open.delete(entry.packetId);
    if (entry.isLive) this.#live--;
  }

  #acknowledge(entry: LedgerEntry): void {
    entry.state = 'sent';
    if (this.#isForgottenAtOnce(entry)) this.#close(entry);
    const packet: AckToSend = {
      type: entry.qos === 1 ? 'puback' : 'pubrec',
      packetId: entry.packetId,
      reasonCode: entry.reasonCode,
    };
    if (entry.properties) packet.properties = entry.properties;
    this.#sendAck(packet);
    this.#effects.acknowledged(entry);
  }

  /** On MQTT 3.1.1 a PUBREC cannot refuse: the server goes on with PUBREL, and may repeat the message until then. */
  #isForgottenAtOnce({ qos, reasonCode }: LedgerEntry): boolean {
    return qos === 1 || (reasonCode >= 0x80 && this.#settings.protocolVersion === 5);
  }
}

function isPending({ state }: LedgerEntry): boolean {
  return state === 'pending';
}

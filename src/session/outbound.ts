import { LimitError } from '../packets/errors.js';
import type {
  AckPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
} from '../packets/packet.js';
import type { AckToSend } from './ack-sender.js';
import type { Effects, Request } from './effects.js';
import { MessageExpiredError } from './errors.js';
import type { Exchange, PublishExchange } from './exchange.js';
import { lostWithSession, outOfPlace, refused } from './exchange-errors.js';
import { checkLegal } from './limit-checks.js';
import type { PacketIds } from './packet-ids.js';
import { Queue } from './queue.js';
import type { StoredOutbound } from './session-store.js';
import { type Storage, StoreError } from './storage.js';
import type { OutboundAliases } from './topic-aliases.js';
import { type OfflineLimits, WaitingPublishes } from './waiting-publishes.js';

/** A publish that somebody waits for. Its answer: the PUBACK; at PUBCOMP the PUBREC, which is the one that tells; nothing for QoS 0. */
export interface PublishRequest extends Request<AckPacket | undefined> {
  /** Gets its packet identifier when it leaves, and DUP when it leaves again. Kept as it is until it is acknowledged. */
  readonly packet: PublishPacket;
  /** When its message expiry interval is over, as long as it has not left: then it never does. */
  readonly expiresAt?: number | undefined;
  /** It left more than once. */
  wasResent: boolean;
}

export interface OutboundSettings {
  readonly protocolVersion: 4 | 5;
  /** What becomes of a publish whose session the server lost. */
  readonly onSessionLost: 'reject' | 'republish';
  /** Undefined: nothing is taken without a connection. */
  readonly offline: OfflineLimits | undefined;
}

/** What a new connection is like for publishes. */
export interface Opened {
  readonly slots: number;
  /** Undefined where there are none to give. */
  readonly aliases: OutboundAliases | undefined;
  /** What the server has against a publish. */
  readonly unfit: (packet: PublishPacket) => Error | undefined;
  readonly now: number;
}

/** Publishes to the server: who may leave when, what the acknowledgements mean, and what leaves again on the next connection. */
export class Outbound {
  readonly #ids: PacketIds<Exchange>;
  readonly #settings: OutboundSettings;
  readonly #effects: Effects;
  readonly #storage: Storage;
  readonly #sendAck: (packet: AckToSend) => void;
  readonly #waiting = new WaitingPublishes();
  /** What has to leave again on this connection and waits for a slot. Before anything new. */
  readonly #resends = new Queue<PublishExchange>();
  /** How many publishes may be unacknowledged, and how many are. [MQTT-4.9.0-1] */
  #slots = 0;
  #used = 0;
  #inFlight = 0;
  #isOpen = false;
  #isWritable = false;
  #aliases: OutboundAliases | undefined;
  #seq = 0;
  #now = 0;
  #ignored = 0;

  constructor(
    ids: PacketIds<Exchange>,
    settings: OutboundSettings,
    effects: Effects,
    storage: Storage,
    sendAck: (packet: AckToSend) => void,
  ) {
    this.#ids = ids;
    this.#settings = settings;
    this.#effects = effects;
    this.#storage = storage;
    this.#sendAck = sendAck;
  }

  /** Publishes that left and are not acknowledged, on this connection or an earlier one. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Acknowledgements that answered nothing. */
  get ignored(): number {
    return this.#ignored;
  }

  // Coming and going

  /** What an earlier process left: as if its connection had just ended. */
  restore(stored: readonly StoredOutbound[], requestOf: (stored: StoredOutbound) => PublishRequest): void {
    for (const each of [...stored].sort((one, other) => one.seq - other.seq)) {
      const exchange = newExchange(requestOf(each), each.seq);
      exchange.phase = each.phase;
      exchange.wasSent = exchange.isStored = true;
      this.#ids.restore(each.packetId, exchange);
      this.#seq = each.seq;
      this.#inFlight++;
    }
  }

  /**
   * The server has no session: what it had not acknowledged is given up, or begins anew. What had not left yet only needs another
   * identifier. A message that reached the second phase is never published again: the server had it.
   */
  sessionLost(): void {
    const anew: PublishRequest[] = [];
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind !== 'publish' || exchange.phase === 'done') continue;
      const { request, wasSent } = exchange;
      this.#ids.free(packetId);
      this.#inFlight--;
      if (request.isAbandoned) continue;
      const isKept =
        !wasSent || (this.#settings.onSessionLost === 'republish' && exchange.phase === 'publish');
      if (isKept) {
        request.packet.duplicate = false;
        request.wasResent ||= wasSent;
        anew.push(request);
      } else {
        this.#effects.answer(request, lostWithSession(request.packet.topic));
      }
    }
    this.#waiting.unshift(anew);
  }

  /**
   * A connection stands. Everything unacknowledged leaves again, each in the order in which
   * it left before: the PUBRELs, then the PUBLISHes, then what is new.
   */
  opened({ slots, aliases, unfit, now }: Opened): void {
    this.#slots = slots;
    this.#aliases = aliases;
    this.#isOpen = this.#isWritable = true;
    this.#now = now;
    this.#resends.clear();
    this.#waiting.sift(
      ({ packet }) => unfit(packet),
      (request, error) => this.#effects.answer(request, error),
    );
    const open: PublishExchange[] = [];
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind !== 'publish' || exchange.phase === 'done' || !exchange.isStored) continue;
      const error = exchange.phase === 'publish' ? unfit(exchange.request.packet) : undefined;
      if (error) this.#giveUp(packetId, exchange, error);
      else open.push(exchange);
    }
    open.sort((one, other) => one.seq - other.seq);
    for (const exchange of open) if (exchange.phase === 'pubrel') this.#sendPubrel(exchange);
    for (const exchange of open) if (exchange.phase === 'publish') this.#resends.push(exchange);
    this.#pump();
  }

  /** The socket takes more, or does not. */
  writable(writable: boolean, now: number): void {
    this.#isWritable = writable;
    this.#now = now;
    this.#pump();
  }

  /** The connection is gone. What was sent and what waits stays, for the next one. */
  lost(error: (maybeDelivered: boolean) => Error): void {
    this.#isOpen = this.#isWritable = false;
    this.#used = 0;
    this.#resends.clear();
    for (const [, exchange] of this.#ids.entries()) if (exchange.kind === 'publish') exchange.hasSlot = false;
    if (this.#settings.offline?.qos0) return;
    const { qos0 } = this.#waiting;
    for (let next = this.#waiting.shift(qos0); next; next = this.#waiting.shift(qos0)) {
      this.#effects.answer(next, error(false));
    }
  }

  /** No connection follows: everything that waits is given up. What is stored stays so, for the next process. */
  end(error: (maybeDelivered: boolean) => Error): void {
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind !== 'publish') continue;
      this.#ids.free(packetId);
      this.#effects.answer(exchange.request, error(exchange.wasSent || this.#storage.isDurable));
    }
    this.#used = this.#inFlight = 0;
    for (const queue of [this.#waiting.acknowledged, this.#waiting.qos0]) {
      for (let next = this.#waiting.shift(queue); next; next = this.#waiting.shift(queue)) {
        this.#effects.answer(next, error(false));
      }
    }
  }

  // Requests

  /** Sends a QoS 0 publish that nobody needs to wait for. False: it has to be asked for with `publish`. */
  publishAtOnce(packet: PublishPacket): boolean {
    if (!this.#isWritable) return false;
    this.#writeFirst(packet);
    return true;
  }

  publish(request: PublishRequest): void {
    if (this.#isNext(request) && this.#mayLeave(request)) {
      this.#send(request);
      return;
    }
    checkLegal(request.packet, this.#settings.protocolVersion); // now, not when its turn comes
    this.#waiting.push(request);
  }

  /** There is no connection: waits for one. The caller knows that the settings have `offline`. Throws a LimitError. */
  publishOffline(request: PublishRequest, limits: OfflineLimits): void {
    checkLegal(request.packet, this.#settings.protocolVersion);
    for (const dropped of this.#waiting.makeRoom(request, limits)) {
      const { topic } = dropped.packet;
      const message = `The message for "${topic}" had to make room for a newer one in the offline queue. Nothing of it was sent.`;
      this.#effects.answer(dropped, new LimitError('queue', message));
    }
    this.#waiting.push(request);
  }

  /** True: it had not left, and never will. False: it is on its way, and the slot stays taken until it is acknowledged. */
  withdraw(request: PublishRequest): boolean {
    return this.#waiting.take(request);
  }

  // Acknowledgements; `now` is when they came

  puback(packet: PubackPacket, now: number): void {
    this.#now = now;
    const exchange = this.#expect(packet, 1, 'publish');
    if (exchange) this.#finish(packet.packetId, exchange, packet);
  }

  pubrec(packet: PubrecPacket, now: number): void {
    this.#now = now;
    const { packetId } = packet;
    const exchange = this.#ids.get(packetId);
    if (!exchange || (exchange.kind === 'publish' && exchange.phase === 'done')) {
      this.#sendAck({ type: 'pubrel', packetId, reasonCode: 0x92 });
      return;
    }
    if (exchange.kind !== 'publish' || exchange.request.packet.qos !== 2) throw outOfPlace(packet, exchange);
    if (exchange.phase === 'pubrel') {
      if (exchange.isStored) this.#sendPubrel(exchange);
      return;
    }
    if (packet.reasonCode >= 0x80) {
      this.#finish(packetId, exchange, packet);
      return;
    }
    exchange.received = packet;
    exchange.phase = 'pubrel'; // from here on the PUBLISH is never sent again [MQTT-4.3.3-6]
    exchange.seq = ++this.#seq;
    if (!this.#storage.isDurable) {
      this.#sendPubrel(exchange);
      return;
    }
    exchange.isStored = false;
    this.#storage.write({ put: 'outbound', outbound: storedOf(exchange) }, (failure) => {
      if (this.#ids.get(packetId) === exchange) this.#pubrelStored(exchange, failure);
    });
  }

  pubcomp(packet: PubcompPacket, now: number): void {
    this.#now = now;
    const exchange = this.#expect(packet, 2, 'pubrel');
    // 0x92 here only says that the server finished earlier: the message arrived.
    if (exchange) this.#finish(packet.packetId, exchange, exchange.received ?? packet);
  }

  // The machinery

  #isNext(request: PublishRequest): boolean {
    if (request.packet.qos === 0) return this.#waiting.qos0.length === 0;
    return this.#waiting.acknowledged.length === 0 && this.#resends.length === 0;
  }

  #mayLeave({ packet }: PublishRequest): boolean {
    return this.#isWritable && (packet.qos === 0 || (this.#used < this.#slots && !this.#ids.full));
  }

  #send(request: PublishRequest): void {
    const { packet } = request;
    if (packet.qos === 0) {
      this.#writeFirst(packet);
      this.#effects.answer(request, undefined);
      return;
    }
    const exchange = newExchange(request, ++this.#seq);
    packet.packetId = this.#ids.take(exchange);
    // Before it leaves: the connection may end while it is written.
    this.#inFlight++;
    this.#takeSlot(exchange);
    try {
      if (this.#storage.isDurable) this.#store(packet.packetId, exchange);
      else this.#write(exchange);
    } catch (error) {
      this.#ids.giveBack(packet.packetId); // not legal, so not sent
      this.#inFlight--;
      if (exchange.hasSlot) this.#used--;
      throw error;
    }
  }

  #write(exchange: PublishExchange): void {
    const { request, wasSent } = exchange;
    exchange.wasSent = true;
    if (!wasSent) {
      this.#writeFirst(request.packet);
      return;
    }
    request.wasResent = request.packet.duplicate = true;
    this.#effects.send(request.packet); // with its topic in full
  }

  #writeFirst(packet: PublishPacket): void {
    if (this.#aliases) this.#aliases.write(packet);
    else this.#effects.send(packet);
  }

  #sendPubrel(exchange: PublishExchange): void {
    this.#takeSlot(exchange);
    this.#sendAck({ type: 'pubrel', packetId: exchange.request.packet.packetId!, reasonCode: 0 }); // it has one since it was sent
  }

  #takeSlot(exchange: PublishExchange): void {
    if (exchange.hasSlot || !this.#isOpen) return;
    exchange.hasSlot = true;
    this.#used++;
  }

  #pump(): void {
    if (!this.#isWritable) return;
    for (
      let next = this.#resends.peek();
      next && this.#used < this.#slots && this.#isWritable;
      next = this.#resends.peek()
    ) {
      this.#resends.shift();
      if (next.phase !== 'publish') continue; // acknowledged before it could be sent again
      this.#takeSlot(next);
      this.#write(next);
    }
    for (const queue of [this.#waiting.qos0, this.#waiting.acknowledged]) {
      if (queue === this.#waiting.acknowledged && this.#resends.length > 0) return;
      for (let next = queue.peek(); next && this.#mayLeave(next); next = queue.peek()) {
        this.#waiting.shift(queue);
        try {
          this.#age(next);
          this.#send(next);
        } catch (error) {
          this.#effects.answer(next, error as Error); // what is thrown is an InvalidPacketError, or a MessageExpiredError
        }
      }
    }
  }

  /** The time that a message waited is taken off its message expiry interval, once, before it leaves for the first time. */
  #age({ packet, expiresAt, wasResent }: PublishRequest): void {
    if (expiresAt === undefined || wasResent) return;
    const left = Math.ceil((expiresAt - this.#now) / 1_000);
    if (left <= 0) {
      throw new MessageExpiredError(
        `The message for "${packet.topic}" expired while it waited to be sent. Nothing of it was sent.`,
      );
    }
    packet.properties = { ...packet.properties, messageExpiryInterval: left };
  }

  #store(packetId: number, exchange: PublishExchange): void {
    checkLegal(exchange.request.packet, this.#settings.protocolVersion);
    exchange.isStored = false;
    this.#storage.write({ put: 'outbound', outbound: storedOf(exchange) }, (failure) => {
      if (this.#ids.get(packetId) !== exchange) return; // given up meanwhile
      if (failure) {
        this.#giveUp(
          packetId,
          exchange,
          new StoreError(
            `The message for "${exchange.request.packet.topic}" was not sent: it could not be stored`,
            failure,
          ),
        );
        this.#pump();
        return;
      }
      exchange.isStored = true;
      if (!this.#isOpen) return; // leaves with the next connection
      if (exchange.hasSlot) {
        this.#write(exchange);
        return;
      }
      this.#resends.push(exchange);
      this.#pump();
    });
  }

  #pubrelStored(exchange: PublishExchange, failure: Error | undefined): void {
    exchange.isStored = true;
    if (!failure) {
      if (this.#isOpen) this.#sendPubrel(exchange);
      return;
    }
    // The store still has the PUBLISH. Nothing is sent again on this connection; the next one asks the server for another PUBREC.
    exchange.phase = 'publish';
    exchange.received = undefined;
    const { request } = exchange;
    this.#effects.answer(
      request,
      new StoreError(
        `The server has the message for "${request.packet.topic}", but that could not be stored, so PUBREL was not sent`,
        failure,
      ),
    );
  }

  #expect(
    packet: PubackPacket | PubcompPacket,
    qos: 1 | 2,
    phase: 'publish' | 'pubrel',
  ): PublishExchange | undefined {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange || (exchange.kind === 'publish' && exchange.phase === 'done')) {
      this.#ignored++; // the second answer to something, or one to a forgotten session: harmless
      return undefined;
    }
    if (exchange.kind !== 'publish' || exchange.request.packet.qos !== qos || exchange.phase !== phase) {
      throw outOfPlace(packet, exchange);
    }
    return exchange;
  }

  #finish(
    packetId: number,
    exchange: PublishExchange,
    packet: PubackPacket | PubrecPacket | PubcompPacket,
  ): void {
    const { request } = exchange;
    const isRefusal = packet.reasonCode >= 0x80 && packet.type !== 'pubcomp';
    this.#giveUp(packetId, exchange, isRefusal ? refused(packet, request.packet.topic) : packet);
    this.#pump();
  }

  /** The exchange ends, and its slot is free; with a store, the identifier and the answer wait until that has forgotten it. */
  #giveUp(packetId: number, exchange: PublishExchange, outcome: AckPacket | Error): void {
    if (exchange.hasSlot) this.#used--;
    exchange.hasSlot = false;
    exchange.phase = 'done';
    if (!this.#storage.isDurable) {
      this.#ids.free(packetId);
      this.#inFlight--;
      this.#effects.answer(exchange.request, outcome);
      return;
    }
    this.#storage.write({ delete: 'outbound', packetId }, (failure) => {
      if (this.#ids.get(packetId) !== exchange) return;
      this.#ids.free(packetId);
      this.#inFlight--;
      const { topic } = exchange.request.packet;
      const end =
        failure &&
        new StoreError(
          `The message for "${topic}" was answered, but could not be taken out of the store: a restart sends it again`,
          failure,
        );
      this.#effects.answer(exchange.request, outcome instanceof Error ? outcome : (end ?? outcome));
      this.#pump();
    });
  }
}

function newExchange(request: PublishRequest, seq: number): PublishExchange {
  return {
    kind: 'publish',
    request,
    phase: 'publish',
    received: undefined,
    seq,
    hasSlot: false,
    isStored: true,
    wasSent: false,
  };
}

const nothing = new Uint8Array(0);

function storedOf({ request: { packet }, phase, seq }: PublishExchange): StoredOutbound {
  if (phase === 'done') throw new Error('An exchange that is done is not stored.');
  return {
    packetId: packet.packetId!, // it has one as long as it has an exchange
    seq,
    phase,
    topic: packet.topic,
    payload: phase === 'pubrel' ? nothing : packet.payload,
    qos: packet.qos as 1 | 2, // QoS 0 has no exchange
    retain: packet.retain,
    properties: packet.properties ?? {},
  };
}

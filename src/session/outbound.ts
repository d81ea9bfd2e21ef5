import type {
  AckPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
} from '../packets/packet.js';
import type { AckToSend } from './ack-sender.js';
import type { Effects } from './effects.js';
import type { Exchange, PublishExchange } from './exchange.js';
import { givenUp, refused } from './exchange-errors.js';
import { InFlight } from './in-flight.js';
import { checkLegal } from './limit-checks.js';
import type { PacketIds } from './packet-ids.js';
import { age, type PublishRequest } from './publish-request.js';
import { PublishWriter } from './publish-writer.js';
import { Queue } from './queue.js';
import { type Opened, SendWindow } from './send-window.js';
import type { StoredOutbound } from './session-store.js';
import type { SessionSettings } from './settings.js';
import { type Storage, StoreError } from './storage.js';
import { type OfflineLimits, WaitingPublishes } from './waiting-publishes.js';

export type OutboundSettings = Pick<SessionSettings, 'protocolVersion' | 'onSessionLost' | 'offline'>;

/** Publishes to the server: who may leave when, what the acknowledgements mean, and what leaves again on the next connection. */
export class Outbound {
  readonly #settings: OutboundSettings;
  readonly #effects: Effects;
  readonly #isDurable: boolean;
  readonly #sendAck: (packet: AckToSend) => void;
  readonly #inFlight: InFlight;
  readonly #waiting = new WaitingPublishes();
  /** What has to leave again on this connection and waits for a slot. Before anything new. */
  readonly #resends = new Queue<PublishExchange>();
  readonly #window = new SendWindow();
  #isWritable = false;
  readonly #writer: PublishWriter;
  #now = 0;

  constructor(
    ids: PacketIds<Exchange>,
    settings: OutboundSettings,
    effects: Effects,
    storage: Storage,
    sendAck: (packet: AckToSend) => void,
  ) {
    this.#settings = settings;
    this.#effects = effects;
    this.#isDurable = storage.isDurable;
    this.#sendAck = sendAck;
    this.#writer = new PublishWriter(effects);
    this.#inFlight = new InFlight(ids, effects, storage, () => this.#pump());
  }

  /** Publishes that left and are not acknowledged, on this connection or an earlier one. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  get queued(): number {
    return this.#waiting.length;
  }

  /** Acknowledgements that answered nothing. */
  get ignored(): number {
    return this.#inFlight.ignored;
  }

  // Coming and going

  /** See `InFlight.restore`. */
  restore(stored: readonly StoredOutbound[], requestOf: (stored: StoredOutbound) => PublishRequest): void {
    this.#inFlight.restore(stored, requestOf);
  }

  /** See `InFlight.remains`. */
  remains(): StoredOutbound[] {
    return this.#inFlight.remains(this.#settings.onSessionLost);
  }

  /** See `InFlight.sessionLost`. */
  sessionLost(): void {
    this.#inFlight.sessionLost(this.#settings.onSessionLost);
  }

  /** A connection stands. Everything unacknowledged leaves again: the PUBRELs, then the PUBLISHes, then what is new. */
  opened({ slots, aliases, unfit, now }: Opened): void {
    this.#window.open(slots);
    this.#writer.open(aliases);
    this.#isWritable = true;
    this.#now = now;
    this.#resends.clear();
    this.#waiting.sift(
      ({ packet }) => unfit(packet),
      (request, error) => this.#effects.answer(request, error),
    );
    const open = this.#inFlight.open(unfit, (exchange, error) => this.#end(exchange, error));
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

  /** The connection is gone. What was sent and what waits stays, for the next one; QoS 0 only where the settings say so. */
  lost(error: (maybeDelivered: boolean) => Error): void {
    this.#window.close();
    this.#isWritable = false;
    this.#resends.clear();
    this.#inFlight.lost();
    if (!this.#settings.offline?.qos0) this.#waiting.giveUp(this.#waiting.qos0, this.#tell(error(false)));
  }

  /** No connection follows: everything that waits is given up. */
  end(error: (maybeDelivered: boolean) => Error): void {
    this.#inFlight.giveUp(error);
    for (const queue of [this.#waiting.acknowledged, this.#waiting.qos0]) {
      this.#waiting.giveUp(queue, this.#tell(error(false)));
    }
  }

  /** What time it is. */
  tell(now: number): void {
    this.#now = now;
  }

  // Requests

  /** Sends a QoS 0 publish that nobody needs to wait for. False: it has to be asked for with `publish`. */
  publishAtOnce(packet: PublishPacket): boolean {
    if (!this.#isWritable) return false;
    this.#writer.writeFirst(packet);
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

  /** There is no connection: waits for one. Throws a LimitError. */
  publishOffline(request: PublishRequest, limits: OfflineLimits): void {
    checkLegal(request.packet, this.#settings.protocolVersion);
    this.#waiting.pushOffline(request, limits, (dropped, error) => this.#effects.answer(dropped, error));
  }

  /** True: it had not left, and never will. False: it is on its way, and the slot stays taken until it is acknowledged. */
  withdraw(request: PublishRequest): boolean {
    return this.#waiting.take(request);
  }

  // Acknowledgements; `now` is when they came

  puback(packet: PubackPacket, now: number): void {
    this.#now = now;
    const exchange = this.#inFlight.answeredBy(packet, 1, 'publish');
    if (exchange) this.#finish(exchange, packet);
  }

  pubrec(packet: PubrecPacket, now: number): void {
    this.#now = now;
    const { packetId } = packet;
    const exchange = this.#inFlight.receivedBy(packet);
    if (!exchange) {
      this.#sendAck({ type: 'pubrel', packetId, reasonCode: 0x92 });
      return;
    }
    if (exchange.phase === 'pubrel') {
      if (exchange.isStored) this.#sendPubrel(exchange);
      return;
    }
    if (packet.reasonCode >= 0x80) {
      this.#finish(exchange, packet);
      return;
    }
    this.#inFlight.received(exchange, packet);
    if (!this.#isDurable) {
      this.#sendPubrel(exchange);
      return;
    }
    this.#inFlight.keep(exchange, (failure) => {
      if (failure) this.#inFlight.notReceived(exchange, failure);
      else this.#sendPubrel(exchange);
    });
  }

  pubcomp(packet: PubcompPacket, now: number): void {
    this.#now = now;
    const exchange = this.#inFlight.answeredBy(packet, 2, 'pubrel');
    // 0x92 here only says that the server finished earlier: the message arrived.
    if (exchange) this.#finish(exchange, exchange.received ?? packet);
  }

  // The machinery

  #isNext({ packet }: PublishRequest): boolean {
    // What has to leave again has taken the slots before: where there is one, nothing of it waits.
    return (packet.qos === 0 ? this.#waiting.qos0 : this.#waiting.acknowledged).length === 0;
  }

  #mayLeave({ packet }: PublishRequest): boolean {
    return this.#isWritable && (packet.qos === 0 || (this.#window.hasRoom && !this.#inFlight.isFull));
  }

  #send(request: PublishRequest): void {
    const { packet } = request;
    if (packet.qos === 0) {
      this.#writer.writeFirst(packet);
      this.#effects.answer(request, undefined);
      return;
    }
    // Before it leaves: the connection may end while it is written.
    const exchange = this.#inFlight.begin(request);
    this.#window.take(exchange);
    try {
      if (this.#isDurable) this.#store(exchange);
      else this.#writer.write(exchange);
    } catch (error) {
      this.#window.free(exchange);
      this.#inFlight.undo(exchange); // not legal, so not sent
      throw error;
    }
  }

  #store(exchange: PublishExchange): void {
    checkLegal(exchange.request.packet, this.#settings.protocolVersion);
    this.#inFlight.keep(exchange, (failure) => {
      if (failure) {
        const what = `The message for "${exchange.request.packet.topic}" was not sent: it could not be stored`;
        this.#end(exchange, new StoreError(what, failure));
      } else if (exchange.request.isAbandoned && !exchange.wasSent) {
        this.#end(exchange, givenUp(exchange.request.packet.topic));
      } else if (exchange.hasSlot) {
        this.#writeAged(exchange);
      } else if (this.#window.isOpen) {
        this.#resends.push(exchange); // a connection has ended meanwhile, and another one stands
      }
      this.#pump();
    });
  }

  /** It may have waited for the store, or for another connection. */
  #writeAged(exchange: PublishExchange): void {
    try {
      if (!exchange.wasSent) age(exchange.request, this.#now);
    } catch (error) {
      this.#end(exchange, error as Error); // a MessageExpiredError
      return;
    }
    this.#writer.write(exchange);
  }

  #sendPubrel(exchange: PublishExchange): void {
    if (!this.#window.isOpen) return; // the next connection begins with it
    this.#window.take(exchange);
    this.#sendAck({ type: 'pubrel', packetId: exchange.request.packet.packetId!, reasonCode: 0 }); // it has one since it was sent
  }

  #pump(): void {
    while (this.#isWritable && this.#window.hasRoom) {
      const next = this.#resends.shift();
      if (!next) break;
      if (next.phase !== 'publish') continue; // acknowledged before it could be sent again
      this.#window.take(next);
      this.#writeAged(next);
    }
    this.#pumpWaiting(this.#waiting.qos0);
    if (this.#resends.length === 0) this.#pumpWaiting(this.#waiting.acknowledged);
  }

  #pumpWaiting(queue: Queue<PublishRequest>): void {
    for (let next = queue.peek(); next && this.#mayLeave(next); next = queue.peek()) {
      this.#waiting.shift(queue);
      try {
        age(next, this.#now);
        this.#send(next);
      } catch (error) {
        this.#effects.answer(next, error as Error); // what is thrown is an InvalidPacketError, or a MessageExpiredError
      }
    }
  }

  #finish(exchange: PublishExchange, packet: PubackPacket | PubrecPacket | PubcompPacket): void {
    const isRefusal = packet.reasonCode >= 0x80 && packet.type !== 'pubcomp';
    this.#end(exchange, isRefusal ? refused(packet, exchange.request.packet.topic) : packet);
    this.#pump();
  }

  #end(exchange: PublishExchange, outcome: AckPacket | Error): void {
    this.#window.free(exchange);
    this.#inFlight.end(exchange, outcome);
  }

  #tell(error: Error): (request: PublishRequest) => void {
    return (request) => this.#effects.answer(request, error);
  }
}

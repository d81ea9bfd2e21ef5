import { LimitError, ProtocolError } from '../packets/errors.js';
import type { SubackPacket, SubscribePacket, UnsubackPacket, UnsubscribePacket } from '../packets/packet.js';
import type { Effects, Request } from './effects.js';
import type { Exchange } from './exchange.js';
import { outOfPlace } from './exchange-errors.js';
import { checkLegal, checkSize, checkSubscribe } from './limit-checks.js';
import type { PacketIds } from './packet-ids.js';
import { notMadeAgain, Resubscription } from './resubscription.js';
import type { ServerLimits } from './server-limits.js';
import type { StoredSubscription } from './session-store.js';
import type { SessionSettings } from './settings.js';
import { type Storage, StoreError } from './storage.js';
import { subscribePackets } from './subscribe-packets.js';

/** The answer may carry refusals: what to make of them is the caller's business. */
export interface SubscribeRequest extends Request<SubackPacket> {
  /** Gets its packet identifier when it leaves. */
  readonly packet: SubscribePacket;
}
export interface UnsubscribeRequest extends Request<UnsubackPacket> {
  /** Gets its packet identifier when it leaves. */
  readonly packet: UnsubscribePacket;
}
type Asked = Exclude<Exchange, { kind: 'publish' }>;

export type SubscriptionSettings = Pick<
  SessionSettings,
  'protocolVersion' | 'resubscribe' | 'replayRetained'
>;

/** A subscription that the server granted, as it is asked for again. */
export interface HeldSubscription extends StoredSubscription {
  /** The server has granted it in the session that it has now. */
  readonly isGranted: boolean;
}

/** SUBSCRIBE and UNSUBSCRIBE, and what the session is subscribed to as far as the server's answers say. */
export class Subscriptions {
  readonly #ids: PacketIds<Exchange>;
  readonly #settings: SubscriptionSettings;
  readonly #effects: Effects;
  readonly #storage: Storage;
  readonly #held = new Map<string, HeldSubscription>();
  /** For the next connection, in this order. */
  #next: Asked[] = [];
  #ignored = 0;
  #awaited = 0;
  /** There is a connection. */
  #isOpen = false;

  constructor(ids: PacketIds<Exchange>, settings: SubscriptionSettings, effects: Effects, storage: Storage) {
    this.#ids = ids;
    this.#settings = settings;
    this.#effects = effects;
    this.#storage = storage;
  }

  /** By filter, in the order in which they were granted first. */
  get held(): ReadonlyMap<string, HeldSubscription> {
    return this.#held;
  }

  /** Requests that the server has not answered. */
  get awaited(): number {
    return this.#awaited + this.#next.length;
  }

  /** Answers that answered nothing. */
  get ignored(): number {
    return this.#ignored;
  }

  restore(stored: readonly StoredSubscription[]): void {
    for (const each of stored) this.#held.set(each.request.filter, { ...each, isGranted: false });
  }

  subscribe(request: SubscribeRequest): void {
    this.#send({ kind: 'subscribe', request, isRepeated: false });
  }

  unsubscribe(request: UnsubscribeRequest): void {
    this.#send({ kind: 'unsubscribe', request, isRepeated: false });
  }

  /** There is no connection: goes out on the next one. The filters are forgotten at once, so that they are not subscribed to again. */
  unsubscribeOffline(request: UnsubscribeRequest): void {
    checkLegal(request.packet, this.#settings.protocolVersion);
    this.#forget(request);
    this.#next.push({ kind: 'unsubscribe', request, isRepeated: false });
  }

  /** What is still wanted where the server has no session, as the store is to have it. */
  remains(): StoredSubscription[] {
    return this.#settings.resubscribe === 'never' ? [] : this.#stored();
  }

  /** The server has no session: nothing is granted any more. */
  sessionLost(): void {
    if (this.#settings.resubscribe === 'never') {
      for (const filter of [...this.#held.keys()]) this.#fail(filter, notMadeAgain(filter));
    }
    this.doubt();
  }

  /** The server may have none of them. */
  doubt(): void {
    for (const [filter, held] of this.#held) this.#held.set(filter, { ...held, isGranted: false });
  }

  /** A connection stands. What the server may not have any more is asked for again, then what waited; all before publishes. */
  opened(limits: ServerLimits): void {
    const { resubscribe, protocolVersion } = this.#settings;
    if (resubscribe === 'always') this.doubt();
    this.#isOpen = true;
    if (resubscribe !== 'never') this.#resubscribe(limits);
    const next = this.#next;
    this.#next = [];
    for (let asked = next.shift(); asked; asked = next.shift()) {
      if (!this.#isOpen) {
        this.#next.push(asked, ...next); // behind what was under way when it ended
        return;
      }
      try {
        if (asked.kind === 'subscribe') checkSubscribe(asked.request.packet, limits, protocolVersion);
        else checkSize(asked.request.packet, limits, protocolVersion);
        this.#send(asked);
      } catch (error) {
        this.#giveUp(asked.request, error as Error); // a LimitError or an InvalidPacketError
      }
    }
  }

  suback(packet: SubackPacket): void {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#ignored++;
      return;
    }
    if (exchange.kind !== 'subscribe') throw outOfPlace(packet, exchange);

    const { request } = exchange;
    const { subscriptions, properties } = request.packet;
    this.#checkCount(packet, request, subscriptions.length);
    for (const [index, asked] of subscriptions.entries()) {
      const { filter } = asked;
      if (packet.reasonCodes[index]! >= 0x80) {
        // Otherwise a filter that was held before is still held [MQTT-3.8.4-3].
        if (request instanceof Resubscription) this.#held.delete(filter);
        continue;
      }
      const original = request instanceof Resubscription ? this.#held.get(filter)?.request : undefined;
      this.#held.set(filter, {
        request: original ?? asked,
        identifier: properties?.subscriptionIdentifier,
        userProperties: properties?.userProperties,
        isGranted: true,
      });
    }
    this.#finish(packet, request);
  }

  unsuback(packet: UnsubackPacket): void {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#ignored++;
      return;
    }
    if (exchange.kind !== 'unsubscribe') throw outOfPlace(packet, exchange);

    const { request } = exchange;
    const { filters } = request.packet;
    if (this.#settings.protocolVersion === 5) this.#checkCount(packet, request, filters.length);
    for (const [index, filter] of filters.entries()) {
      if ((packet.reasonCodes[index] ?? 0) < 0x80) this.#held.delete(filter);
    }
    this.#finish(packet, request);
  }

  /** The connection is gone, and with it every answer. What was asked once is asked once more, on the next one. */
  lost(error: (maybeDelivered: boolean) => Error): void {
    this.#isOpen = false;
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind === 'publish') continue;
      this.#ids.free(packetId);
      this.#awaited--;
      if (exchange.kind === 'unsubscribe') this.#forget(exchange.request);
      if (exchange.request instanceof Resubscription) continue; // what is not granted is found among what is held
      if (exchange.request.isAbandoned) continue;
      if (exchange.isRepeated) this.#giveUp(exchange.request, error(true));
      else this.#next.push({ ...exchange, isRepeated: true });
    }
  }

  /** No connection follows. */
  end(error: (maybeDelivered: boolean) => Error): void {
    const next = this.#next;
    this.#next = [];
    for (const { request, isRepeated } of next) this.#giveUp(request, error(isRepeated));
  }

  #send(asked: Asked): void {
    if (this.#ids.full) {
      throw new LimitError(
        'packet-ids',
        `All 65,535 packet identifiers are in use, so ${asked.kind.toUpperCase()} has to wait: try again when publishes have been acknowledged.`,
      );
    }
    const { packet } = asked.request;
    packet.packetId = this.#ids.take(asked);
    this.#awaited++; // before it leaves: the connection may end while it is written
    try {
      this.#effects.send(packet);
    } catch (error) {
      this.#ids.giveBack(packet.packetId); // not legal, so not sent
      this.#awaited--;
      throw error;
    }
  }

  #resubscribe(limits: ServerLimits): void {
    const { protocolVersion } = this.#settings;
    const wanted = [...this.#held.values()].filter(({ isGranted }) => !isGranted);
    for (const packet of subscribePackets(
      wanted.map((held) => this.#again(held)),
      limits,
      protocolVersion,
    )) {
      if (!this.#isOpen) return; // writing can end the connection: the next one asks for the rest
      const request = new Resubscription(packet, (filter, error) => this.#fail(filter, error));
      try {
        checkSubscribe(packet, limits, protocolVersion);
        this.#send({ kind: 'subscribe', request, isRepeated: true });
      } catch (error) {
        request.settle(error as Error); // a LimitError or an InvalidPacketError
      }
    }
  }

  #stored(): StoredSubscription[] {
    return [...this.#held.values()].map(({ isGranted: _, ...stored }) => stored);
  }

  #again(held: HeldSubscription): StoredSubscription {
    const { protocolVersion, replayRetained } = this.#settings;
    // MQTT 3.1.1 cannot say it.
    if (replayRetained || protocolVersion === 4) return held;
    return { ...held, request: { ...held.request, retainHandling: 'never' } };
  }

  /** A subscription of a lost session is gone for good. */
  #fail(filter: string, error: Error): void {
    this.#held.delete(filter);
    this.#effects.subscriptionLost(filter, error);
  }

  #forget({ packet }: UnsubscribeRequest): void {
    for (const filter of packet.filters) this.#held.delete(filter);
  }

  #finish<A extends SubackPacket | UnsubackPacket>(answer: A, request: Request<NoInfer<A>>): void {
    if (!this.#storage.isDurable) {
      this.#settle(answer.packetId, request, answer);
      return;
    }
    const { packetId } = answer;
    const exchange = this.#ids.get(packetId) as Asked; // it has just been answered
    exchange.isAnswered = true;
    this.#storage.write({ put: 'subscriptions', subscriptions: this.#stored() }, (failure) => {
      if (this.#ids.get(packetId) !== exchange) return; // given up meanwhile
      const what = 'The server has granted the request, but the subscriptions could not be stored';
      this.#settle(packetId, request, failure ? new StoreError(what, failure) : answer);
    });
  }

  /** An answer that makes no sense is one: asked again, the server would give it again. */
  #checkCount(packet: SubackPacket | UnsubackPacket, request: Request<never>, asked: number): void {
    if (packet.reasonCodes.length === asked) return;
    const error = new ProtocolError(
      0x82,
      `The server answered ${asked} filters with ${packet.reasonCodes.length} reason codes in ${packet.type.toUpperCase()}.`,
    );
    this.#settle(packet.packetId, request, error);
    throw error;
  }

  #settle<A>(packetId: number, request: Request<A>, outcome: A | Error): void {
    this.#ids.free(packetId);
    this.#awaited--;
    this.#effects.answer(request, outcome);
  }

  #giveUp(request: Request<never>, error: Error): void {
    this.#effects.answer(request, error);
  }
}

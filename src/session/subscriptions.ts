import { LimitError, ProtocolError } from '../packets/errors.js';
import type {
  SubackPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubackPacket,
  UnsubscribePacket,
} from '../packets/packet.js';
import type { Effects, Request } from './effects.js';
import type { Exchange } from './exchange.js';
import { outOfPlace } from './outbound.js';
import type { PacketIds } from './packet-ids.js';

/** The answer may carry refusals: what to make of them is the caller's business. */
export interface SubscribeRequest extends Request<SubackPacket> {
  /** Gets its packet identifier when it leaves. */
  readonly packet: SubscribePacket;
}
export interface UnsubscribeRequest extends Request<UnsubackPacket> {
  /** Gets its packet identifier when it leaves. */
  readonly packet: UnsubscribePacket;
}

/** A subscription that the server granted, as it was asked for. */
export interface HeldSubscription {
  readonly request: SubscriptionRequest;
  readonly identifier: number | undefined;
}

/** SUBSCRIBE and UNSUBSCRIBE, and what the session is subscribed to as far as the server's answers say. */
export class Subscriptions {
  readonly #ids: PacketIds<Exchange>;
  readonly #effects: Effects;
  readonly #held = new Map<string, HeldSubscription>();
  #ignored = 0;
  #awaited = 0;

  constructor(ids: PacketIds<Exchange>, effects: Effects) {
    this.#ids = ids;
    this.#effects = effects;
  }

  /** By filter, in the order in which they were granted first. */
  get held(): ReadonlyMap<string, HeldSubscription> {
    return this.#held;
  }

  /** Requests that the server has not answered. */
  get awaited(): number {
    return this.#awaited;
  }

  /** Answers that answered nothing. */
  get ignored(): number {
    return this.#ignored;
  }

  request(exchange: Exclude<Exchange, { kind: 'publish' }>): void {
    if (this.#ids.full) {
      throw new LimitError(
        'packet-ids',
        `All 65,535 packet identifiers are in use, so ${exchange.kind.toUpperCase()} has to wait: try again when publishes have been acknowledged.`,
      );
    }
    const { packet } = exchange.request;
    packet.packetId = this.#ids.take(exchange);
    this.#awaited++; // before it leaves: the connection may end while it is written
    try {
      this.#effects.send(packet);
    } catch (error) {
      this.#ids.giveBack(packet.packetId); // not legal, so not sent
      this.#awaited--;
      throw error;
    }
  }

  suback(packet: SubackPacket): void {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#ignored++;
      return;
    }
    if (exchange.kind !== 'subscribe') throw outOfPlace(packet, exchange);

    const { subscriptions, properties } = exchange.request.packet;
    checkCount(packet, subscriptions.length);
    for (const [index, request] of subscriptions.entries()) {
      if (packet.reasonCodes[index]! >= 0x80) continue; // a filter held before is still held [MQTT-3.8.4-3]
      this.#held.set(request.filter, { request, identifier: properties?.subscriptionIdentifier });
    }
    this.#finish(packet.packetId, exchange.request, packet);
  }

  unsuback(packet: UnsubackPacket, protocolVersion: 4 | 5): void {
    const exchange = this.#ids.get(packet.packetId);
    if (!exchange) {
      this.#ignored++;
      return;
    }
    if (exchange.kind !== 'unsubscribe') throw outOfPlace(packet, exchange);

    const { filters } = exchange.request.packet;
    if (protocolVersion === 5) checkCount(packet, filters.length);
    for (const [index, filter] of filters.entries()) {
      if ((packet.reasonCodes[index] ?? 0) < 0x80) this.#held.delete(filter);
    }
    this.#finish(packet.packetId, exchange.request, packet);
  }

  /** The connection is gone, and with it every answer. */
  lost(error: (maybeDelivered: boolean) => Error): void {
    for (const [packetId, exchange] of this.#ids.entries()) {
      if (exchange.kind === 'publish') continue;
      const request: Request<never> = exchange.request; // whatever it waits for, an error is all it gets
      this.#finish(packetId, request, error(true));
    }
  }

  #finish<A>(packetId: number, request: Request<A>, outcome: NoInfer<A> | Error): void {
    this.#ids.free(packetId);
    this.#awaited--;
    this.#effects.answer(request, outcome);
  }
}

function checkCount(packet: SubackPacket | UnsubackPacket, asked: number): void {
  if (packet.reasonCodes.length === asked) return;
  throw new ProtocolError(
    0x82,
    `The server answered ${asked} filters with ${packet.reasonCodes.length} reason codes in ${packet.type.toUpperCase()}.`,
  );
}

import type {
  AckPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
} from '../packets/packet.js';
import type { Effects } from './effects.js';
import type { Exchange, PublishExchange } from './exchange.js';
import { givenUp, lostWithSession, outOfPlace } from './exchange-errors.js';
import type { PacketIds } from './packet-ids.js';
import type { PublishRequest } from './publish-request.js';
import type { StoredOutbound } from './session-store.js';
import { type Storage, StoreError } from './storage.js';

/** Publishes that have an identifier, over any number of connections, and what the session store knows of them. */
export class InFlight {
  readonly #ids: PacketIds<Exchange>;
  readonly #effects: Effects;
  readonly #storage: Storage;
  readonly #freed: () => void;
  #count = 0;
  #seq = 0;
  #ignored = 0;

  /** `freed`: an identifier is free again that had to wait for the store. */
  constructor(ids: PacketIds<Exchange>, effects: Effects, storage: Storage, freed: () => void) {
    this.#freed = freed;
    this.#ids = ids;
    this.#effects = effects;
    this.#storage = storage;
  }

  /** How many are not acknowledged. */
  get count(): number {
    return this.#count;
  }

  /** Acknowledgements that answered nothing. */
  get ignored(): number {
    return this.#ignored;
  }

  /** All 65,535 identifiers are in use. */
  get isFull(): boolean {
    return this.#ids.full;
  }

  /** What an earlier process left: as if its connection had just ended. */
  restore(stored: readonly StoredOutbound[], requestOf: (stored: StoredOutbound) => PublishRequest): void {
    for (const each of [...stored].sort((one, other) => one.seq - other.seq)) {
      const exchange = newExchange(requestOf(each), each.seq);
      exchange.phase = each.phase;
      exchange.wasSent = true;
      this.#ids.restore(each.packetId, exchange);
      this.#seq = each.seq;
      this.#count++;
    }
  }

  /** Gives the packet its identifier. */
  begin(request: PublishRequest): PublishExchange {
    const exchange = newExchange(request, ++this.#seq);
    request.packet.packetId = this.#ids.take(exchange);
    this.#count++;
    return exchange;
  }

  /** It could not be written, so it has not begun. */
  undo({ request }: PublishExchange): void {
    this.#ids.giveBack(idOf(request));
    this.#count--;
  }

  /** What the acknowledgement answers; nothing if that has ended. Throws a ProtocolError if it does not fit. */
  answeredBy(
    packet: PubackPacket | PubcompPacket,
    qos: 1 | 2,
    phase: 'publish' | 'pubrel',
  ): PublishExchange | undefined {
    const exchange = this.#find(packet.packetId);
    if (!exchange) {
      this.#ignored++; // the second answer to something, or one to a forgotten session: harmless
      return undefined;
    }
    if (exchange.kind !== 'publish' || exchange.request.packet.qos !== qos || exchange.phase !== phase) {
      throw outOfPlace(packet, exchange);
    }
    return exchange;
  }

  /** As `answeredBy`, for a PUBREC, which comes in either phase. */
  receivedBy(packet: PubrecPacket): PublishExchange | undefined {
    const exchange = this.#find(packet.packetId);
    if (exchange && (exchange.kind !== 'publish' || exchange.request.packet.qos !== 2)) {
      throw outOfPlace(packet, exchange);
    }
    return exchange;
  }

  /** PUBREC came: the second phase, in which the PUBLISH is never sent again [MQTT-4.3.3-6]. */
  received(exchange: PublishExchange, pubrec: PubrecPacket): void {
    exchange.received = pubrec;
    exchange.phase = 'pubrel';
    exchange.seq = ++this.#seq;
  }

  /**
   * The store did not take that: nobody waits any more. The connection ends, since the server sends no second PUBREC on it and the slot
   * would stay taken; the next one asks for it.
   */
  notReceived(exchange: PublishExchange, failure: Error): void {
    exchange.phase = 'publish';
    exchange.received = undefined;
    const what = `The server has the message for "${exchange.request.packet.topic}", but that could not be stored, so PUBREL was not sent`;
    const error = new StoreError(what, failure);
    this.#effects.answer(exchange.request, error);
    this.#effects.storeFailed(error);
  }

  /** Only with a durable store: writes what the exchange is now, then calls back, unless it has ended meanwhile. */
  keep(exchange: PublishExchange, then: (failure: Error | undefined) => void): void {
    exchange.isStored = false;
    this.#storage.write({ put: 'outbound', outbound: storedOf(exchange) }, (failure) => {
      if (!this.#has(exchange)) return;
      exchange.isStored = true;
      then(failure);
    });
  }

  /** The exchange ends; with a durable store, identifier and answer wait until that has forgotten it. */
  end(exchange: PublishExchange, outcome: AckPacket | Error): void {
    exchange.phase = 'done';
    const { request } = exchange;
    const packetId = idOf(request);
    if (!this.#storage.isDurable) {
      this.#remove(packetId);
      this.#effects.answer(request, outcome);
      return;
    }
    this.#storage.write({ delete: 'outbound', packetId }, (failure) => {
      if (!this.#has(exchange)) return;
      this.#remove(packetId);
      const what = `The message for "${request.packet.topic}" was answered, but could not be taken out of the store: a restart sends it again`;
      const failed = failure && !(outcome instanceof Error) ? new StoreError(what, failure) : undefined;
      this.#effects.answer(request, failed ?? outcome);
      this.#freed();
    });
  }

  /** What has to leave again on a new connection, in the order in which it left before; `unfit` ones are given to `refuse`. */
  open(
    unfit: (packet: PublishPacket) => Error | undefined,
    refuse: (exchange: PublishExchange, error: Error) => void,
  ): PublishExchange[] {
    const open: PublishExchange[] = [];
    for (const exchange of this.#all()) {
      if (exchange.phase === 'done' || !exchange.isStored) continue;
      const error = exchange.phase === 'publish' ? whyNot(exchange, unfit) : undefined;
      if (error) refuse(exchange, error);
      else open.push(exchange);
    }
    return open.sort((one, other) => one.seq - other.seq);
  }

  /** The connection is gone, and its slots with it. */
  lost(): void {
    for (const exchange of this.#all()) exchange.hasSlot = false;
  }

  /**
   * What goes on where the server has no session, as the store is to have it. It keeps its identifier: a process that dies leaves nothing behind under which
   * the server would take another message for this one.
   */
  remains(policy: 'reject' | 'republish'): StoredOutbound[] {
    const goingOn = [...this.#all()].filter(
      (exchange) => exchange.phase !== 'done' && goesOn(exchange, policy),
    );
    return goingOn.map(storedOf);
  }

  /**
   * The server has no session, and the store knows: what the server had not acknowledged is given up, or goes on as if it had never left. A message that reached the
   * second phase is never published again: the server had it.
   */
  sessionLost(policy: 'reject' | 'republish'): void {
    for (const exchange of this.#all()) {
      const { request, phase } = exchange;
      if (phase === 'done') continue;
      if (goesOn(exchange, policy)) {
        request.wasResent ||= exchange.wasSent;
        request.packet.duplicate = exchange.wasSent = false;
        continue;
      }
      this.#remove(idOf(request));
      if (!request.isAbandoned) this.#effects.answer(request, lostWithSession(request.packet.topic));
    }
  }

  /** No connection follows. What is stored stays so, for the next process. */
  giveUp(error: (maybeDelivered: boolean) => Error): void {
    for (const { request, wasSent } of this.#all()) {
      this.#remove(idOf(request));
      this.#effects.answer(request, error(wasSent || this.#storage.isDurable));
    }
  }

  /** In the order in which they took their identifiers. */
  *#all(): Iterable<PublishExchange> {
    for (const [, exchange] of this.#ids.entries()) if (exchange.kind === 'publish') yield exchange;
  }

  #find(packetId: number): Exchange | undefined {
    const exchange = this.#ids.get(packetId);
    return exchange?.kind === 'publish' && exchange.phase === 'done' ? undefined : exchange;
  }

  #has(exchange: PublishExchange): boolean {
    return this.#ids.get(idOf(exchange.request)) === exchange;
  }

  #remove(packetId: number): void {
    this.#ids.free(packetId);
    this.#count--;
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

function goesOn({ request, wasSent, phase }: PublishExchange, policy: 'reject' | 'republish'): boolean {
  return !request.isAbandoned && (!wasSent || (policy === 'republish' && phase === 'publish'));
}

function idOf({ packet }: PublishRequest): number {
  return packet.packetId!; // it has one as long as it has an exchange
}

const nothing = new Uint8Array(0);

function storedOf({ request, phase, seq }: PublishExchange): StoredOutbound {
  const { topic, payload, qos, retain, properties = {} } = request.packet;
  const isReleased = phase === 'pubrel';
  return {
    packetId: idOf(request),
    seq,
    phase: isReleased ? 'pubrel' : 'publish',
    topic,
    payload: isReleased ? nothing : payload,
    qos: qos as 1 | 2, // QoS 0 has no exchange
    retain,
    properties,
  };
}

/** Why it is not sent on a new connection, if it is not. */
function whyNot(
  { request, wasSent }: PublishExchange,
  unfit: (packet: PublishPacket) => Error | undefined,
): Error | undefined {
  return request.isAbandoned && !wasSent ? givenUp(request.packet.topic) : unfit(request.packet);
}

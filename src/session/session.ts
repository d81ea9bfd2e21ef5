import type {
  AckProperties,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PublishPacket,
} from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import { AckSender, type AckToSend } from './ack-sender.js';
import type { LedgerEntry } from './acknowledgements.js';
import { Authentication } from './authentication.js';
import { disconnectPacket } from './disconnect-packet.js';
import { endedBy } from './disconnection.js';
import type { Effects } from './effects.js';
import { awaitsAnswer, type Exchange } from './exchange.js';
import { handPacket, type Receivers } from './hand-packet.js';
import { Handshake } from './handshake.js';
import { Inbound } from './inbound.js';
import { checkAck, checkPublish, checkSize, checkSubscribe } from './limit-checks.js';
import { Outbound } from './outbound.js';
import { PacketIds } from './packet-ids.js';
import type { PublishRequest } from './publish-request.js';
import type { ServerLimits } from './server-limits.js';
import { type SessionState, Standing } from './session-state.js';
import type { StoredOutbound, StoredSession } from './session-store.js';
import type { SessionSettings } from './settings.js';
import { Storage } from './storage.js';
import {
  type HeldSubscription,
  type SubscribeRequest,
  Subscriptions,
  type UnsubscribeRequest,
} from './subscriptions.js';
import type { OfflineLimits } from './waiting-publishes.js';

/**
 * The client's side of the protocol: packets, requests and the connection's coming and going in; effects, in order, out. It has
 * no socket, no timer and no clock: events carry the time and the random number that they need.
 *
 * `receive` throws a ProtocolError for what the server must not send; its code is what `disconnect` then says. Requests throw, before anything left,
 * a LimitError or an InvalidPacketError.
 */
export class Session {
  readonly #settings: SessionSettings;
  readonly #effects: Effects;
  readonly #ids = new PacketIds<Exchange>();
  readonly #outbound: Outbound;
  readonly #subscriptions: Subscriptions;
  readonly #inbound: Inbound;
  readonly #acks: AckSender;
  readonly #storage: Storage;
  readonly #authentication: Authentication;
  readonly #receivers: Receivers;
  readonly #standing = new Standing();
  readonly #handshake: Handshake;

  constructor(settings: SessionSettings, effects: Effects) {
    this.#settings = settings;
    this.#effects = effects;
    const limits = () => this.#standing.limits;
    this.#authentication = new Authentication(effects, limits);
    this.#acks = new AckSender(settings.protocolVersion, effects, limits);
    const sendAck = (packet: AckToSend) => this.#acks.send(packet);
    const storage = new Storage(settings.isDurable, effects);
    this.#storage = storage;
    this.#outbound = new Outbound(this.#ids, settings, effects, storage, sendAck);
    this.#subscriptions = new Subscriptions(this.#ids, settings, effects, storage);
    this.#inbound = new Inbound(settings, effects, storage, sendAck);
    this.#receivers = {
      inbound: this.#inbound,
      outbound: this.#outbound,
      subscriptions: this.#subscriptions,
      authentication: this.#authentication,
    };
    const parts = { ...this.#receivers, ids: this.#ids, storage };
    this.#handshake = new Handshake(settings, effects, parts, this.#standing);
  }

  get state(): SessionState {
    return this.#standing.state;
  }

  /** Counts connections from 1; 0 before the first. */
  get connectionId(): number {
    return this.#standing.connectionId;
  }

  get subscriptions(): ReadonlyMap<string, HeldSubscription> {
    return this.#subscriptions.held;
  }

  get counts() {
    return {
      inFlight: this.#outbound.inFlight,
      queued: this.#outbound.queued,
      unacknowledged: this.#inbound.unacknowledged,
      oldestUnacknowledged: this.#inbound.oldest,
      ignored: this.#outbound.ignored + this.#subscriptions.ignored + this.#inbound.ignored,
    };
  }

  /** Received messages that are not acknowledged. */
  get unacknowledged(): number {
    return this.#inbound.unacknowledged;
  }

  /** Requests that the server has not answered yet, or has not got yet. */
  get awaited(): number {
    return this.#outbound.inFlight + this.#outbound.queued + this.#subscriptions.awaited;
  }

  /** What the server has got on this connection and not answered yet. */
  *unanswered(): Iterable<Exchange> {
    for (const [, exchange] of this.#ids.entries()) if (awaitsAnswer(exchange)) yield exchange;
  }

  // The store

  /** Before the first connection: what an earlier process left. `requestOf` makes the request of a publish for which nobody waits any more. */
  restore(stored: StoredSession, requestOf: (stored: StoredOutbound) => PublishRequest): void {
    const { outbound, inboundQos2, subscriptions, lastPacketId } = stored;
    const isEmpty = lastPacketId === 0 && outbound.length + inboundQos2.length + subscriptions.length === 0;
    if (!isEmpty) this.#standing.knowledge.restored();
    this.#ids.continueAfter(lastPacketId);
    this.#outbound.restore(outbound, requestOf);
    this.#inbound.restore(inboundQos2);
    this.#subscriptions.restore(subscriptions);
  }

  /** The oldest write that the store was given is done, or failed; `now` is when. */
  stored(failure: Error | undefined, now: number): void {
    this.#outbound.tell(now);
    this.#storage.done(failure);
  }

  // The connection

  /**
   * A byte stream to the server stands. `lastPacketId`, any from 0 to 65,534, is behind which identifiers go on if the server has a
   * session of which nothing is known here: hers may still be under way.
   */
  open(connect: ConnectPacket, lastPacketId: number): void {
    this.#acks.writable(true);
    this.#authentication.open(connect);
    this.#standing.state = { phase: 'connecting', connect, lastPacketId };
    this.#effects.send(connect);
  }

  /**
   * The server's next packet; `now` is when it came. Throws a LimitError if the server goes on sending although it does not read our
   * acknowledgements.
   */
  receive(packet: Packet, now: number): void {
    this.#acks.checkUnread();
    const { state } = this.#standing;
    if (state.phase === 'connected') this.#receive(packet, now);
    else if (state.phase === 'connecting') this.#handshake.receive(packet, state, now);
  }

  /** The answer to a challenge. Throws an InvalidPacketError for data that is none, a LimitError for more than the server takes. */
  answer(data: Uint8Array): void {
    if (this.#standing.state.phase !== 'leaving') this.#authentication.answer(data);
  }

  /** Authenticates again; CONNECT has named the method. Throws as `answer` does. */
  renew(data: Uint8Array): void {
    if (this.#standing.state.phase === 'connected') this.#authentication.renew(data);
  }

  ping(): void {
    if (this.#standing.state.phase === 'connected') this.#effects.send({ type: 'pingreq' });
  }

  /** The socket takes more bytes, or does not: publishes wait for it, nothing else does. */
  writable(writable: boolean, now: number): void {
    this.#acks.writable(writable);
    if (this.#standing.state.phase === 'connected') this.#outbound.writable(writable, now);
  }

  /**
   * The last packet: after it nothing is sent. MQTT 3.1.1 has one goodbye, which stands for 0; for every other code nothing is sent.
   * Throws an InvalidPacketError, and changes nothing, if `properties` are not legal.
   */
  disconnect(reasonCode: ReasonCode, properties?: DisconnectPacket['properties']): void {
    const { state } = this.#standing;
    if (state.phase === 'idle' || state.phase === 'leaving') return;
    const { protocolVersion } = this.#settings;
    const most = state.phase === 'connecting' ? Number.POSITIVE_INFINITY : state.limits.maximumPacketSize;
    const packet = disconnectPacket(reasonCode, protocolVersion === 5 ? properties : undefined, most);
    this.#standing.leave();
    if (protocolVersion === 5 || reasonCode === 0) this.#effects.send(packet);
  }

  /** The byte stream is gone. What the session keeps waits for the next one; the rest fails with `error`. */
  lost(error: (maybeDelivered: boolean) => Error): void {
    this.#standing.leave();
    this.#standing.state = { phase: 'idle' };
    this.#outbound.lost(error);
    this.#inbound.lost();
    this.#subscriptions.lost(error);
  }

  /** No byte stream will follow: what still waits fails with `error`. */
  end(error: (maybeDelivered: boolean) => Error): void {
    this.#outbound.end(error);
    this.#subscriptions.end(error);
    this.#inbound.forget();
  }

  // Requests. The caller knows that there is a connection, but where the name says the opposite
  /** False: ask with `publish`. The packet has QoS 0. */
  publishAtOnce(packet: PublishPacket): boolean {
    checkPublish(packet, this.#limits, this.#settings.protocolVersion);
    return this.#outbound.publishAtOnce(packet);
  }

  publish(request: PublishRequest): void {
    checkPublish(request.packet, this.#limits, this.#settings.protocolVersion);
    this.#outbound.publish(request);
  }

  publishOffline(request: PublishRequest, limits: OfflineLimits): void {
    this.#outbound.publishOffline(request, limits);
  }

  withdraw(request: PublishRequest): boolean {
    return this.#outbound.withdraw(request);
  }

  subscribe(request: SubscribeRequest): void {
    checkSubscribe(request.packet, this.#limits, this.#settings.protocolVersion);
    this.#subscriptions.subscribe(request);
  }

  unsubscribe(request: UnsubscribeRequest): void {
    checkSize(request.packet, this.#limits, this.#settings.protocolVersion);
    this.#subscriptions.unsubscribe(request);
  }

  unsubscribeOffline(request: UnsubscribeRequest): void {
    this.#subscriptions.unsubscribeOffline(request);
  }

  /** The application is done with a message: see `Inbound.settle`. Throws an InvalidPacketError, and changes nothing, if it is not legal. */
  settle(entry: LedgerEntry, reasonCode: ReasonCode, properties?: AckProperties): void {
    if (entry.state !== 'pending') return;
    checkAck(entry, reasonCode, properties);
    // After a goodbye nothing leaves: a QoS 2 message waits for the next connection, if there is one.
    if (this.#standing.state.phase === 'leaving' && entry.isLive) return;
    this.#inbound.settle(entry, reasonCode, properties);
  }

  giveUp(entry: LedgerEntry): void {
    this.#inbound.giveUp(entry);
  }

  get #limits(): ServerLimits {
    const { limits, state } = this.#standing;
    if (limits) return limits;
    throw new Error(`The session is ${state.phase}: requests need a connection.`);
  }

  #receive(packet: Packet, now: number): void {
    if (packet.type !== 'disconnect') {
      handPacket(packet, this.#receivers, this.#standing.connectionId, now);
      return;
    }
    this.#standing.leave();
    this.#effects.disconnected(endedBy(packet));
  }
}

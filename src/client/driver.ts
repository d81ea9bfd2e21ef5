import { ProtocolError } from '../packets/errors.js';
import { refuse } from '../packets/outgoing-checks.js';
import type {
  AckProperties,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PublishPacket,
} from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import { UnsupportedProtocolError } from '../packets/unsupported-protocol.js';
import type { LedgerEntry } from '../session/acknowledgements.js';
import type { Disconnection } from '../session/disconnection.js';
import type { Effects, Request } from '../session/effects.js';
import type { PublishRequest } from '../session/publish-request.js';
import type { ServerLimits } from '../session/server-limits.js';
import { Session } from '../session/session.js';
import type { StoreWrite } from '../session/storage.js';
import type { Transport } from '../transports/transport.js';
import { Authenticator, type AuthOptions } from './authenticator.js';
import { ClosingStreams } from './closing-streams.js';
import { Connection, type ConnectionEvents } from './connection.js';
import { Liveness } from './liveness.js';
import type { Observers } from './observers.js';
import { ReadRegulator } from './read-regulator.js';
import type { Settler } from './received-message.js';
import type { Settings } from './settings.js';
import { StoreWriter } from './store-writer.js';
import { Waiters } from './waiters.js';

export interface DriverEvents {
  connected(limits: ServerLimits, sessionPresent: boolean): void;
  /** `gone` follows. */
  refused(connack: ConnackPacket): void;
  deliver(packet: PublishPacket, entry: LedgerEntry | undefined): void;
  /** The connection is gone, whoever ended it; called once for each. The session knows. */
  gone(disconnection: Disconnection): void;
  /** A subscription of a lost session could not be made again. */
  subscriptionLost(filter: string, error: Error): void;
  /** Whether a message is waited for that replies to one of ours. */
  awaitsReply(): boolean;
}

/** Drives the session over one connection after the other, with a clock: performs what the session wants done, and tells it what happens. */
export class Driver implements Effects, Settler {
  readonly #settings: Settings;
  readonly #events: DriverEvents;
  readonly #observers: Observers;
  readonly #lostError: (disconnection: Disconnection, maybeDelivered: boolean) => Error;
  readonly session: Session;
  /** Woken when nothing is `busy` any more, and when the connection is gone. */
  readonly idle = new Waiters();
  readonly #storeWriter: StoreWriter | undefined;
  #connection: Connection | undefined;
  readonly #closing = new ClosingStreams();
  #bytesIn = 0;
  #bytesOut = 0;
  readonly #regulator: ReadRegulator;
  #liveness: Liveness | undefined;
  #auth: Authenticator | undefined;
  #isGone = true;
  /** The socket has not taken yet what was written. */
  #isFull = false;

  constructor(
    settings: Settings,
    events: DriverEvents,
    lostError: (disconnection: Disconnection, maybeDelivered: boolean) => Error,
    observers: Observers,
  ) {
    this.#settings = settings;
    this.#observers = observers;
    this.#events = events;
    this.#lostError = lostError;
    this.session = new Session({ ...settings, isDurable: settings.sessionStore !== undefined }, this);
    const awaitsMore = () => this.#auth?.isRenewing || events.awaitsReply();
    this.#regulator = new ReadRegulator(settings, this.session, awaitsMore);
    this.#storeWriter =
      settings.sessionStore &&
      new StoreWriter(settings.sessionStore, (failure) => {
        this.session.stored(failure, settings.clock.now());
        if (this.#connection?.paused) this.regulate();
        this.#wakeIdle();
      });
  }

  /** Of all connections. */
  get bytesIn(): number {
    return this.#bytesIn + (this.#connection?.bytesIn ?? 0);
  }

  get bytesOut(): number {
    return this.#bytesOut + (this.#connection?.bytesOut ?? 0);
  }

  /** There is a byte stream. */
  get isOpen(): boolean {
    return !this.#isGone;
  }

  /** Resolves when every byte stream is gone for good, which may be a moment after `gone`. */
  closed(): Promise<void> {
    return this.#closing.gone();
  }

  /** Resolves when no write to the store is under way. */
  async stored(): Promise<void> {
    await this.#storeWriter?.settled();
  }

  /** A request waits for its answer, or the socket has not taken yet what was written. */
  get busy(): boolean {
    return this.session.awaited > 0 || this.#isFull;
  }

  open(transport: Transport, connect: ConnectPacket): void {
    this.#bytesIn = this.bytesIn;
    this.#bytesOut = this.bytesOut;
    this.#isGone = this.#isFull = false;
    const { clock, auth: options } = this.#settings;
    const lastPacketId = Math.floor(this.#settings.random() * 65_535);
    const auth = options && this.#authenticator(options, connect, lastPacketId);
    this.#auth = auth;
    const events: ConnectionEvents = {
      reading: () => this.#regulator.check(),
      packet: auth
        ? (packet, now) => auth.packet(packet, now)
        : (packet, now) => this.session.receive(packet, now),
      read: () => this.regulate(),
      failed: (error) => this.#fail(error),
      writable: (writable) => {
        if (connection === this.#connection) this.#writable(writable, clock.now());
      },
      closed: (error) => {
        // One that was given up may end long after another one has taken its place.
        if (connection !== this.#connection) return;
        this.#gone({ by: 'network', cause: error ?? new Error('The server closed the connection.') });
      },
    };
    const connection = new Connection(transport, this.#settings, events, this.#observers);
    this.#connection = connection;
    this.#closing.add(connection.closed);
    connection.start();
    if (auth) auth.begin();
    else this.session.open(connect, lastPacketId);
  }

  /** Authenticates again. Rejects with an InvalidPacketError where there is nothing to do that with. */
  async reauthenticate(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#auth) refuse('reauthenticate() needs the option auth of connect().');
    const renewing = this.#auth.renew(signal);
    this.regulate();
    await renewing;
  }

  /** Says goodbye and closes. Throws an InvalidPacketError, and does nothing, for illegal properties. */
  leave(reasonCode: ReasonCode, properties?: DisconnectPacket['properties'], cause?: Error): void {
    if (this.#isGone) return;
    this.session.disconnect(reasonCode, properties);
    this.#connection?.close();
    this.#gone({ by: 'client', reasonCode, ...(cause && { cause }) });
  }

  /** No connection follows: what waits for an answer gets none. */
  end(disconnection: Disconnection): void {
    this.session.end((maybeDelivered) => this.#lostError(disconnection, maybeDelivered));
    this.idle.wake();
  }

  /** Closes at once, without a word. */
  cut(cause: Error): void {
    this.#connection?.cut(cause);
    this.#gone({ by: 'network', cause });
  }

  // What the application wants

  settle(entry: LedgerEntry, code: number, properties: AckProperties | undefined): void {
    this.session.settle(entry, code, properties);
    if (this.#connection?.paused) this.regulate();
  }

  giveUp(entry: LedgerEntry): void {
    this.session.giveUp(entry);
  }

  /** The caller of a publish waits no longer. */
  withdraw(request: PublishRequest): void {
    if (this.session.withdraw(request)) this.#wakeIdle();
  }

  /** Stops or goes on reading, as it is time to. */
  regulate(): void {
    if (!this.#regulator.isOn || this.#auth?.holds) return;
    this.#connection?.pause(this.#regulator.wantsPause);
  }

  // What the session wants (Effects)

  send(packet: Packet): void {
    this.#connection?.write(packet);
  }

  hold(held: boolean): void {
    this.#connection?.hold(held);
  }

  connected(limits: ServerLimits, sessionPresent: boolean): void {
    const connection = this.#connection!; // it brought the CONNACK
    const { clock, ackTimeout } = this.#settings;
    const settings = { clock, ackTimeout, keepAlive: limits.keepAlive };
    this.#liveness = new Liveness(settings, connection, this.session, (reasonCode, cause) =>
      this.#dead(reasonCode, cause),
    );
    this.#events.connected(limits, sessionPresent);
  }

  challenged(challenge: Uint8Array): void {
    this.#auth?.challenged(challenge);
  }

  authenticated(data: Uint8Array): void {
    this.#auth?.authenticated(data);
  }

  refused(connack: ConnackPacket): void {
    this.#connection?.closeUnwritten();
    this.#events.refused(connack);
    this.#gone({ by: 'server', packet: 'connack', reasonCode: connack.reasonCode });
  }

  disconnected(disconnection: Disconnection): void {
    this.#connection?.closeUnwritten();
    this.#gone(disconnection);
  }

  deliver(packet: PublishPacket, entry: LedgerEntry | undefined): void {
    this.#events.deliver(packet, entry);
  }

  answer<A>(request: Request<A>, outcome: A | Error): void {
    request.settle(outcome);
    this.#wakeIdle();
  }

  acknowledged(entry: LedgerEntry): void {
    entry.listener?.();
  }

  subscriptionLost(filter: string, error: Error): void {
    this.#events.subscriptionLost(filter, error);
  }

  store(write: StoreWrite): void {
    this.#storeWriter?.write(write);
  }

  storeFailed(error: Error): void {
    this.leave(0x83, undefined, error);
  }

  #writable(writable: boolean, now: number): void {
    this.#isFull = !writable;
    this.session.writable(writable, now);
    this.#wakeIdle();
  }

  #wakeIdle(): void {
    if (this.idle.size > 0 && !this.busy) this.idle.wake();
  }

  #authenticator(options: AuthOptions, connect: ConnectPacket, lastPacketId: number): Authenticator {
    return new Authenticator(options, {
      clock: this.#settings.clock,
      timeout: this.#settings.connectTimeout,
      session: this.session,
      connect,
      lastPacketId,
      pause: (paused) => {
        this.#connection?.pause(paused);
        if (!paused) this.regulate();
      },
      fail: (error) => this.#fail(error),
    });
  }

  #dead(reasonCode: ReasonCode, cause: Error): void {
    this.session.disconnect(0x80); // 0x8D is a code that only servers may send (3.14.2.1)
    this.leave(reasonCode, undefined, cause);
  }

  #fail(error: Error): void {
    if (error instanceof UnsupportedProtocolError) {
      // A server that does not know MQTT 5 does not know its DISCONNECT either.
      this.#connection?.cut(error);
      this.#gone({ by: 'client', reasonCode: error.reasonCode, cause: error });
      return;
    }
    const reasonCode = error instanceof ProtocolError ? error.reasonCode : 0x83;
    this.leave(reasonCode, undefined, error);
  }

  #gone(disconnection: Disconnection): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#liveness?.stop();
    this.#auth?.end(this.#lostError(disconnection, true));
    this.session.lost((maybeDelivered) => this.#lostError(disconnection, maybeDelivered));
    this.#isFull = false;
    this.#events.gone(disconnection);
    this.#wakeIdle();
  }
}

import type { ConnackPacket, ConnectPacket } from '../packets/packet.js';
import type { Disconnection } from '../session/disconnection.js';
import type { ServerLimits } from '../session/server-limits.js';
import type { Clock } from '../time/clock.js';
import { orAborted } from '../time/or-aborted.js';
import type { Transport } from '../transports/transport.js';
import { closeStream } from './closing-streams.js';
import { failureOf, refusedBy, timedOut, unreachable } from './connect-failures.js';
import type { ConnectSequence } from './connect-sequence.js';
import { dial } from './dial.js';
import type { ConnectError } from './errors.js';
import type { NextAttempt, ReconnectPolicy } from './reconnect.js';
import type { StateLog } from './state-log.js';

export interface KeeperSettings {
  readonly protocolVersion: 4 | 5;
  readonly connectTimeout: number;
  readonly clock: Clock;
}

/** Whoever the byte streams are for. */
export interface Kept {
  open(transport: Transport, connect: ConnectPacket): void;
  /** Closes what `open` began, without a word; the keeper is told of it by `gone`. */
  cut(cause: Error): void;
  /** Resolves when no byte stream is left. */
  closed(): Promise<void>;
  /** A connection is gone, but others follow. Not called for attempts that fail. */
  interrupted(disconnection: Disconnection): void;
  /** No connection follows; called once, last. `error` says why the last attempt failed, if it was one. */
  ended(last: Disconnection, error: ConnectError | undefined): void;
}

/** Brings a connection about, and another one after each that is gone, as the policy says; the states are what it is doing. */
export class ConnectionKeeper {
  readonly #settings: KeeperSettings;
  readonly #policy: ReconnectPolicy;
  readonly #sequence: ConnectSequence;
  readonly #states: StateLog;
  readonly #kept: Kept;
  /** Of the attempt under way, until the handshake is done. */
  #attempt: AbortController | undefined;
  #phase: 'opening' | 'handshake' | undefined;
  /** Of what is waited for: the next attempt, or the end of this one. */
  #cancelTimer: () => void = () => undefined;
  /** Why the attempt failed, where more is known than why its byte stream is gone. */
  #failure: ConnectError | undefined;
  #connectedAt: number | undefined;
  #connections = 0;
  /** The connection that stands is being ended to have another one. */
  #isReplacing = false;
  #isOver = false;

  constructor(
    settings: KeeperSettings,
    policy: ReconnectPolicy,
    sequence: ConnectSequence,
    states: StateLog,
    kept: Kept,
  ) {
    this.#settings = settings;
    this.#policy = policy;
    this.#sequence = sequence;
    this.#states = states;
    this.#kept = kept;
  }

  /** How the broker of the present attempt or connection is called in messages. */
  get where(): string {
    return this.#policy.target.where;
  }

  /** Those that the present connection took. */
  get attempts(): number {
    return this.#policy.attempt;
  }

  /** Connections after the first. */
  get reconnects(): number {
    return Math.max(0, this.#connections - 1);
  }

  /** The next attempt, now. */
  connect(): void {
    void this.#connect(); // it does not reject
  }

  /** The handshake is done. */
  connected(server: ServerLimits, sessionPresent: boolean): void {
    this.#endAttempt();
    this.#connections++;
    this.#connectedAt = this.#settings.clock.now();
    this.#sequence.connected(server.clientId);
    this.#states.current = { state: 'connected', connectionId: this.#connections, sessionPresent, server };
  }

  refused(connack: ConnackPacket): void {
    this.#failure = refusedBy(this.where, connack, this.#settings.protocolVersion);
  }

  /** `end` ends the connection that stands; another one follows at once, whatever the policy would say of such an end. */
  replace(end: () => void): void {
    this.#isReplacing = true;
    end();
    this.#isReplacing = false;
  }

  /** What was opened is gone. */
  gone(disconnection: Disconnection): void {
    if (this.#connectedAt === undefined) {
      this.#failed(
        this.#isOver ? undefined : (this.#failure ?? failureOf(this.where, disconnection)),
        disconnection,
      );
      return;
    }
    const stood = this.#settings.clock.now() - this.#connectedAt;
    this.#connectedAt = undefined;
    this.#follow(disconnection, stood, undefined);
  }

  /** No further attempt: what is under way is given up, unless there is a byte stream already, which its owner closes. */
  stop(last: Disconnection, error?: ConnectError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isOpen = this.#connectedAt !== undefined || this.#phase === 'handshake';
    if (this.#phase === 'opening') this.#attempt?.abort(new Error('The attempt to connect was given up.'));
    this.#endAttempt();
    if (!isOpen) this.#kept.ended(last, error);
  }

  #failed(error: ConnectError | undefined, disconnection = error?.disconnection): void {
    // Where there is no error, the client was closed, and with a disconnection.
    if (disconnection) this.#follow(error?.disconnection ?? disconnection, undefined, error);
  }

  /** Begins the attempt that the policy wants, or ends where it wants none. */
  #follow(disconnection: Disconnection, stood: number | undefined, error: ConnectError | undefined): void {
    this.#endAttempt();
    const isReplaced = this.#isReplacing;
    const next = this.#next(disconnection, stood);
    if (next.stop) {
      this.#isOver = true;
      const last: Disconnection = next.cause
        ? { by: 'client', reasonCode: 0, cause: next.cause }
        : disconnection;
      this.#kept.ended(last, error);
      return;
    }
    const { clock } = this.#settings;
    this.#states.current = { state: 'waiting', retryAt: clock.now() + next.delay, last: disconnection };
    if (stood !== undefined) this.#kept.interrupted(disconnection);
    if (this.#isOver) return; // whoever was told closed the client
    if (next.delay === 0)
      queueMicrotask(() => void this.#connect(isReplaced)); // it does not reject
    else this.#cancelTimer = clock.setTimer(next.delay, () => this.connect());
  }

  #next(disconnection: Disconnection, stood: number | undefined): NextAttempt {
    if (this.#isOver) return { stop: true };
    return this.#isReplacing ? this.#policy.again() : this.#policy.after(disconnection, stood);
  }

  #endAttempt(): void {
    this.#cancelTimer();
    this.#cancelTimer = () => undefined;
    this.#attempt = undefined;
    this.#phase = undefined;
  }

  /** `waits`: until the last byte stream is gone, so that the server has read the goodbye before another connection takes its session over. */
  async #connect(waits = false): Promise<void> {
    if (this.#isOver) return;
    const { clock, connectTimeout } = this.#settings;
    const { target, attempt } = this.#policy;
    const controller = new AbortController();
    const { signal } = controller;
    this.#attempt = controller;
    this.#failure = undefined;
    this.#phase = 'opening';
    // That of the first attempt is there from the beginning.
    if (this.#states.current.state !== 'connecting') this.#states.current = { state: 'connecting', attempt };
    this.#cancelTimer = clock.setTimer(connectTimeout, () => this.#timeOut(controller));
    let transport: Transport;
    let connect: ConnectPacket;
    try {
      if (waits) await orAborted(this.#kept.closed(), signal);
      connect = await this.#sequence.next(target, attempt, signal);
      transport = await dial(target, attempt, signal);
    } catch (error) {
      // All reject with a ConnectError, or with why the attempt was given up.
      if (!this.#isOver) this.#failed(error as ConnectError);
      return;
    }
    if (this.#isOver) {
      closeStream(transport, new Error('The attempt to connect was given up.'));
      return;
    }
    this.#phase = 'handshake';
    try {
      this.#kept.open(transport, connect);
    } catch (thrown) {
      // Only a transport of the user's own can throw.
      this.#failure = unreachable(this.where, thrown instanceof Error ? thrown : new Error(String(thrown)));
      this.#kept.cut(this.#failure);
    }
  }

  #timeOut(controller: AbortController): void {
    const { connectTimeout } = this.#settings;
    const isOpening = this.#phase === 'opening';
    this.#failure = timedOut(this.where, isOpening ? 'opening' : 'handshake', connectTimeout);
    if (isOpening) controller.abort(this.#failure);
    else this.#kept.cut(this.#failure);
  }
}

import { type Disconnection, describeDisconnection } from '../session/disconnection.js';
import { ClosedError, ConnectionLostError } from '../session/errors.js';
import type { ServerLimits } from '../session/server-limits.js';
import type { Transport } from '../transports/transport.js';
import type { Client } from './client.js';
import { goneBeforeConnack, nonsenseFrom, refusedBy } from './connect-failures.js';
import { Driver } from './driver.js';
import { goodbyeProperties } from './goodbye.js';
import type { Message } from './message.js';
import { Observers } from './observers.js';
import type {
  DisconnectOptions,
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
} from './options.js';
import { type RequestOptions, RequestReply } from './request-reply.js';
import { type Filters, Requester } from './requester.js';
import type { Settings } from './settings.js';
import type { ConnectionState } from './state.js';
import { StateLog } from './state-log.js';
import { type ClientStats, statsOf } from './stats.js';
import { Inbox } from './streams/inbox.js';
import type { MessageStream, ReadOptions, StreamOptions, Subscription } from './streams/message-stream.js';
import { Streams } from './streams/streams.js';

type Connected = Extract<ConnectionState, { state: 'connected' }>;

/** For app/: who gets every message, and is told of the end. See `dispatchMessages`. */
export interface Dispatcher {
  readonly receive: (message: Message) => void;
  readonly lost: (disconnection: Disconnection) => void;
}

/** The client that `connect` resolves with: requests and streams for the application, on top of the driver. */
export class MqttClient implements Client {
  readonly #where: string;
  readonly #settings: Settings;
  readonly #driver: Driver;
  readonly #requester: Requester;
  readonly #inbox: Inbox;
  readonly #streams: Streams;
  readonly #requests: RequestReply;
  readonly #observers: Observers;
  readonly #states: StateLog;
  #clientId: string;
  #lost: ((disconnection: Disconnection) => void) | undefined;
  /** `disconnect` was called: no new requests. */
  #leaving = false;

  private constructor(
    where: string,
    settings: Settings,
    onConnected: () => void,
    onFailed: (error: Error) => void,
  ) {
    this.#where = where;
    this.#settings = settings;
    this.#clientId = settings.connect.clientId;
    this.#observers = new Observers(settings.hooks, () => this.#clientId);
    this.#states = new StateLog({ state: 'connecting', attempt: 1 }, (state) => this.#observers.state(state));
    let refusal: Error | undefined;
    this.#driver = new Driver(
      settings,
      {
        connected: (server, sessionPresent) => {
          const { connectionId } = this.#driver.session;
          this.#clientId = server.clientId;
          this.#states.current = { state: 'connected', connectionId, sessionPresent, server };
          onConnected();
        },
        refused: (connack) => {
          refusal = refusedBy(where, connack, settings.protocolVersion);
        },
        deliver: (packet, entry) => this.#inbox.deliver(packet, entry, this.#driver.session.connectionId),
        gone: (disconnection) => {
          const handshaking = this.#states.current.state === 'connecting';
          this.#ended(disconnection);
          if (handshaking) onFailed(refusal ?? failureOf(where, disconnection));
        },
      },
      (disconnection, maybeDelivered) => this.#lostError(disconnection, maybeDelivered),
      this.#observers,
    );
    this.#requester = new Requester(this.#driver, settings.protocolVersion, (signal) => this.#admit(signal));
    this.#inbox = new Inbox(this.#driver, settings.qos0Overflow, (message, why) =>
      this.#observers.dropped(message, why),
    );
    this.#streams = new Streams({
      requester: this.#requester,
      inbox: this.#inbox,
      subscriptions: () => this.#driver.session.subscriptions,
      identifiers: () => this.#server?.subscriptionIdentifiers ?? false,
    });
    this.#requests = new RequestReply({
      ...settings,
      requester: this.#requester,
      server: () => this.#server,
      listen: () => this.#inbox.interceptBy((packet, message) => this.#requests.intercept(packet, message)),
    });
  }

  /** Shakes hands over a fresh transport. If that fails, or the signal aborts, the transport is closed. */
  static open(
    where: string,
    settings: Settings,
    transport: Transport,
    signal: AbortSignal,
  ): Promise<MqttClient> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        transport.close(new Error('The attempt to connect was given up.'));
        return reject(signal.reason);
      }
      const settled = () => signal.removeEventListener('abort', aborted);
      const client: MqttClient = new MqttClient(
        where,
        settings,
        () => {
          settled();
          resolve(client);
        },
        (error) => {
          settled();
          reject(error);
        },
      );
      const aborted = () => {
        reject(signal.reason);
        client.#driver.cut(new Error('The attempt to connect was given up.'));
      };
      signal.addEventListener('abort', aborted, { once: true });
      client.#driver.open(transport);
    });
  }

  get state(): ConnectionState {
    return this.#states.current;
  }

  get clientId(): string {
    return this.#clientId;
  }

  async connected(options: { signal?: AbortSignal } = {}): Promise<Connected> {
    options.signal?.throwIfAborted();
    const { state } = this;
    if (state.state === 'connected') return state;
    throw this.#noConnection();
  }

  disconnected(options: { signal?: AbortSignal } = {}): Promise<Disconnection> {
    return this.#states.disconnected(options.signal);
  }

  states(options: { signal?: AbortSignal } = {}): AsyncIterable<ConnectionState> {
    return this.#states.all(options.signal);
  }

  publish(topic: string, payload?: Payload, options?: PublishOptions): Promise<PublishResult> {
    return this.#requester.publish(topic, payload, options);
  }

  subscribe(filters: Filters, options?: SubscribeOptions): Promise<readonly Granted[]> {
    return this.#streams.subscribe(filters, options);
  }

  unsubscribe(
    filters: string | readonly string[],
    options?: { signal?: AbortSignal },
  ): Promise<readonly Granted[]> {
    return this.#streams.unsubscribe(filters, options);
  }

  stream(filters: Filters, options?: SubscribeOptions & StreamOptions): Promise<Subscription> {
    return this.#streams.open(filters, options);
  }

  request(topic: string, payload: Payload, options?: RequestOptions): Promise<Message> {
    return this.#requests.request(topic, payload, options);
  }

  async reauthenticate({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    this.#admit(signal);
    await this.#driver.reauthenticate(signal);
  }

  messages(options: ReadOptions = {}): MessageStream {
    return this.#inbox.messages(options);
  }

  /** See `dispatchMessages`. */
  dispatch(dispatcher: Dispatcher): () => void {
    const end = this.#inbox.dispatch(dispatcher.receive);
    this.#lost = dispatcher.lost;
    return () => {
      end();
      if (this.#lost === dispatcher.lost) this.#lost = undefined;
    };
  }

  async drain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { clock, drainTimeout } = this.#settings;
    let late = false;
    const cancel = clock.setTimer(drainTimeout, () => {
      late = true;
      this.#driver.idle.wake();
    });
    try {
      while (!late && this.state.state === 'connected' && this.#driver.busy) {
        await this.#driver.idle.wait(signal);
      }
    } finally {
      cancel();
    }
  }

  async disconnect(options: DisconnectOptions = {}): Promise<void> {
    const properties = goodbyeProperties(this.#settings, options);
    this.#leaving = true;
    await this.drain(options).catch(() => undefined); // the signal: what is under way is waited for no longer
    this.#driver.leave(options.withWill ? 0x04 : 0x00, properties);
    await this.#driver.closed;
  }

  /** Like `close`, with a reason code of ours. */
  async leave(reasonCode: 0x00 | 0x04): Promise<void> {
    this.#leaving = true;
    this.#driver.leave(reasonCode, goodbyeProperties(this.#settings, {}));
    await this.#driver.closed;
  }

  close(): Promise<void> {
    return this.leave(0x00);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  stats(): ClientStats {
    const now = this.#settings.clock.now();
    return statsOf(this.#driver, this.#inbox, this.#requests, this.#observers, now);
  }

  get #server(): ServerLimits | undefined {
    const { current } = this.#states;
    return current.state === 'connected' ? current.server : undefined;
  }

  /** Refuses what comes too late. */
  #admit(signal: AbortSignal | undefined): void {
    if (this.#leaving || this.#states.current.state !== 'connected') throw this.#noConnection();
    signal?.throwIfAborted();
  }

  #noConnection(): Error {
    const { current } = this.#states;
    if (current.state === 'closed') return this.#lostError(current.last, false);
    return new ClosedError('This client is being closed and takes no more requests.');
  }

  #ended(disconnection: Disconnection): void {
    const byUs = disconnection.by === 'client' && !disconnection.cause;
    this.#states.current = { state: 'closed', last: disconnection };
    this.#inbox.end(byUs ? undefined : this.#lostError(disconnection, false));
    this.#requests.lost(this.#lostError(disconnection, true));
    this.#lost?.(disconnection);
  }

  #lostError(disconnection: Disconnection, maybeDelivered: boolean): Error {
    const known = maybeDelivered
      ? 'The server may or may not have acted on the request.'
      : 'Nothing of the request was sent.';
    if (disconnection.by === 'client' && !disconnection.cause) {
      return new ClosedError(`The client was closed before the server answered. ${known}`);
    }
    return new ConnectionLostError(
      disconnection,
      maybeDelivered,
      `The connection to ${this.#where} was lost: ${describeDisconnection(disconnection)}. ${known}`,
    );
  }
}

function failureOf(where: string, disconnection: Disconnection): Error {
  if (disconnection.by === 'client' && disconnection.cause) {
    return nonsenseFrom(where, disconnection.cause, disconnection.reasonCode);
  }
  return goneBeforeConnack(where, disconnection);
}

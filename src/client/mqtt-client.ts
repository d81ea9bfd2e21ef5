import type { DisconnectPacket } from '../packets/packet.js';
import type { ReasonCode } from '../packets/reason-codes.js';
import type { Disconnection } from '../session/disconnection.js';
import type { ServerLimits } from '../session/server-limits.js';
import { onAbort } from '../time/on-abort.js';
import type { Client } from './client.js';
import { ConnectSequence } from './connect-sequence.js';
import { ConnectionKeeper } from './connection-keeper.js';
import type { Dispatcher } from './dispatcher.js';
import { drained } from './drained.js';
import { Driver } from './driver.js';
import { goodbyeProperties } from './goodbye.js';
import { LostErrors } from './lost-errors.js';
import type { Message } from './message.js';
import { Observers } from './observers.js';
import type {
  DisconnectOptions,
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  UnsubscribeOptions,
} from './options.js';
import type { ReconnectPolicy } from './reconnect.js';
import { type RequestOptions, RequestReply } from './request-reply.js';
import { type Filters, Requester } from './requester.js';
import type { Settings } from './settings.js';
import type { ConnectionState } from './state.js';
import { StateLog } from './state-log.js';
import { type ClientStats, statsOf } from './stats.js';
import { StoredState } from './stored-state.js';
import { Inbox } from './streams/inbox.js';
import type { MessageStream, ReadOptions, StreamOptions, Subscription } from './streams/message-stream.js';
import { Streams } from './streams/streams.js';

type Connected = Extract<ConnectionState, { state: 'connected' }>;

/** The client that `connect` resolves with: requests and streams for the application, on top of the driver. */
export class MqttClient implements Client {
  readonly #settings: Settings;
  readonly #driver: Driver;
  readonly #keeper: ConnectionKeeper;
  readonly #sequence: ConnectSequence;
  readonly #requester: Requester;
  readonly #inbox: Inbox;
  readonly #streams: Streams;
  readonly #requests: RequestReply;
  readonly #observers: Observers;
  readonly #states: StateLog;
  readonly #errors: LostErrors;
  readonly #stored: StoredState | undefined;
  #dispatcher: Dispatcher | undefined;
  /** `disconnect` was called: no new requests. */
  #leaving = false;

  private constructor(
    policy: ReconnectPolicy,
    settings: Settings,
    onConnected: () => void,
    onEnded: (error: Error) => void,
  ) {
    this.#settings = settings;
    this.#sequence = new ConnectSequence(settings);
    this.#observers = new Observers(settings.hooks, () => this.clientId);
    this.#states = new StateLog({ state: 'connecting', attempt: 1 }, (state) => this.#observers.state(state));
    const { sessionStore } = settings;
    this.#stored = sessionStore && new StoredState(sessionStore, settings, this.#observers);
    this.#errors = new LostErrors(this.#states, () => this.#keeper.where);
    this.#driver = new Driver(
      settings,
      {
        connected: (server, sessionPresent) => {
          this.#keeper.connected(server, sessionPresent);
          if (!sessionPresent) this.#inbox.dropStale();
          if (this.#keeper.reconnects > 0) this.#dispatcher?.regained?.(sessionPresent);
          onConnected();
        },
        refused: (connack) => this.#keeper.refused(connack),
        deliver: (packet, entry) => this.#inbox.deliver(packet, entry, this.#driver.session.connectionId),
        gone: (disconnection) => this.#keeper.gone(disconnection),
        subscriptionLost: (filter, error) => {
          // Not now: a stream that ends unsubscribes from its other filters, and the session may be about to ask for those again.
          queueMicrotask(() => this.#streams.lost(filter, error));
          this.#dispatcher?.subscriptionLost?.(filter, error);
        },
        awaitsReply: () => this.#requests.waiting > 0,
      },
      (disconnection, maybeDelivered) => this.#errors.lost(disconnection, maybeDelivered),
      this.#observers,
    );
    this.#keeper = new ConnectionKeeper(settings, policy, this.#sequence, this.#states, {
      open: (transport, connect) => this.#driver.open(transport, connect),
      cut: (cause) => this.#driver.cut(cause),
      closed: () => this.#driver.closed(),
      interrupted: (disconnection) => this.#interrupted(disconnection),
      ended: (last, error) => {
        this.#ended(last);
        onEnded(error ?? this.#errors.lost(last, false));
      },
    });
    this.#requester = new Requester(this.#driver, settings, {
      admit: (signal) => this.#admit(signal),
      offlineError: () => this.#errors.offline(),
    });
    this.#inbox = new Inbox(this.#driver, settings.qos0Overflow, (message, why) =>
      this.#observers.dropped(message, why),
    );
    this.#streams = new Streams({
      requester: this.#requester,
      inbox: this.#inbox,
      subscriptions: () => this.#driver.session.subscriptions,
      isOnline: () => this.#server !== undefined,
      identifiers: () => this.#server?.subscriptionIdentifiers ?? false,
    });
    this.#requests = new RequestReply({
      ...settings,
      sessionName: settings.generatedId ? undefined : settings.connect.clientId,
      requester: this.#requester,
      server: () => this.#server,
      isSubscribed: (filter) => this.#driver.session.subscriptions.has(filter),
      waits: () => this.#driver.regulate(),
      listen: () => this.#inbox.interceptBy((packet, message) => this.#requests.intercept(packet, message)),
      late: (responseTopic) => this.#dispatcher?.replyLate?.(responseTopic),
    });
  }

  /** Connects for the first time. If that fails, or the signal aborts, nothing stays open. */
  static async open(
    policy: ReconnectPolicy,
    settings: Settings,
    signal: AbortSignal | undefined,
  ): Promise<MqttClient> {
    let isConnected: () => void = () => undefined;
    let hasEnded: (error: unknown) => void = () => undefined;
    const connected = new Promise<void>((resolve, reject) => {
      isConnected = resolve;
      hasEnded = reject;
    });
    connected.catch(() => undefined); // it may end before anybody waits for it
    const client = new MqttClient(policy, settings, isConnected, hasEnded);
    const ignoreAbort = onAbort(signal, () => {
      hasEnded(signal?.reason);
      client.#leaving = true;
      client.#keeper.stop({ by: 'client', reasonCode: 0 });
      client.#driver.cut(new Error('The attempt to connect was given up.'));
    });
    try {
      const restoring = client.#stored?.restoreTo(client.#driver.session, () => client.#leaving);
      if (restoring) await Promise.race([restoring, connected]); // which rejects if the signal aborts first
      if (!client.#leaving) client.#keeper.connect();
      await connected;
      signal?.throwIfAborted(); // since CONNACK, so that the client is closed by now
      return client;
    } catch (error) {
      await client.close().catch(() => undefined); // why there is no client is what the caller has to know
      throw error;
    } finally {
      ignoreAbort();
    }
  }

  get state(): ConnectionState {
    return this.#states.current;
  }

  get clientId(): string {
    return this.#sequence.clientId;
  }

  async connected(options: { signal?: AbortSignal } = {}): Promise<Connected> {
    const connected = await this.#states.connected(options.signal);
    if (connected) return connected;
    throw this.#errors.over();
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
    options?: UnsubscribeOptions,
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
    if (!this.#admit(signal)) throw this.#errors.offline();
    await this.#driver.reauthenticate(signal);
  }

  messages(options: ReadOptions = {}): MessageStream {
    return this.#inbox.messages(options);
  }

  /** See `dispatchMessages`. */
  dispatch(dispatcher: Dispatcher): () => void {
    const end = this.#inbox.dispatch(dispatcher.receive);
    this.#dispatcher = dispatcher;
    return () => {
      end();
      if (this.#dispatcher === dispatcher) this.#dispatcher = undefined;
    };
  }

  drain({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return drained(this.#driver, this.#settings, () => this.state.state === 'closed', signal);
  }

  async disconnect(options: DisconnectOptions = {}): Promise<void> {
    const properties = goodbyeProperties(this.#settings, options);
    this.#leaving = true;
    await this.drain(options).catch(() => undefined); // the signal: what is under way is waited for no longer
    await this.#leave(options.withWill ? 0x04 : 0x00, properties);
  }

  /** Like `close`, with a reason code of ours. */
  async leave(reasonCode: 0x00 | 0x04): Promise<void> {
    this.#leaving = true;
    await this.#leave(reasonCode, goodbyeProperties(this.#settings, {}));
  }

  /** See `attemptsOf` in dispatch.ts. */
  get attempts(): number {
    return this.#keeper.attempts;
  }

  /** See `reconnect` in dispatch.ts. */
  reconnect(cause: Error): void {
    if (!this.#settings.reconnect)
      throw new TypeError(`This client was told not to reconnect: ${cause.message}`);
    if (this.#leaving || !this.#server) return;
    this.#keeper.replace(() => this.#driver.leave(0x00, undefined, cause));
  }

  close(): Promise<void> {
    return this.leave(0x00);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect();
  }

  stats(): ClientStats {
    const { reconnects } = this.#keeper;
    const now = this.#settings.clock.now();
    return statsOf(this.#driver, this.#inbox, this.#requests, this.#observers, { reconnects, now });
  }

  get #server(): ServerLimits | undefined {
    const { current } = this.#states;
    return current.state === 'connected' ? current.server : undefined;
  }

  /** Refuses what comes too late. False: there is no connection now. */
  #admit(signal: AbortSignal | undefined): boolean {
    const { state } = this.#states.current;
    if (this.#leaving || state === 'closed') throw this.#errors.over();
    signal?.throwIfAborted();
    return state === 'connected';
  }

  async #leave(reasonCode: ReasonCode, properties: DisconnectPacket['properties']): Promise<void> {
    this.#keeper.stop({ by: 'client', reasonCode });
    this.#driver.leave(reasonCode, properties);
    await this.#driver.closed();
    await this.#stored?.close(() => this.#driver.stored());
  }

  #interrupted(disconnection: Disconnection): void {
    this.#inbox.interrupted(this.#errors.lost(disconnection, false));
    this.#requests.lost(this.#errors.lost(disconnection, true));
    this.#dispatcher?.lost?.(disconnection);
  }

  #ended(last: Disconnection): void {
    const byUs = last.by === 'client' && !last.cause;
    this.#states.current = { state: 'closed', last };
    this.#inbox.end(byUs ? undefined : this.#errors.lost(last, false));
    this.#requests.lost(this.#errors.lost(last, true));
    this.#dispatcher?.lost?.(last);
    this.#driver.end(last);
  }
}

import type { Disconnection } from '../session/disconnection.js';
import type { Message } from './message.js';
import type {
  DisconnectOptions,
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  TopicFilter,
  UnsubscribeOptions,
} from './options.js';
import type { RequestOptions } from './request-reply.js';
import type { ConnectionState } from './state.js';
import type { ClientStats } from './stats.js';
import type { MessageStream, ReadOptions, StreamOptions, Subscription } from './streams/message-stream.js';

/** A connected MQTT client. Every wait settles: with its answer, its signal, or the end of the connection. */
export interface Client extends AsyncDisposable {
  readonly state: ConnectionState;
  readonly clientId: string;
  /** Resolves while connected, or with the next connection; rejects with `ConnectionLostError` or `ClosedError` once the client is closed. */
  connected(options?: { signal?: AbortSignal }): Promise<Extract<ConnectionState, { state: 'connected' }>>;
  /** Resolves once the connection is gone, and says why; at once while there is none. */
  disconnected(options?: { signal?: AbortSignal }): Promise<Disconnection>;
  /** The state now, then each one that follows; ends after `closed`. */
  states(options?: { signal?: AbortSignal }): AsyncIterable<ConnectionState>;
  /**
   * QoS 0 resolves when the bytes are handed to the connection, QoS 1 at PUBACK, QoS 2 at PUBCOMP. Leave a payload of bytes as it is until
   * then: it is not copied before it leaves. Rejects with
   * `NegativeAckError` (a code of 0x80 or above), `LimitError` (a limit of the server; nothing was sent),
   * `InvalidPacketError` (a mistake in the arguments), `ConnectionLostError`, `ClosedError`, or the signal's reason.
   * Over a lost connection a publish at QoS 1 or 2 stays pending: it is sent again if the server has the session, else it rejects with `SessionLostError` (see `onSessionLost`). QoS 0 that had not left
   * rejects. While there is no connection, the option `offline` decides.
   */
  publish(topic: string, payload?: Payload, options?: PublishOptions): Promise<PublishResult>;
  /** Resolves at SUBACK. Rejects as `publish` does, and while there is no connection. One under way when a connection is lost is sent once more. */
  subscribe(
    filters: string | TopicFilter | readonly (string | TopicFilter)[],
    options?: SubscribeOptions,
  ): Promise<readonly Granted[]>;
  /** Resolves at UNSUBACK. Rejects as `publish` does; without a connection it waits for the next one.  A filter that a stream holds stays with the server until that ends. */
  unsubscribe(filters: string | readonly string[], options?: UnsubscribeOptions): Promise<readonly Granted[]>;
  /**
   * Subscribes, and resolves at SUBACK with the messages of these filters in a queue of their own; what waits for `messages()` and matches moves
   * there. A message for several streams goes to each of them, and is acknowledged when all of them have settled it: the worst outcome wins,
   * a refusal over an acknowledgement, among refusals the highest code. Streams and `subscribe()` share one subscription of the same
   * filter, at the highest QoS; a second SUBSCRIBE for it brings retained messages again, to all of them. Rejects as `subscribe` does, and if
   * the filter is held with another `noLocal` or `retainAsPublished`.
   */
  stream(
    filters: string | TopicFilter | readonly (string | TopicFilter)[],
    options?: SubscribeOptions & StreamOptions,
  ): Promise<Subscription>;
  /** Every message that no stream takes, out of one queue, which `qos0Overflow` bounds. Several calls compete: each message goes to one of them. */
  messages(options?: ReadOptions): MessageStream;
  /**
   * Publishes with a response topic of this client and correlation data, and resolves with the first reply that carries them; it is acknowledged
   * already, and never comes to `messages()` or a stream. The response topic is subscribed at the first request: under the server's response information, else
   * `topicwise/replies/`, the client id, percent-encoded, or a random name where none was given. `responseTopic` and `correlationData` may be your own.
   * Rejects as `publish` and `subscribe` do, with `RequestTimeoutError`, with `LimitError` beyond `requestMaximum`, with
   * `ConnectionLostError` or `ClosedError` when the connection goes, or with the signal's reason; replies that come later are ignored and counted. MQTT 5 only.
   */
  request(topic: string, payload: Payload, options?: RequestOptions): Promise<Message>;
  /**
   * Authenticates again with the option `auth`, beside whatever is under way; resolves when the server is content. Rejects with `AuthenticationError` (a function of
   * `auth` failed, or `connectTimeout` is over) or `ConnectionLostError` (the server refused), which also end the connection, or with the signal's reason. With
   * `ConnectionLostError` while there is no connection, since the next one authenticates anyway; with `LimitError` or `InvalidPacketError` if `auth.start` gave more data than the server takes, or none: then
   * nothing was sent, and the connection stays.
   */
  reauthenticate(options?: { signal?: AbortSignal }): Promise<void>;
  /** Resolves once no request is under way and the socket took what was written, or after `drainTimeout`, or with the connection's end. */
  drain(options?: { signal?: AbortSignal }): Promise<void>;
  /** Takes no more requests, waits as `drain`, says goodbye, closes. Also what `await using` does. Safe in every state. */
  disconnect(options?: DisconnectOptions): Promise<void>;
  /** Settles everything at once: every promise, iterator, timer and socket. Safe in every state, and twice. */
  close(): Promise<void>;
  stats(): ClientStats;
}

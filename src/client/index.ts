export { InvalidPacketError, LimitError, MqttError, ProtocolError } from '../packets/errors.js';
export type { PublishProperties, QoS, UserProperties } from '../packets/packet.js';
export type { Disconnection } from '../session/disconnection.js';
export {
  ClosedError,
  ConnectionLostError,
  MessageExpiredError,
  NegativeAckError,
  SessionLostError,
} from '../session/errors.js';
export type { ServerLimits } from '../session/server-limits.js';
export type * from '../session/session-store.js';
export type {
  DamagedRecord,
  SessionStore,
  StoredOutbound,
  StoredSession,
  StoredSubscription,
} from '../session/session-store.js';
export { StoreError } from '../session/storage.js';
export {
  type DiskSessionStore,
  type DiskSessionStoreOptions,
  openDiskSessionStore,
} from '../stores/disk-session-store.js';
export { MemorySessionStore } from '../stores/memory-session-store.js';
export { SessionStoreError, type SessionStoreProblem } from '../stores/session-store-error.js';
export type { Clock, Random } from '../time/clock.js';
export { fromDuplex } from '../transports/duplex.js';
export { memoryTransportPair } from '../transports/memory.js';
export type { Transport } from '../transports/transport.js';
export type { AuthOptions } from './authenticator.js';
export type { Client } from './client.js';
export { type ConnectOptions, connect, withClient } from './connect.js';
export type { Endpoint } from './endpoint.js';
export { AckTimeoutError, AuthenticationError, ConnectError } from './errors.js';
export type { AckErrorCode, AckOptions, AckOutcome, Message } from './message.js';
export type { DropReason, FailedPublish, Hooks, PacketInfo } from './observers.js';
export type {
  ClientOptions,
  DisconnectOptions,
  Granted,
  Payload,
  PublishOptions,
  PublishResult,
  SubscribeOptions,
  TopicFilter,
  UnsubscribeOptions,
  Will,
} from './options.js';
export type { ReconnectOptions } from './reconnect.js';
export { type RequestOptions, RequestTimeoutError } from './request-reply.js';
export type { ConnectionState } from './state.js';
export type { ClientStats } from './stats.js';
export type { MessageStream, ReadOptions, StreamOptions, Subscription } from './streams/message-stream.js';

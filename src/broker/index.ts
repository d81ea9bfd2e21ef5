export type {
  AuthenticatingClient,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  Credentials,
} from './authentication.js';
export type { AuthorizationRequest, PublishAuthorization, SubscribeAuthorization } from './authorization.js';
export { Broker, type BrokerOptions, type OwnMessage } from './broker.js';
export type { LinkView, Wrap } from './link.js';
export { ListenError } from './listen-error.js';
export type { Listener, ListenOptions, TcpListenOptions, WebSocketListenOptions } from './listener.js';
export type { BrokerObserver } from './observer.js';
export type { BrokerCapabilities, BrokerLimits, BrokerPolicy } from './settings.js';
export type { Connection } from './state/connection.js';
export type { Copy, CopyEnd, Trace } from './state/copy.js';
export type { Message } from './state/message.js';
export type { BrokerUsage, SessionUsage } from './usage.js';

export type {
  AuthenticatingClient,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthorizationRequest,
  BrokerCapabilities,
  BrokerLimits,
  BrokerPolicy,
  Copy,
  CopyEnd,
  Credentials,
  Listener,
  ListenOptions,
  OwnMessage,
  PublishAuthorization,
  SubscribeAuthorization,
} from '../broker/index.js';
export type { BrokerDelivery, CopyAck, DeliveredCopy } from './broker-delivery.js';
export { createTestApp, type TestAppOptions } from './create-test-app.js';
export {
  FakeBroker,
  type FakeBrokerOptions,
  type PacketWatcher,
  type PublishedMessage,
  type SessionView,
} from './fake-broker.js';
export type { HandlerName, HandlerProbe } from './handler-probes.js';
export type { LogEntry } from './recording-logger.js';
export type { Delivery, Published, TestApp } from './test-app.js';
export type { DeliveryAck } from './test-device.js';

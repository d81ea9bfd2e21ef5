export type {
  AuthenticatingClient,
  AuthenticationExchange,
  AuthenticationMethod,
  AuthenticationStep,
  AuthorizationRequest,
  BrokerCapabilities,
  BrokerLimits,
  BrokerPolicy,
  BrokerUsage,
  Copy,
  CopyEnd,
  Credentials,
  Listener,
  ListenOptions,
  OwnMessage,
  PublishAuthorization,
  SessionUsage,
  SubscribeAuthorization,
  TcpListenOptions,
  WebSocketListenOptions,
} from '../broker/index.js';
export { ListenError } from '../broker/index.js';
export type { Acknowledgement } from './acknowledgements.js';
export type { BrokerDelivery, CopyAck, DeliveredCopy } from './broker-delivery.js';
export { brokerPresets } from './broker-presets.js';
export { createTestApp, type TestAppOptions } from './create-test-app.js';
export type { Delivery } from './delivery.js';
export {
  FakeBroker,
  type FakeBrokerOptions,
  type PacketWatcher,
  type PublishedMessage,
  type RestartOptions,
  type RetainedMessage,
} from './fake-broker.js';
export type { Fault } from './faults/fault.js';
export type { DisconnectFault, Faults } from './faults/faults.js';
export { ImpossibleFaultError } from './faults/impossible-fault.js';
export type { PacketMatch } from './faults/packet-match.js';
export type { RefusableMatch } from './faults/refusal.js';
export type { HandlerName, HandlerProbe } from './handler-probes.js';
export type { LogEntry } from './recording-logger.js';
export type { SessionView, SubscriptionView } from './session-view.js';
export type { DeliverOptions, Published, TestApp } from './test-app.js';
export type { DeliveryAck } from './test-device.js';

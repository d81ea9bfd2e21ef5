export type {
  BrokerCapabilities,
  BrokerLimits,
  BrokerPolicy,
  Copy,
  CopyEnd,
  Credentials,
  Listener,
  ListenOptions,
  OwnMessage,
} from '../broker/index.js';
export { BrokerDelivery, type CopyAck, type DeliveredCopy } from './broker-delivery.js';
export {
  FakeBroker,
  type FakeBrokerOptions,
  type PacketWatcher,
  type PublishedMessage,
  type SessionView,
} from './fake-broker.js';

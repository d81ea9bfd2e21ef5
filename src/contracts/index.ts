export type { AnyCodec, Codec, CodecChoice, CodecName } from './codec.js';
export { contentTypeFor } from './codec.js';
export { defineTopic } from './define-topic.js';
export type { FakeInput, FakeMessage, FakeOptions } from './fake-message.js';
export { InvalidMessage, type MessageIssue } from './invalid-message.js';
export {
  type MessageProperties,
  type PlainProperties,
  propertiesFrom,
  type UserProperties,
} from './message-properties.js';
export { buildAddress, parseParams, wrongParam } from './params.js';
export { decodePayload, decodeReply, encodePayload, encodeReply } from './payload.js';
export type {
  AnyOutgoing,
  AnyTopic,
  Contract,
  Outgoing,
  PublishOptions,
  Target,
  TopicDef,
} from './topic-def.js';
export {
  type AckErrorCode,
  AlreadySettledError,
  type AnyMessage,
  type Logger,
  type Message,
  type TopicMessage,
} from './topic-message.js';
export type {
  Buildable,
  ParamSchemas,
  ParamsIn,
  ParamsOut,
  PlainIn,
  PlainOut,
  QoS,
  ResolvedSpec,
  TopicSpec,
} from './topic-spec.js';

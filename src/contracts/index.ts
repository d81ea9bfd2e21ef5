export { defineTopic } from './define-topic.js';
export { InvalidMessage, type MessageIssue } from './invalid-message.js';
export { buildAddress, parseParams } from './params.js';
export { decodePayload, encodePayload } from './payload.js';
export type { AnyTopic, Contract, Outgoing, PublishOptions, Target, TopicDef } from './topic-def.js';
export type {
  Buildable,
  CodecName,
  ParamSchemas,
  ParamsIn,
  ParamsOut,
  PlainIn,
  PlainOut,
  QoS,
  ResolvedSpec,
  TopicSpec,
} from './topic-spec.js';

export type { AnyCodec, Codec, CodecChoice, CodecName } from './codec.js';
export { contentTypeFor } from './codec.js';
export { defineTopic } from './define-topic.js';
export { InvalidMessage, type MessageIssue } from './invalid-message.js';
export { buildAddress, parseParams } from './params.js';
export { decodePayload, decodeReply, encodePayload, encodeReply } from './payload.js';
export type { AnyTopic, Contract, Outgoing, PublishOptions, Target, TopicDef } from './topic-def.js';
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

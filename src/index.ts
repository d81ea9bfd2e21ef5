import './app/injection/tsyringe.js';

export type { Awaitable } from './app/awaitable.js';
export { BootError } from './app/boot-error.js';
export { Controller, type ControllerOptions } from './app/decorators/controller.js';
export type { HandlerOptions, RetainedOption } from './app/decorators/handler-options.js';
export { type SendingOptions, Topic, type TopicDecorator } from './app/decorators/topic.js';
export { discover } from './app/injection/discover.js';
export { Inject } from './app/injection/inject.js';
export type { Provider } from './app/injection/provider.js';
export { CurrentMessage, type Scope } from './app/injection/scope.js';
export { type Class, type Token, type TokenOf, token } from './app/injection/token.js';
export {
  container,
  type DependencyContainer,
  type InjectionToken,
  inject,
  injectable,
  Lifecycle,
} from './app/injection/tsyringe.js';
export type {
  App,
  AppOptions,
  ConnectionOptions,
  DrainReport,
} from './app/lifecycle/app.js';
export { Controllers } from './app/lifecycle/boot.js';
export { createApp } from './app/lifecycle/create-app.js';
export type { Health } from './app/lifecycle/health.js';
export type { ConnectionInfo, OnConnect, OnStart, OnStop } from './app/lifecycle/hooks.js';
export { StartTimeoutError } from './app/lifecycle/startup.js';
export { type RefusedSubscription, SubscriptionsRefusedError } from './app/lifecycle/subscribe.js';
export { createLineLogger, type LineLoggerOptions } from './app/logger.js';
export { type Dedupe, dedupe } from './app/middleware/dedupe.js';
export {
  type DedupeStore,
  MemoryDedupeStore,
  type MemoryDedupeStoreOptions,
} from './app/middleware/dedupe-store.js';
export { type LoggingOptions, logging } from './app/middleware/logging.js';
export {
  defineMiddleware,
  type Middleware,
  type MiddlewareContext,
  type Outcome,
} from './app/middleware/middleware.js';
export { MiddlewareError } from './app/middleware/middleware-error.js';
export type {
  OutgoingMessage,
  PublishContext,
  PublishMiddleware,
  PublishResult,
} from './app/middleware/publish-middleware.js';
export { type Timing, timing } from './app/middleware/timing.js';
export { HandlerTimeoutError, type OutcomeStatus } from './app/pipeline/outcome.js';
export type { RouteCounts } from './app/pipeline/reports.js';
export type { Concurrency } from './app/policies/concurrency.js';
export {
  deadLetter,
  drop,
  type ErrorMatch,
  type ErrorPolicy,
  on,
  otherwise,
  pause,
  type RetryOptions,
  type RetryStep,
  type Rule,
  redeliver,
  reject,
  retry,
  stop,
  type TerminalStep,
} from './app/policies/error-policy.js';
export type { ContractWill } from './app/publishing/contract-will.js';
export { Publisher, type RequestOptions } from './app/publishing/publisher.js';
export { ReplyError } from './app/publishing/reply-error.js';
export type { RouteInfo } from './app/routes/route-info.js';
export type { ApplicationInfo, AsyncApiDocument, JsonSchema } from './asyncapi/index.js';
export { ConnectError } from './client/errors.js';
export { RequestTimeoutError } from './client/request-reply.js';
export {
  type AckErrorCode,
  AlreadySettledError,
  type AnyCodec,
  type AnyMessage,
  type AnyOutgoing,
  type AnyTopic,
  type Codec,
  type CodecChoice,
  type CodecName,
  defineTopic,
  type FakeInput,
  type FakeMessage,
  type FakeOptions,
  InvalidMessage,
  type Logger,
  type Message,
  type MessageIssue,
  type MessageProperties,
  type Outgoing,
  type PublishOptions,
  type QoS,
  type Target,
  type TopicDef,
  type TopicMessage,
  type TopicSpec,
  type UserProperties,
} from './contracts/index.js';
export type { Clock } from './time/clock.js';
export type { Duration } from './time/duration.js';
export { TopicError } from './topics/index.js';

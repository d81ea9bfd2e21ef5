import type { TopicMessage } from '../../contracts/index.js';
import type { Clock } from '../../time/clock.js';
import type { DependencyContainer } from '../injection/tsyringe.js';
import type { Logger } from '../logger.js';
import type { OutcomeStatus } from '../pipeline/outcome.js';
import type { PublishMiddleware } from './publish-middleware.js';

/** What became of a message in one route, after its last attempt and its failure policy. */
export interface Outcome {
  readonly status: OutcomeStatus;
  /** What the handler threw, or what was wrong with the message. */
  readonly error?: unknown;
  /** How often the handler ran. */
  readonly attempts: number;
  /** The message was handled when it came before; its handler did not run this time. The route counts it among its `duplicates`. */
  readonly duplicate?: true;
}

/** What a middleware may want to know beside the message, and what it should use instead of the machine's time. */
export interface MiddlewareContext {
  /** The name of the route: `Class.method` unless its options say otherwise. */
  readonly route: string;
  /** As it was written: `sensors/+deviceId/reading`. One for each contract: a label for metrics, which the topic of a message is not. */
  readonly pattern: string;
  /** Of the route's shared subscription. */
  readonly share: string | undefined;
  /** How many routes of this application have the message, this one included. */
  readonly routes: number;
  /** When the message came, in milliseconds of the clock. */
  readonly receivedAt: number;
  readonly clock: Clock;
  /** The application's. `message.log` adds topic and route to its lines. */
  readonly logger: Logger;
  /** 4 is MQTT 3.1.1: no user properties, no refusals. */
  readonly protocolVersion: 4 | 5;
  readonly clientId: string;
  /** The application's: what a middleware needs is resolved from it. */
  readonly container: DependencyContainer;
}

/**
 * Runs around a handler, once for each message and route: around the check of the message, every attempt and the failure policy. `next` hands on, at most once, with what the handler's message
 * shall have beside its own members; it resolves with what became of the message and does not reject. Return that, or an outcome of your own instead of calling `next`. What a middleware throws is a failure of
 * the message, and goes through the route's policy as the handler's own errors do; a retry starts with the first middleware. `message.payload` throws the `InvalidMessage` where the message does not fit its contract.
 *
 * One that returns nothing after it called `next` returns what `next` gives, whether it waited for it or not; the message is decided on only after the handler is. One that returns without having called `next`,
 * with no outcome of its own, and one that calls it twice fail the message with a `MiddlewareError`.
 */
export interface Middleware<Ext extends object = object, Needs = unknown> {
  (
    message: TopicMessage<Readonly<Record<string, unknown>>, unknown> & Needs & Partial<Ext>,
    next: (extension?: Ext) => Promise<Outcome>,
    context: MiddlewareContext,
  ): Promise<Outcome>;
  /** Runs around what the application publishes, where the middleware is the application's; around what a handler publishes through its message or returns, where it is a decorator's. */
  readonly publish?: PublishMiddleware;
}

/**
 * Types a middleware: `defineMiddleware<{ tenant: string }>(async (message, next) => next({ tenant: ... }))`. `Needs` is what an earlier one has added, which `Topic.use` then checks:
 * `Topic.use(tenant).use(defineMiddleware<{ plan: Plan }, { tenant: string }>(...))`.
 */
export function defineMiddleware<Ext extends object = object, Needs = unknown>(
  middleware: Middleware<Ext, Needs>,
): Middleware<Ext, Needs> {
  return middleware;
}

/** Those of the middleware that go around publishes. */
export function publishPartsOf(middleware: readonly Middleware[] | undefined): readonly PublishMiddleware[] {
  // What is no list, or no middleware, is among the findings of the start.
  return Array.isArray(middleware) ? middleware.flatMap((each: Middleware) => each?.publish ?? []) : [];
}

/** What types refuse as well; for JavaScript. A sentence each; `where` is how they begin. */
export function middlewareFindings(where: string, middleware: unknown): string[] {
  if (middleware === undefined) return [];
  if (!Array.isArray(middleware))
    return [`${where} is of type ${typeof middleware}. Write a list of functions.`];
  return middleware.flatMap((each: unknown, at) =>
    typeof each === 'function'
      ? []
      : [`${where}[${at}] is of type ${typeof each}. A middleware is a function.`],
  );
}

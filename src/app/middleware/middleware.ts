import type { Outgoing } from '../../contracts/index.js';
import type { OutcomeStatus } from '../pipeline/outcome.js';
import type { TopicMessage } from '../pipeline/topic-message.js';

/** What became of a message in one route, after its last attempt and its failure policy. */
export interface Outcome {
  readonly status: OutcomeStatus;
  /** What the handler threw, or what was wrong with the message. */
  readonly error?: unknown;
  /** How often the handler ran. */
  readonly attempts: number;
}

/**
 * Runs around a handler, once for each message and route: around the check of the message, every attempt and the failure policy. `next` hands on, at most once, with what the handler's message
 * shall have beside its own members; it resolves with what became of the message and does not reject. Return that, or an outcome of your own instead of calling `next`. What a middleware throws is a failure of
 * the message, and goes through the route's policy as the handler's own errors do; a retry starts with the first middleware. `message.payload` throws the `InvalidMessage` where the message does not fit its contract.
 */
export interface Middleware<Ext extends object = object, Needs = unknown> {
  (
    message: TopicMessage<Readonly<Record<string, unknown>>, unknown> & Needs & Partial<Ext>,
    next: (extension?: Ext) => Promise<Outcome>,
  ): Promise<Outcome>;
  /** Runs around what the application publishes, where the middleware is the application's. It may hand on another message. */
  readonly publish?: PublishMiddleware;
}

export type PublishMiddleware = (
  outgoing: Outgoing,
  next: (outgoing: Outgoing) => Promise<{ readonly reasonCode: number }>,
) => Promise<{ readonly reasonCode: number }>;

/**
 * Types a middleware: `defineMiddleware<{ tenant: string }>(async (message, next) => next({ tenant: ... }))`. `Needs` is what an earlier one has added, which `Topic.use` then checks:
 * `Topic.use(tenant).use(defineMiddleware<{ plan: Plan }, { tenant: string }>(...))`.
 */
export function defineMiddleware<Ext extends object = object, Needs = unknown>(
  middleware: Middleware<Ext, Needs>,
): Middleware<Ext, Needs> {
  return middleware;
}

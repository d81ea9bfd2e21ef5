import type { Middleware } from '../middleware/middleware.js';
import {
  type Concurrency,
  concurrencyOf,
  defaultConcurrency,
  type RouteConcurrency,
} from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';
import { isErrorPolicy } from '../policies/error-policy-findings.js';
import type { BoundTo } from './binding.js';
import { TopicPrefix } from './topic-prefix.js';

/** What a route has from its controller and its application, where its own options say nothing. */
export interface Inherited {
  readonly share: string | undefined;
  readonly errors: ErrorPolicy;
  readonly concurrency: RouteConcurrency;
  /** The application's. */
  readonly middleware: readonly Middleware[];
  readonly tags: readonly string[];
  /** The application's. */
  readonly prefix: TopicPrefix;
  /** The application's. */
  readonly bind: Readonly<Record<string, BoundTo>>;
}

/** What the options of an application or a controller say, or leave to those around it. */
export function inherit(
  from: Inherited,
  own: {
    readonly share?: string;
    readonly errors?: ErrorPolicy;
    readonly concurrency?: Concurrency;
    readonly middleware?: readonly Middleware[];
    readonly tags?: readonly string[];
  },
): Inherited {
  return {
    share: own.share ?? from.share,
    // What is no list of rules, or no list, is among the findings of the start.
    errors: isErrorPolicy(own.errors) ? [...own.errors, ...from.errors] : from.errors,
    concurrency: concurrencyOf(from.concurrency, own.concurrency),
    middleware: Array.isArray(own.middleware) ? [...from.middleware, ...own.middleware] : from.middleware,
    tags: own.tags ?? from.tags,
    prefix: from.prefix,
    bind: from.bind,
  };
}

export const nothingInherited: Inherited = {
  share: undefined,
  errors: [],
  concurrency: defaultConcurrency,
  middleware: [],
  tags: [],
  prefix: new TopicPrefix(),
  bind: {},
};

import type { Middleware } from '../middleware/middleware.js';
import {
  type Concurrency,
  concurrencyOf,
  defaultConcurrency,
  type RouteConcurrency,
} from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';

/** What a route has from its controller and its application, where its own options say nothing. */
export interface Inherited {
  readonly share: string | undefined;
  readonly errors: ErrorPolicy;
  readonly concurrency: RouteConcurrency;
  /** The application's. */
  readonly middleware: readonly Middleware[];
  readonly tags: readonly string[];
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
    errors: [...(own.errors ?? []), ...from.errors],
    concurrency: concurrencyOf(from.concurrency, own.concurrency),
    middleware: [...from.middleware, ...(own.middleware ?? [])],
    tags: own.tags ?? from.tags,
  };
}

export const nothingInherited: Inherited = {
  share: undefined,
  errors: [],
  concurrency: defaultConcurrency,
  middleware: [],
  tags: [],
};

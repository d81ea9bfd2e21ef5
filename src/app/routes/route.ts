import type { Contract, TopicMessage } from '../../contracts/index.js';
import type { Pattern } from '../../topics/index.js';
import type { CallSite } from '../decorators/call-site.js';
import type { HandlerOptions } from '../decorators/handler-options.js';
import type { Middleware } from '../middleware/middleware.js';
import type { PublishMiddleware } from '../middleware/publish-middleware.js';
import type { RouteConcurrency } from '../policies/concurrency.js';
import type { ErrorPolicy } from '../policies/error-policy.js';
import type { Bound } from './binding.js';
import type { Subscribing } from './route-group.js';

/** A handler as the pipeline knows it. Its types were checked where it was written. */
export type Handle = (message: TopicMessage<unknown, unknown>) => unknown;

/** One topic with one handler. */
export interface Route extends Subscribing {
  readonly contract: Contract;
  /** The contract's, with the application's prefix: what reads the parameters of a topic. */
  readonly pattern: Pattern;
  /** The parameters that are narrowed. `app.bind` changes it, together with the filters. */
  bound: Bound;
  filters: readonly string[];
  readonly ack: 'auto' | 'manual' | 'on-receipt';
  readonly concurrency: RouteConcurrency;
  /** Milliseconds; 0: no limit. */
  readonly timeout: number;
  /** Of the handler, its controller and the application, in this order; without the default. */
  readonly errors: ErrorPolicy;
  readonly deadLetters: boolean;
  readonly when: HandlerOptions['when'];
  /** The application's, then the handler's, then its dedupe. */
  readonly middleware: readonly Middleware[];
  /** What of it goes around what the handler publishes. */
  readonly publishMiddleware: readonly PublishMiddleware[];
  readonly summary: string | undefined;
  readonly tags: readonly string[];
  /** The topics of the messages that the handler may return. */
  readonly sends: readonly Contract[];
  /** The class and method behind it; undefined for `app.on`. */
  readonly method: { readonly controller: object; readonly key: string | symbol } | undefined;
  /** Where its topic is written. */
  readonly source: CallSite;
  /** Calls the handler on its instance. A test may put another in its place. */
  handle: Handle;
  /** Hands the instance that handles a message to `use`, and returns what that does; not there for `app.on`. */
  readonly withInstance?: (
    message: TopicMessage<unknown, unknown>,
    use: (instance: object) => unknown,
  ) => unknown;
  /**
   * An attempt is over: gives back what was built for it, where something is. `report` hears what fails. A promise, which never rejects, where that
   * has to be waited for.
   */
  readonly end?: (
    message: TopicMessage<unknown, unknown>,
    report: (error: unknown) => void,
  ) => Promise<void> | undefined;
}

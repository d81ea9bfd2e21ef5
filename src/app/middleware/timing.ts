import { isThenable } from '../awaitable.js';
import type { OutcomeStatus } from '../pipeline/outcome.js';
import { type Middleware, type MiddlewareContext, type Outcome } from './middleware.js';

/** How long a message took in one route. */
export interface Timing {
  readonly route: string;
  /** One for each contract: a label for metrics. */
  readonly pattern: string;
  readonly topic: string;
  /** `failed`: a middleware inside threw; the policy has the next word, and may start over. */
  readonly outcome: OutcomeStatus | 'failed';
  /** How often the handler ran. */
  readonly attempts: number;
  /** `dedupe` knew it. */
  readonly duplicate: boolean;
  readonly error: unknown;
  /** Milliseconds from its arrival until here: it waited for its turn. */
  readonly waitedMs: number;
  /** Milliseconds for everything inside: the handler, its retries and the waits between them, the dead letter. */
  readonly durationMs: number;
}

/** Measures, by the clock of the application, how long each message takes, and calls `report` once it is decided on. What `report` throws, or rejects with, is logged, and harms nothing; nobody waits for it. */
export function timing(report: (timing: Timing) => void): Middleware {
  if (typeof report !== 'function')
    throw new TypeError(`timing() was given ${typeof report}. Write timing((each) => ...).`);
  return function timing(message, next, context) {
    const failed = (error: unknown) =>
      context.logger.error({ route: context.route, error }, 'The function that timing() was given threw.');
    return timed(message, next, context, (each) => {
      try {
        // The type lets an asynchronous function through; nobody else would hear of its failure.
        const reporting: unknown = report(each);
        if (isThenable(reporting)) Promise.resolve(reporting).catch(failed);
      } catch (error) {
        failed(error);
      }
    });
  };
}

/** For middleware that reports of a message once it is over. */
export async function timed(
  { topic }: { readonly topic: string },
  next: () => Promise<Outcome>,
  { route, pattern, receivedAt, clock }: MiddlewareContext,
  report: (timing: Timing) => void,
): Promise<Outcome> {
  const began = clock.now();
  const tell = (ended: Pick<Timing, 'outcome' | 'attempts' | 'duplicate' | 'error'>) =>
    report({
      route,
      pattern,
      topic,
      ...ended,
      waitedMs: began - receivedAt,
      durationMs: clock.now() - began,
    });
  let outcome: Outcome;
  try {
    outcome = await next();
  } catch (error) {
    tell({ outcome: 'failed', attempts: 0, duplicate: false, error });
    throw error;
  }
  const { status, attempts, duplicate = false, error } = outcome;
  tell({ outcome: status, attempts, duplicate, error });
  return outcome;
}

// What becomes of a message that could not be handled, as data: rules in order, the first that matches decides.
import type { AckErrorCode } from '../../client/message.js';
import type { AnyMessage } from '../../contracts/index.js';
import { type Duration, parseDuration } from '../../time/duration.js';
import { TopicError, validateTopicName } from '../../topics/index.js';
import type { Class } from '../injection/token.js';
import { refuseIllegal } from '../pipeline/rejection.js';

/** Which errors a rule is for: a class of errors, or a function of the error and the message. */
export type ErrorMatch = Class<Error> | ((error: unknown, message: AnyMessage) => boolean);

/** How long `retry` waits. */
export interface RetryOptions {
  /** The wait before the first retry; not above `max`. Default '100ms'. */
  from?: Duration;
  /** The longest wait. Default '2s'. */
  max?: Duration;
  /** By how much each wait is longer than the one before, from 1. Default 2. */
  factor?: number;
  /** `full`: a random time up to the wait; `equal`: at least half of it; `none`: the wait itself. Default 'full'. */
  jitter?: 'full' | 'equal' | 'none';
}

/** Made by {@link retry}. */
export interface RetryStep {
  readonly '~step': 'retry';
  readonly times: number;
  /** Milliseconds. */
  readonly from: number;
  /** Milliseconds. */
  readonly max: number;
  readonly factor: number;
  readonly jitter: 'full' | 'equal' | 'none';
}

type Terminal =
  | { readonly does: 'dead-letter'; readonly to: string | ((message: AnyMessage) => string) | undefined }
  | { readonly does: 'reject'; readonly code: AckErrorCode; readonly reason: string | undefined }
  | { readonly does: 'drop' }
  | { readonly does: 'redeliver'; readonly after: number }
  | { readonly does: 'pause'; readonly for: number; readonly scope: 'route' | 'app' }
  | { readonly does: 'stop' };

/** The last step of a rule: made by {@link deadLetter}, {@link reject}, {@link drop}, {@link redeliver}, {@link pause} or {@link stop}. */
export type TerminalStep = { readonly '~step': 'terminal' } & Terminal;

/** Made by {@link on} or {@link otherwise}. */
export interface Rule {
  readonly '~rule': true;
  /** Undefined: every error. */
  readonly matches: readonly ErrorMatch[] | undefined;
  /** Taken first, in order. */
  readonly retries: readonly RetryStep[];
  /** Taken when they are used up. */
  readonly last: TerminalStep;
}

/**
 * Rules, asked in order; the first that matches the error decides. Those of the handler come first, then those of its controller, then those of the application, then the default:
 * an `InvalidMessage` is rejected with 0x99, anything else is retried three times and then dead-lettered.
 */
export type ErrorPolicy = readonly Rule[];

type Step = RetryStep | TerminalStep;
type Steps = readonly [...RetryStep[], TerminalStep];
/** The steps as they are if they are in order, else one whose type is the reason of the compiler's error. */
type InOrder<S extends readonly Step[]> = S extends Steps
  ? S
  : S extends readonly []
    ? readonly [OutOfOrder]
    : { [I in keyof S]: OutOfOrder };
const outOfOrder =
  'a rule is retries, if any, and then one last step: deadLetter(), reject(), drop(), redeliver(), pause() or stop()';
type OutOfOrder = typeof outOfOrder;

/**
 * What to do with these errors: retries, if any, and one last step. A class stands for itself and what extends it. Throws a TypeError for steps that are out of order, which does not compile either.
 */
export function on<const S extends readonly Step[]>(
  match: ErrorMatch | readonly ErrorMatch[],
  ...steps: InOrder<S>
): Rule {
  const matches: readonly unknown[] = [match].flat(); // checked right below, for JavaScript and circular imports
  if (matches.length === 0 || matches.some((each) => typeof each !== 'function'))
    throw new TypeError(
      'on(): write a class of errors, a function, or a list of them. If one is undefined, its modules import each other.',
    );
  return rule(matches as readonly ErrorMatch[], steps);
}

/** What to do with any error that no rule before it is for. Throws as {@link on}. */
export function otherwise<const S extends readonly Step[]>(...steps: InOrder<S>): Rule {
  return rule(undefined, steps);
}

function rule(matches: Rule['matches'], given: readonly unknown[]): Rule {
  const steps = given as readonly Partial<Step>[]; // checked right below, for JavaScript
  const inOrder = steps.every((step, i) => step?.['~step'] === (i < steps.length - 1 ? 'retry' : 'terminal'));
  if (!inOrder || steps.length === 0) throw new TypeError(`on() and otherwise(): ${outOfOrder}.`);
  return {
    '~rule': true,
    matches,
    retries: steps.slice(0, -1) as RetryStep[],
    last: steps.at(-1) as TerminalStep,
  };
}

/** Runs the handler again, `times` times at most, on the clock of the application. The message keeps its place in the order meanwhile. Throws a RangeError for a number, duration or `jitter` that is none. */
export function retry(times: number, backoff: RetryOptions = {}): RetryStep {
  const { from = '100ms', max = '2s', factor = 2, jitter = 'full' } = backoff;
  if (!Number.isInteger(times) || times < 1)
    throw new RangeError(`retry(${times}): write how many times, a whole number from 1.`);
  const waits = { from: parseDuration(from), max: parseDuration(max) };
  if (waits.from > waits.max)
    throw new RangeError(
      `retry(): the first wait, from: ${JSON.stringify(from)}, is longer than the longest, max: ${JSON.stringify(max)}. Write a max that is not below it.`,
    );
  if (!(Number.isFinite(factor) && factor >= 1))
    throw new RangeError(`retry(): factor: ${factor} makes waits shorter. Write a number from 1.`);
  if (!['full', 'equal', 'none'].includes(jitter))
    throw new RangeError(
      `retry(): jitter: ${JSON.stringify(jitter)} is none. Write 'full', 'equal' or 'none'.`,
    );
  return { '~step': 'retry', times, ...waits, factor, jitter };
}

/**
 * Publishes the message, as it came, on another topic at QoS 1 (at QoS 0 where the broker has no more), and acknowledges it once the broker has taken that. Default topic: `dead-letter/<its topic>`.
 * The dead letter carries its story in user properties (MQTT 5). If the broker does not take it, the message stays unacknowledged and its route pauses.
 * Throws a TopicError for a topic that can't be published to; where a function names such a one, the default topic counts, and a line in the log says so.
 */
export function deadLetter(to?: string | ((message: AnyMessage) => string)): TerminalStep {
  const wrong = typeof to === 'string' ? validateTopicName(to) : undefined;
  if (typeof to === 'string' && wrong) throw new TopicError(to, `deadLetter(): ${wrong}`);
  return { '~step': 'terminal', does: 'dead-letter', to };
}

/**
 * Refuses the message for good, by default with 0x80. MQTT 3.1.1 has no refusal: there it is acknowledged, and logged. Throws a RangeError for a code
 * below 0x80, an InvalidPacketError for a reason that is no MQTT string.
 */
export function reject(code: AckErrorCode = 0x80, reason?: string): TerminalStep {
  refuseIllegal('reject', { code, reason });
  return { '~step': 'terminal', does: 'reject', code, reason };
}

/** Acknowledges the message all the same, and logs it. */
export function drop(): TerminalStep {
  return { '~step': 'terminal', does: 'drop' };
}

/**
 * Leaves the message unacknowledged and connects again, `after` later (default '1s'): the only redelivery that MQTT has. It needs a session that outlives
 * the connection, so a `clientId`; without one it is an error at start.
 */
export function redeliver(options: { after?: Duration } = {}): TerminalStep {
  return { '~step': 'terminal', does: 'redeliver', after: parseDuration(options.after ?? '1s') };
}

/** Takes no message for the route, or for the whole application, for this long; keeps the message, and then runs its handler again. Throws a RangeError for a duration or `scope` that is none. */
export function pause(options: { for: Duration; scope?: 'route' | 'app' }): TerminalStep {
  const { scope = 'route' } = options;
  if (!['route', 'app'].includes(scope))
    throw new RangeError(`pause(): scope: ${JSON.stringify(scope)} is none. Write 'route' or 'app'.`);
  return { '~step': 'terminal', does: 'pause', for: parseDuration(options.for), scope };
}

/** Stops the application, whose `run()` then sets the exit code 1; the message stays unacknowledged. */
export function stop(): TerminalStep {
  return { '~step': 'terminal', does: 'stop' };
}

// Which step of a failure policy is next. Pure: the error, how often it failed, chance; out comes what to do.

import type { AnyMessage } from '../../contracts/index.js';
import type { Random } from '../../time/clock.js';
import { refusePromise } from '../awaitable.js';
import {
  deadLetter,
  type ErrorMatch,
  type ErrorPolicy,
  otherwise,
  type RetryStep,
  type Rule,
  reject,
  retry,
  type TerminalStep,
} from './error-policy.js';

/** What an invalid message meets where no rule of the user's is for it: on the next try it would be as invalid. */
export const invalidMessageRule: Rule = otherwise(reject(0x99));
/** What every other failure meets where no rule of the user's is for it. */
const lastRule: Rule = otherwise(retry(3), deadLetter());
export const defaultRules = { invalid: invalidMessageRule, other: lastRule };

export type Decision =
  /** Milliseconds to wait, then the handler runs again. */
  { readonly retryIn: number } | { readonly last: TerminalStep };

export interface Failure {
  /** How often the message has failed, this time included. */
  readonly failures: number;
  /** Not while the handler still runs: it must not run a second time beside itself. */
  readonly mayRetry: boolean;
}

/** The rule of a policy that is for this error, or the default. A match function that throws throws here. */
export function ruleFor(
  policy: ErrorPolicy,
  { error, isInvalid }: { readonly error: unknown; readonly isInvalid: boolean },
  message: AnyMessage,
): Rule {
  for (const rule of policy) {
    if (rule.matches === undefined || rule.matches.some((match) => fits(match, error, message))) return rule;
  }
  return isInvalid ? invalidMessageRule : lastRule;
}

/** The step of the rule for a message that has failed this often. */
export function nextStep(rule: Rule, { failures, mayRetry }: Failure, random: Random): Decision {
  if (!mayRetry) return { last: rule.last };
  let before = 0;
  for (const step of rule.retries) {
    if (failures <= before + step.times) return { retryIn: waitOf(step, failures - before, random) };
    before += step.times;
  }
  return { last: rule.last };
}

/** Milliseconds before the `nth` retry of this step. */
function waitOf({ from, max, factor, jitter }: RetryStep, nth: number, random: Random): number {
  const whole = Math.min(max, from * factor ** (nth - 1));
  if (jitter === 'none') return whole;
  return jitter === 'equal' ? whole / 2 + random() * (whole / 2) : random() * whole;
}

function fits(match: ErrorMatch, error: unknown, message: AnyMessage): boolean {
  if (isErrorClass(match)) return error instanceof match;
  const answer = (match as (error: unknown, message: unknown) => boolean)(error, message);
  refusePromise(`on(${match.name || 'a function'})`, answer);
  return answer === true;
}

/** A function may be either; only what makes errors is a class of errors. */
function isErrorClass(
  match: ErrorMatch,
): match is Extract<ErrorMatch, abstract new (...args: never[]) => Error> {
  return match === Error || match.prototype instanceof Error;
}

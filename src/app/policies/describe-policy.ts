// A failure policy in words, for the list of routes.
import { defaultRules } from './decide.js';
import type { ErrorMatch, ErrorPolicy, RetryStep, Rule, TerminalStep } from './error-policy.js';

/** Every rule that can apply, the first that fits first: `InvalidMessage: reject 0x99`. */
export function describePolicy(policy: ErrorPolicy): readonly string[] {
  const last = policy.findIndex(({ matches }) => matches === undefined);
  if (last !== -1) return policy.slice(0, last + 1).map((rule) => `${errorsOf(rule)}: ${stepsOf(rule)}`);
  return [
    ...policy.map((rule) => `${errorsOf(rule)}: ${stepsOf(rule)}`),
    `InvalidMessage: ${stepsOf(defaultRules.invalid)}`,
    `otherwise: ${stepsOf(defaultRules.other)}`,
  ];
}

function errorsOf({ matches }: Rule): string {
  return matches === undefined ? 'otherwise' : matches.map(nameOf).join(' or ');
}

function nameOf(match: ErrorMatch): string {
  return match.name || 'a function';
}

function stepsOf({ retries, last }: Rule): string {
  return [...retries.map(retryText), lastText(last)].join(', then ');
}

function retryText({ times, from, max }: RetryStep): string {
  return `retry ${times} (${from} ms to ${max} ms)`;
}

function lastText(step: TerminalStep): string {
  switch (step.does) {
    case 'dead-letter':
      return step.to === undefined
        ? 'dead-letter'
        : `dead-letter to ${typeof step.to === 'string' ? step.to : 'a topic of a function'}`;
    case 'reject':
      return `reject 0x${step.code.toString(16)}`;
    case 'redeliver':
      return `redeliver after ${step.after} ms`;
    case 'pause':
      return `pause the ${step.scope} for ${step.for} ms`;
    default:
      return step.does;
  }
}

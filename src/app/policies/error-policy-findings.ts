import { describe } from '../../packets/outgoing-checks.js';
import type { ErrorPolicy } from './error-policy.js';

/** What is wrong with the `errors` that are written on an application (`where` is empty), a controller or a handler; the types refuse it as well. */
export function errorPolicyFindings(where: string, errors: unknown): string[] {
  const name = where === '' ? 'errors' : `${where}: errors`;
  if (errors === undefined) return [];
  if (!Array.isArray(errors))
    return [`${name} is ${describe(errors)}. Write a list of rules, such as [otherwise(drop())].`];
  return errors.flatMap((rule: unknown, at) =>
    isRule(rule)
      ? []
      : [`${name}[${at}] is ${describe(rule)}, which is no rule. Write on(...) or otherwise(...).`],
  );
}

/** Whether they can be asked. */
export function isErrorPolicy(errors: unknown): errors is ErrorPolicy {
  return Array.isArray(errors) && errors.every(isRule);
}

function isRule(rule: unknown): boolean {
  return typeof rule === 'object' && rule !== null && '~rule' in rule;
}

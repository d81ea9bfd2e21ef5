import { describe } from '../../packets/outgoing-checks.js';
import { type Concurrency, concurrencyOf, defaultConcurrency, type RouteConcurrency } from './concurrency.js';

const orders = ['topic', 'none', 'strict'];
const overflows = ['drop-oldest', 'drop-newest', 'latest'];

/**
 * What is wrong with the `concurrency` that is written on an application (`where` is empty), a controller or a handler, given what it has from
 * around it. A sentence each; what was wrong around it is not said again.
 */
export function concurrencyFindings(
  where: string,
  own: Concurrency | undefined,
  from: RouteConcurrency = defaultConcurrency,
): string[] {
  const name = where === '' ? 'concurrency' : `${where}: concurrency`;
  if (own === undefined) return [];
  // Types refuse all of it; JavaScript and values from elsewhere do not ask them.
  if (typeof own !== 'object' || own === null) {
    return [`${name} is ${describe(own)}. Write { max, order, queue, overflow }, or some of them.`];
  }
  const { max, order, queue, overflow } = own;
  const findings = [
    ...Object.keys(own)
      .filter((member) => !Object.hasOwn(defaultConcurrency, member))
      .map(
        (member) =>
          `${name}.${member} does not exist. What there is: ${Object.keys(defaultConcurrency).join(', ')}.`,
      ),
    ...notCounting(`${name}.max`, max),
    ...notCounting(`${name}.queue`, queue),
    ...(typeof order === 'function' ? [] : notOneOf(`${name}.order`, order, orders, ', or a function')),
    ...notOneOf(`${name}.overflow`, overflow, overflows),
  ];
  if (conflatesNothing(concurrencyOf(from, own)) && !conflatesNothing(from)) {
    findings.push(
      `${name}: overflow: 'latest' with order: 'none' keeps the newest message of each key, but there are no keys. Write another order, or overflow: 'drop-oldest'.`,
    );
  }
  return findings;
}

function conflatesNothing({ order, overflow }: RouteConcurrency): boolean {
  return order === 'none' && overflow === 'latest';
}

function notCounting(name: string, value: unknown): string[] {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1)) return [];
  return [`${name} is ${describe(value)}. Write a whole number from 1.`];
}

function notOneOf(name: string, value: unknown, allowed: readonly string[], orElse = ''): string[] {
  if (value === undefined || allowed.includes(value as string)) return [];
  return [
    `${name} is ${describe(value)}. Write one of ${allowed.map((each) => `'${each}'`).join(', ')}${orElse}.`,
  ];
}

import { describe } from '../../packets/outgoing-checks.js';
import type { RouteConcurrency } from '../policies/concurrency.js';

type Order = RouteConcurrency['order'];
export type KeyFunction = Exclude<Order, string>;

/** All messages of a route with `order: 'strict'`. */
const ONE = '';

/** What a message has to stay in order with, as the words of `order` say it; undefined: nothing. */
export function keyOf(order: Exclude<Order, KeyFunction>, topic: string): string | undefined {
  if (order === 'topic') return topic;
  return order === 'strict' ? ONE : undefined;
}

/** The same by the user's function. Throws what it throws, and a TypeError where it returns no string. */
export function askForKey(
  order: KeyFunction,
  message: Parameters<KeyFunction>[0],
  routeName: string,
): string {
  const key: unknown = order(message); // JavaScript may return anything
  if (typeof key === 'string') return key;
  throw new TypeError(
    `${routeName}: concurrency.order returned ${describe(key)} for the message on '${message.topic}'. Return a string.`,
  );
}

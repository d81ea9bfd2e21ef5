import type { TopicMessage } from '../../contracts/index.js';

/** Runs a function, with what it is given, for a message, or for none. */
export type Follow = <Given, Result>(
  message: TopicMessage<unknown, unknown> | undefined,
  run: (given: Given) => Result,
  given: Given,
) => Result;

/** Undefined unless somebody asked for it: an application that never asks which message is current pays nothing for the answer. */
export let following: Follow | undefined;

/** From now on every handler runs in here. */
export function follow(by: Follow): void {
  following = by;
}

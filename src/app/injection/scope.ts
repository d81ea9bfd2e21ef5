import type { TopicMessage } from '../../contracts/index.js';
import { type Token, token } from './token.js';

/** How long something lives that is injected: with the application, with one attempt to handle a message, or for whoever asked for it within that. */
export type Scope = 'singleton' | 'message' | 'transient';

/**
 * The message that is being handled, for classes with message scope: `constructor(@Inject(CurrentMessage) message: TopicMessage)`. Which contract it belongs to is not known
 * there: `reading.match(message.topic)` says whether it is that one's.
 */
export const CurrentMessage: Token<TopicMessage<unknown, unknown>> = token('CurrentMessage');

/** How a sentence calls a scope. */
export const scopeNames: Readonly<Record<Scope, string>> = {
  singleton: 'singleton',
  message: 'message scope',
  transient: 'transient',
};

export function isScope(value: unknown): value is Scope {
  return typeof value === 'string' && Object.hasOwn(scopeNames, value);
}

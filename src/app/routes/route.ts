import type { Contract } from '../../contracts/index.js';
import type { TopicMessage } from '../pipeline/topic-message.js';
import type { Subscribing } from './subscription-plan.js';

/** A handler as the pipeline knows it. Its types were checked where it was written. */
export type Handle = (message: TopicMessage<unknown, unknown>) => unknown;

/** One topic with one handler. */
export interface Route extends Subscribing {
  readonly contract: Contract;
  readonly manual: boolean;
  /** The class and method behind it; undefined for `app.on`. */
  readonly method: { readonly controller: object; readonly key: string | symbol } | undefined;
  /** Calls the handler on its instance. A test may put another in its place. */
  handle: Handle;
}

// The message whose handler runs, wherever its calls lead. Importing this file is what makes every application of the process keep track.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { TopicMessage } from '../../contracts/index.js';
import { follow } from './following.js';

const storage = new AsyncLocalStorage<TopicMessage<unknown, unknown> | undefined>();
follow((message, run, given) => storage.run(message, run, given));

/**
 * The message that is being handled, in whatever its handler or its middleware calls, also behind an `await`; undefined outside. For libraries, such as a logger; a class takes
 * what it needs of a message more plainly as a parameter. Which contract the message belongs to is not known there: `reading.match(message.topic)` says whether it is that one's.
 */
export function currentMessage(): TopicMessage<unknown, unknown> | undefined {
  return storage.getStore();
}

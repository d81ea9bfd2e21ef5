import type { Message } from './message.js';

export interface StreamOptions {
  /** Ends the iteration: a waiting `next()` rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Messages in order of arrival. Ending the loop ends only the loop: what nobody took yet stays for the next reader. */
export interface MessageStream extends AsyncIterableIterator<Message, undefined>, AsyncDisposable {
  /** How many messages are there to be taken without waiting. */
  readonly buffered: number;
  /** Rejects with `ConnectionLostError` when the connection is gone; is done once the client was closed. */
  next(): Promise<IteratorResult<Message, undefined>>;
  return(): Promise<IteratorResult<Message, undefined>>;
}

import type { Message } from '../message.js';
import type { Granted } from '../options.js';

export interface ReadOptions {
  /** Ends the iteration: a waiting `next()` rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * `never`: you call `message.ack()`. `on-next`: a message that you have not settled is acknowledged when the loop asks for the next one; a
   * `throw` or `break` leaves it unacknowledged. Default `never`.
   */
  autoAck?: 'never' | 'on-next';
  /**
   * What a lost connection does while the client goes on connecting. `wait`: nothing, messages come again with the next one. `throw`: `next()` rejects
   * with `ConnectionLostError`. Default `wait`.
   */
  onDisconnect?: 'wait' | 'throw';
}

export interface StreamOptions extends ReadOptions {
  /** QoS 0 messages that wait in this stream; beyond, `qos0Overflow` says which one goes. Default: its limit. QoS 1 and 2 are never dropped. */
  queue?: number;
}

/** Messages in order of arrival. Ending the loop ends only the loop: what nobody took yet stays for the next reader. */
export interface MessageStream extends AsyncIterableIterator<Message, undefined>, AsyncDisposable {
  /** How many messages are there to be taken without waiting. */
  readonly buffered: number;
  /** Rejects with `ConnectionLostError` when the connection is gone for good; is done once the client was closed. */
  next(): Promise<IteratorResult<Message, undefined>>;
  return(): Promise<IteratorResult<Message, undefined>>;
}

/**
 * The messages of some filters, in a queue of their own. Ending the loop ends the stream, as disposing does: it unsubscribes what no other stream and
 * no `subscribe()` holds, and waits for the answer. What it has not handed out goes to streams that match, or to `messages()`.
 */
export interface Subscription extends MessageStream {
  /** What the server answered, in the order of the filters. */
  readonly granted: readonly Granted[];
}

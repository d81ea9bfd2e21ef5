/**
 * An answer that says no. A handler of a topic with a reply throws it, `throw new ReplyError('not-found', 'No such device')`, and the requester's `request()` rejects with one
 * of the same code and message. Such a message is handled: it is acknowledged and not tried again. Any other error of a handler reaches the requester as the code `failed`, without its message, once its
 * failure policy gives the message up; a request that does not fit its contract as `invalid-message`, with what is wrong with it.
 *
 * To other clients it is a reply without payload and with two user properties: `reply-error`, the code, and `reply-error-message`. Of each 1,000 characters travel.
 */
export class ReplyError extends Error {
  /** For programs: `not-found`. */
  readonly code: string;

  /** `message` is for people, and goes to the requester. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return 'ReplyError';
  }
}

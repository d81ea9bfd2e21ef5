/**
 * An answer that says no. A handler of a topic with a reply throws it, `throw new ReplyError('not-found', 'No such device')`, and the requester's `request()` rejects with one
 * of the same code and message. Any other error of a handler reaches the requester as the code `failed`, without its message.
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

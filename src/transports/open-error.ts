/** Why a byte stream could not be opened, where the system has no code for it. `message` is a clause: it ends a sentence. */
export class OpenError extends Error {
  /** Whether trying again, unchanged, can help. */
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean, cause?: Error) {
    super(message, cause && { cause });
    this.retryable = retryable;
  }
}

/** A byte stream to a peer. Not a Node stream, so that TCP can read into a buffer of ours. */
export interface Transport {
  readonly kind: 'tcp' | 'tls' | 'unix' | 'ws' | 'memory' | 'custom';
  /** Where the other end is, for people to read, such as `127.0.0.1:51234`; undefined where nobody said. */
  readonly peer?: string | undefined;
  /** Chunks are not written to again once they were handed over: parts of them may be kept. Otherwise they must be copied. */
  readonly freshChunks?: boolean;
  /** Called once. `onBytes` must use or copy the chunk before it returns; `onClose` is called once, last. */
  start(onBytes: (chunk: Uint8Array) => void, onClose: (error?: Error) => void): void;
  /** Takes the bytes before it returns (they may be reused). False when the peer is slower than we write. */
  write(bytes: Uint8Array): boolean;
  /** Called each time that writing may go on after a `write` that returned false. */
  onDrain(callback: () => void): void;
  /** Stops reading, so that the peer feels it. */
  pause(): void;
  resume(): void;
  /** Without an error: what was written goes out first, then the stream ends. With one: at once. */
  close(error?: Error): void;
}

/** Why a byte stream could not be opened, where the system has no code for it. `message` is a clause: it ends a sentence. */
export class OpenError extends Error {
  /** Whether trying again, unchanged, can help. */
  readonly retryable: boolean;
  constructor(message: string, retryable: boolean, cause?: Error) {
    super(message, cause && { cause });
    this.retryable = retryable;
  }
}

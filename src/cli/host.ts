/** Where a command prints; both standard streams are one. */
export interface Output {
  write(text: string): unknown;
}

/** The process that a command runs in. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Calls back at each SIGINT and SIGTERM until the returned function is called. */
  onSignal(callback: () => void): () => void;
  /** Ends the process now. */
  exit(code: number): void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

export const nodeHost: Host = {
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal(callback) {
    for (const signal of signals) process.on(signal, callback);
    return () => {
      for (const signal of signals) process.off(signal, callback);
    };
  },
  exit: (code) => process.exit(code),
};

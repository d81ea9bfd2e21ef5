import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { WriteStream } from 'node:tty';

/** Where a command prints; both standard streams are one. */
export interface Output {
  /** Whether it shows colours. */
  readonly colours: boolean;
  write(text: string): unknown;
}

/** The process that a command runs in. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The folder in which relative paths begin. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody sits at a terminal who can answer a question. */
  readonly isInteractive: boolean;
  /** Prints a question and resolves with the line that comes, or undefined where the input ends instead. */
  ask(question: string): Promise<string | undefined>;
  /** Runs a program in a folder, printing where this process prints on stderr; resolves with its exit code, or undefined if there is no such program. */
  run(program: string, words: readonly string[], folder: string): Promise<number | undefined>;
  /** Calls back at each SIGINT and SIGTERM until the returned function is called. */
  onSignal(callback: () => void): () => void;
  /** Ends the process now. */
  exit(code: number): void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

export const nodeHost: Host = {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  cwd: process.cwd(),
  env: process.env,
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env['CI'],
  async ask(question) {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    try {
      const ended = once(lines, 'close').then(() => undefined);
      return await Promise.race([lines.question(question), ended]);
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return undefined; // Ctrl-C, in newer versions of Node
      throw error;
    } finally {
      lines.close();
    }
  },
  async run(program, words, folder) {
    // npm and its like are .cmd files on Windows, which only a shell starts; the words are this program's own.
    const shell = process.platform === 'win32';
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 2, 2], shell });
    return await new Promise<number | undefined>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') resolve(undefined);
        else reject(error);
      });
      child.on('close', (code) => resolve(code ?? 1)); // by a signal: it did not do what it should
    });
  },
  onSignal(callback) {
    for (const signal of signals) process.on(signal, callback);
    return () => {
      for (const signal of signals) process.off(signal, callback);
    };
  },
  exit: (code) => process.exit(code),
};

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    // hasColors() knows NO_COLOR, FORCE_COLOR and TERM.
    colours: stream instanceof WriteStream && stream.hasColors(),
    write: (text) => stream.write(text),
  };
}

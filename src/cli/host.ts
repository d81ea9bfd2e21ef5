import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { buffer } from 'node:stream/consumers';
import { WriteStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, ChildSettings } from './running/child-messages.js';

/** Beside this file, in sources and when it is compiled. */
export const childModule = fileURLToPath(new URL(`./child${extname(import.meta.url)}`, import.meta.url));

/** Where a command prints; both standard streams are one. */
export interface Output {
  /** Whether it shows colours. */
  readonly colours: boolean;
  write(text: string): unknown;
}

/** A process that runs an application. */
export interface Child {
  /** Asks it to stop as at a signal. */
  stop(): void;
  /** Ends it now. */
  kill(): void;
  onMessage(callback: (message: ChildMessage) => void): void;
  /** Calls back once it has ended: with its exit code, or the signal that ended it. */
  onEnd(callback: (how: number | string) => void): void;
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
  /** Everything that comes on stdin, until it ends. */
  input(): Promise<Uint8Array>;
  /** Runs a program in a folder, printing where this process prints on stderr; resolves with its exit code, or undefined if there is no such program. */
  run(program: string, words: readonly string[], folder: string): Promise<number | undefined>;
  /** Calls back at each of these signals, SIGINT and SIGTERM by default, until the returned function is called. */
  onSignal(callback: (signal: NodeJS.Signals) => void, signals?: readonly NodeJS.Signals[]): () => void;
  /** Starts another process of this program, which runs an application and prints where this one prints. */
  fork(settings: ChildSettings): Child;
  /** Ends the process now. */
  exit(code: number): void;
}

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
  input: () => buffer(process.stdin),
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
  onSignal(callback, signals = ['SIGINT', 'SIGTERM']) {
    for (const signal of signals) process.on(signal, callback);
    return () => {
      for (const signal of signals) process.off(signal, callback);
    };
  },
  fork: (settings) =>
    childOf(
      fork(childModule, [JSON.stringify(settings)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    ),
  exit: (code) => process.exit(code),
};

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    // hasColors() knows NO_COLOR, FORCE_COLOR and TERM.
    colours: stream instanceof WriteStream && stream.hasColors(),
    write: (text) => stream.write(text),
  };
}

export function childOf(child: ChildProcess): Child {
  return {
    stop() {
      if (child.connected) child.send({ stop: true });
    },
    kill: () => void child.kill('SIGKILL'),
    // What child.ts sends.
    onMessage: (callback) => void child.on('message', (message) => callback(message as ChildMessage)),
    onEnd: (callback) => void child.on('close', (code, signal) => callback(code ?? signal ?? 1)),
  };
}

import { fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Child, childModule, childOf, type Host } from '../../../src/cli/host.js';
import type { ChildSettings } from '../../../src/cli/running/child-messages.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A process for a command in this one: keeps what is printed, sends signals, ends nothing. */
export class RecordingHost implements Host {
  readonly stdout = new RecordingOutput();
  readonly stderr = new RecordingOutput();
  /** The exit codes with which the process would have ended at once. */
  readonly exits: number[] = [];
  readonly env: Record<string, string | undefined> = {};
  /** Programs that were run: in which folder, and what. */
  readonly ran: { readonly folder: string; readonly line: string }[] = [];
  /** What comes of the next programs that are run: exit codes, or that there is no such program. 0 once it is empty. */
  readonly codes: (number | undefined)[] = [];
  /** What comes on stdin. */
  stdin = '';
  /** The lines that somebody types; a host that has some is a terminal. */
  readonly #answers: string[];
  readonly isInteractive: boolean;
  readonly #listeners = new Set<(signal: NodeJS.Signals) => void>();

  constructor(
    readonly cwd = process.cwd(),
    answers?: readonly string[],
  ) {
    this.#answers = [...(answers ?? [])];
    this.isInteractive = answers !== undefined;
  }

  async ask(question: string): Promise<string | undefined> {
    this.stdout.write(`${question}\n`);
    return this.#answers.shift();
  }

  async input(): Promise<Uint8Array> {
    return Buffer.from(this.stdin);
  }

  async run(program: string, words: readonly string[], folder: string): Promise<number | undefined> {
    this.ran.push({ folder, line: [program, ...words].join(' ') });
    return this.codes.length > 0 ? this.codes.shift() : 0;
  }

  onSignal(callback: (signal: NodeJS.Signals) => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  signal(): void {
    for (const callback of this.#listeners) callback('SIGINT');
  }

  /** Whether a signal would end the process, because nobody listens for it. */
  get isDeaf(): boolean {
    return this.#listeners.size === 0;
  }

  /** The processes that were started. */
  readonly children: Child[] = [];

  fork(settings: ChildSettings): Child {
    const forked = fork(childModule, [JSON.stringify(settings)], {
      execArgv: ['--import', tsx],
      cwd: this.cwd,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    forked.stdout?.on('data', (text) => this.stdout.write(String(text)));
    forked.stderr?.on('data', (text) => this.stderr.write(String(text)));
    const child = childOf(forked);
    this.children.push(child);
    return child;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  /** Resolves with the match once stdout holds it. */
  printed(pattern: RegExp): Promise<RegExpExecArray> {
    return this.stdout.until(pattern);
  }
}

class RecordingOutput {
  readonly colours = false;
  text = '';
  #written = () => {};

  write(text: string): void {
    this.text += text;
    this.#written();
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.text);
      if (match !== null) return match;
      await new Promise<void>((resolve) => {
        const before = this.#written;
        this.#written = () => {
          before();
          resolve();
        };
      });
    }
  }
}

import type { Host } from '../../../src/cli/host.js';

/** A process for a command in this one: keeps what is printed, sends signals, ends nothing. */
export class RecordingHost implements Host {
  readonly stdout = new RecordingOutput();
  readonly stderr = new RecordingOutput();
  /** The exit codes with which the process would have ended at once. */
  readonly exits: number[] = [];
  readonly #listeners = new Set<() => void>();

  onSignal(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  signal(): void {
    for (const callback of this.#listeners) callback();
  }

  /** Whether a signal would end the process, because nobody listens for it. */
  get isDeaf(): boolean {
    return this.#listeners.size === 0;
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
